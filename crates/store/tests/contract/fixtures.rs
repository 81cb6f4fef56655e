//! A small tree, a few people and their volumes, always with the same ids.
//!
//! ```text
//! acme ─┬─ east ─┬─ vision ─┬─ 101 images
//!       │        │          └─ 102 video
//!       │        └─ speech ─── 201 voices
//!       └─ west ─── robots ─── 301 arms
//! ```

use anyhow::Result;
use domain::{
    AccessMode, Bytes, ClusterKind, DataVolume, DataVolumeId, OriginClaim, OriginSource, Phase,
    Placed, Scope, ScopeId, ScopePath, Share, ShareId, ShareMode, UserId, VolumePath,
};
use jiff::Timestamp;
use store::{Added, Store};
use uuid::Uuid;

pub(crate) const ACME: &[&str] = &["acme"];
pub(crate) const EAST: &[&str] = &["acme", "east"];
pub(crate) const WEST: &[&str] = &["acme", "west"];
pub(crate) const VISION: &[&str] = &["acme", "east", "vision"];
pub(crate) const SPEECH: &[&str] = &["acme", "east", "speech"];
pub(crate) const ROBOTS: &[&str] = &["acme", "west", "robots"];
pub(crate) const IMAGES: &[&str] = &["acme", "east", "vision", "101"];
pub(crate) const VIDEO: &[&str] = &["acme", "east", "vision", "102"];
pub(crate) const VOICES: &[&str] = &["acme", "east", "speech", "201"];
pub(crate) const ARMS: &[&str] = &["acme", "west", "robots", "301"];

pub(crate) const ADA: UserId = UserId(Uuid::from_u128(0xada));
pub(crate) const BEN: UserId = UserId(Uuid::from_u128(0xbe4));

pub(crate) fn path(ids: &[&str]) -> ScopePath {
    let tenant = ScopePath::tenant(ids[0].into());
    ids[1..]
        .iter()
        .fold(tenant, |path, id| path.child((*id).into()).unwrap())
}

pub(crate) fn scope(ids: &[&str], name: &str) -> Scope {
    Scope {
        path: path(ids),
        name: name.to_owned(),
        folder: (ids.len() == 4).then(|| format!("projects/{name}")),
        cluster_kind: (ids.len() == 2).then_some(ClusterKind::Filesystem),
    }
}

/// `number` minutes after some moment.
pub(crate) fn at(number: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * number).unwrap()
}

pub(crate) fn volume_id(number: u128) -> DataVolumeId {
    DataVolumeId(Uuid::from_u128(0xda7a_0000 + number))
}

/// A plain volume; the number is its id, its claim and the minute in which it was made.
pub(crate) fn volume(number: u32, name: &str, project: &[&str]) -> Placed<DataVolume> {
    Placed {
        thing: DataVolume {
            id: volume_id(number.into()),
            name: name.parse().unwrap(),
            description: "".parse().unwrap(),
            tags: vec![],
            origin: OriginClaim {
                source: OriginSource::NewClaim {
                    storage_class: "fast".to_owned(),
                    size: Bytes(1 << 30),
                },
                name: format!("claim-{number}"),
                uid: None,
                capacity: None,
                storage_class: "fast".to_owned(),
                access_modes: vec![AccessMode::ReadWriteMany],
                persistence: None,
                sharing: None,
                location: String::new(),
            },
            phase: Phase::Creating,
            conditions: vec![],
            usage: None,
            created_by: ADA,
            created_at: at(number.into()),
            updated_at: at(number.into()),
        },
        place: path(project),
        reaches: vec![],
    }
}

pub(crate) fn share(number: u128, volume: DataVolumeId, scope: &[&str], mode: ShareMode) -> Share {
    Share {
        id: ShareId(Uuid::from_u128(0x5a4e_0000 + number)),
        data_volume_id: volume,
        origin_claim_uid: "uid-1".to_owned(),
        scope: path(scope),
        mode,
        sub_path: VolumePath::root(),
        reason: "for the demonstration".to_owned(),
        created_by: ADA,
        created_at: at(0),
        expires_at: None,
    }
}

/// The tree alone.
pub(crate) async fn plant(store: &Store) -> Result<()> {
    let mut tx = store.begin().await?;
    let scopes = [
        (ACME, "Acme"),
        (EAST, "East"),
        (WEST, "West"),
        (VISION, "Vision"),
        (SPEECH, "Speech"),
        (ROBOTS, "Robots"),
        (IMAGES, "images"),
        (VIDEO, "video"),
        (VOICES, "voices"),
        (ARMS, "arms"),
    ];
    for (ids, name) in scopes {
        tx.add_scope(&scope(ids, name)).await?;
    }
    Ok(tx.commit().await?)
}

/// The tree and these volumes with the shares that their `reaches` tell of.
pub(crate) async fn fill(store: &Store, volumes: &[Placed<DataVolume>]) -> Result<()> {
    plant(store).await?;
    let mut tx = store.begin().await?;
    for (number, volume) in (0..).zip(volumes) {
        assert_eq!(tx.add_data_volume(volume, None).await?, Added::Yes);
        for (index, reach) in (0..).zip(&volume.reaches) {
            let ids: Vec<&str> = reach.scope.ids().iter().map(ScopeId::as_str).collect();
            let share = Share {
                sub_path: reach.sub_path.clone(),
                ..share(100 * number + index, volume.thing.id, &ids, reach.mode)
            };
            assert!(tx.add_share(&share).await?);
        }
    }
    Ok(tx.commit().await?)
}

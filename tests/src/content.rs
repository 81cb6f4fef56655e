//! A database of an organisation with many data volumes, for measurements: always the same.

use anyhow::{Result, ensure};
use domain::{
    AccessMode, AccessRule, AccessRuleId, Bytes, DataVolume, DataVolumeId, OriginClaim,
    OriginSource, Persistence, PersistenceClass, Phase, Placed, Role, Scope, ScopePath, Share,
    ShareId, ShareMode, Sharing, Subject, Usage, UserId, VolumePath,
};
use jiff::Timestamp;
use store::{Added, Store};
use uuid::Uuid;

const CLUSTERS: u32 = 4;
const DEPARTMENTS: u32 = 50;
const PROJECTS: u32 = 2_000;
const KINDS: [&str; 12] = [
    "street",
    "face",
    "satellite",
    "speech",
    "corpus",
    "protein",
    "weather",
    "traffic",
    "medical",
    "robot",
    "market",
    "sensor",
];
const FORMS: [&str; 8] = [
    "images",
    "video",
    "samples",
    "embeddings",
    "labels",
    "model",
    "logs",
    "archive",
];

/// A cluster of it.
///
/// # Panics
/// Never: a cluster lies beneath the organisation.
pub fn cluster(number: u32) -> ScopePath {
    let tenant = ScopePath::tenant("acme".into());
    let id = Uuid::from_u128(0xc100 + u128::from(number)).to_string();
    tenant
        .child(id.as_str().into())
        .expect("a cluster lies beneath the organisation")
}

/// A department of it.
///
/// # Panics
/// Never: a department lies beneath a cluster.
pub fn department(number: u32) -> ScopePath {
    let id = format!("{}", 10_000 + number);
    cluster(number % CLUSTERS)
        .child(id.as_str().into())
        .expect("a department lies beneath a cluster")
}

/// A project of it.
///
/// # Panics
/// Never: a project lies beneath a department.
pub fn project(number: u32) -> ScopePath {
    let id = format!("{}", 400_000 + number);
    department(number % DEPARTMENTS)
        .child(id.as_str().into())
        .expect("a project lies beneath a department")
}

/// The people who look: what each of them reaches.
pub fn reaches() -> Vec<(&'static str, Vec<ScopePath>)> {
    vec![
        ("everything", vec![ScopePath::tenant("acme".into())]),
        ("one cluster", vec![cluster(1)]),
        ("40 departments", (0..40).map(department).collect()),
        (
            "200 projects",
            (0..200).map(|number| project(number * 9)).collect(),
        ),
        ("one project", vec![project(77)]),
    ]
}

/// Numbers that look random and are the same every time (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(limit)).expect("it is below a u32")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(u32::try_from(from.len()).expect("few")) as usize]
    }

    fn uuid(&mut self) -> Uuid {
        let mut half = || u128::from(self.below(u32::MAX)) << 32 | u128::from(self.below(u32::MAX));
        Uuid::from_u128(half() << 64 | half())
    }

    fn minute(&mut self) -> Timestamp {
        let second = 1_700_000_000 + 60 * i64::from(self.below(1_000_000));
        Timestamp::from_second(second).expect("it is in this century")
    }
}

/// A group with an access rule of its own in each of 200 projects.
pub const GROUP_OF_MANY_RULES: &str = "vision-managers";

/// Fills an empty database.
///
/// # Errors
/// When the database does not answer.
pub async fn fill(store: &Store, volumes: u32) -> Result<()> {
    let mut chance = Chance(0x5709_a6e5_0000_0001);
    let mut tx = store.begin().await?;
    tx.add_scope(&scope(ScopePath::tenant("acme".into()), "Acme".to_owned()))
        .await?;
    tx.add_access_rule(&AccessRule {
        id: AccessRuleId(chance.uuid()),
        subject: Subject::Group("platform-administrators".to_owned()),
        role: Role::SystemAdministrator,
        scope: ScopePath::tenant("acme".into()),
    })
    .await?;
    for number in 0..CLUSTERS {
        tx.add_scope(&scope(cluster(number), format!("Cluster {number}")))
            .await?;
    }
    for number in 0..DEPARTMENTS {
        tx.add_scope(&scope(department(number), format!("Department {number}")))
            .await?;
    }
    for number in 0..PROJECTS {
        let name = format!("{}-{number}", chance.pick(&KINDS));
        tx.add_scope(&scope(project(number), name)).await?;
    }
    for number in 0..200 {
        tx.add_access_rule(&AccessRule {
            id: AccessRuleId(Uuid::from_u128(0xacce_5500 + u128::from(number))),
            subject: Subject::Group(GROUP_OF_MANY_RULES.to_owned()),
            role: Role::Editor,
            scope: project(number * 9),
        })
        .await?;
    }
    for number in 0..volumes {
        let volume = volume(&mut chance, number)?;
        ensure!(tx.add_data_volume(&volume, None).await? == Added::Yes);
        if number % 10 == 0 {
            for _ in 0..=chance.below(2) {
                tx.add_share(&share(&mut chance, volume.thing.id)).await?;
            }
        }
    }
    Ok(tx.commit().await?)
}

fn scope(path: ScopePath, name: String) -> Scope {
    let is_project = path.ids().len() == 4;
    Scope {
        folder: is_project.then(|| name.clone()),
        path,
        name,
        cluster_kind: None,
    }
}

fn volume(chance: &mut Chance, number: u32) -> Result<Placed<DataVolume>> {
    let (kind, form) = (chance.pick(&KINDS), chance.pick(&FORMS));
    let rare = if number % 5_000 == 7 { " Größe" } else { "" };
    let description = format!(
        "{form} of the {kind} project, revision {}, cleaned and split{rare}",
        chance.below(40)
    );
    let thing = DataVolume {
        id: DataVolumeId(chance.uuid()),
        name: format!("{kind}-{form}-{number}").parse()?,
        description: description.parse()?,
        tags: (0..chance.below(4))
            .map(|_| format!("{}-{}", chance.pick(&KINDS), chance.below(9)).parse())
            .collect::<Result<_, _>>()?,
        origin: OriginClaim {
            source: OriginSource::NewClaim {
                storage_class: "shared-files".to_owned(),
                size: Bytes(1 << 40),
            },
            name: format!("stowage-{kind}-{form}-{number}"),
            uid: Some(chance.uuid().to_string()),
            capacity: (!number.is_multiple_of(20))
                .then(|| Bytes(u64::from(1 + chance.below(4_000)) << 30)),
            storage_class: "shared-files".to_owned(),
            access_modes: vec![AccessMode::ReadWriteMany],
            persistence: Some(Persistence {
                class: chance.pick(PersistenceClass::ALL),
                reason: "Network storage, and the reclaim policy is Retain.".to_owned(),
            }),
            sharing: Some(Sharing::Possible {
                how: "Each project gets a folder; a read-only bind mount enforces reading."
                    .to_owned(),
            }),
            location: format!("/srv/projects/{kind}/{form}-{number}"),
        },
        phase: if chance.below(10) == 0 {
            chance.pick(Phase::ALL)
        } else {
            Phase::Ready
        },
        conditions: vec![],
        usage: (!number.is_multiple_of(4)).then(|| Usage {
            used_bytes: Bytes(u64::from(chance.below(u32::MAX)) << 8),
            file_count: u64::from(chance.below(2_000_000)),
            measured_at: chance.minute(),
        }),
        created_by: UserId(Uuid::from_u128(u128::from(chance.below(500)))),
        created_at: chance.minute(),
        updated_at: chance.minute(),
    };
    Ok(Placed {
        thing,
        place: project(chance.below(PROJECTS)),
        reaches: vec![],
    })
}

fn share(chance: &mut Chance, data_volume_id: DataVolumeId) -> Share {
    let scope = match chance.below(20) {
        0 => cluster(chance.below(CLUSTERS)),
        1..=4 => department(chance.below(DEPARTMENTS)),
        _ => project(chance.below(PROJECTS)),
    };
    Share {
        id: ShareId(chance.uuid()),
        data_volume_id,
        origin_claim_uid: chance.uuid().to_string(),
        scope,
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: "Needed for training".to_owned(),
        created_by: UserId(Uuid::from_u128(1)),
        created_at: chance.minute(),
        expires_at: None,
    }
}

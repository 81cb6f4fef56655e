//! Shares and mounts.

use anyhow::Result;
use domain::{Mount, MountPhase, Share, ShareMode, VolumePath};

use crate::database::{Database, contracts};
use crate::fixtures::{ARMS, EAST, IMAGES, SPEECH, VOICES, at, fill, share, volume, volume_id};

contracts![
    a_share_comes_back_as_it_was_added,
    a_volume_is_shared_with_a_scope_once,
    shares_of_many_volumes_come_at_once,
    a_removed_share_is_gone_and_the_others_stay,
    a_volume_that_is_not_there_cannot_be_shared,
    a_mount_is_kept_once_for_each_project,
];

async fn a_share_comes_back_as_it_was_added(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    let department = share(1, volume_id(1), SPEECH, ShareMode::ReadWrite);
    let cluster = Share {
        expires_at: Some(at(5)),
        ..share(2, volume_id(1), EAST, ShareMode::ReadOnly)
    };
    for share in [&department, &cluster] {
        assert!(tx.add_share(share).await?);
        assert_eq!(tx.share(share.id).await?.as_ref(), Some(share));
    }
    assert_eq!(tx.shares_of(volume_id(1)).await?, [department, cluster]);
    assert_eq!(
        tx.share(share(3, volume_id(1), EAST, ShareMode::ReadOnly).id)
            .await?,
        None
    );
    Ok(())
}

async fn a_volume_is_shared_with_a_scope_once(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    let first = share(1, volume_id(1), SPEECH, ShareMode::ReadOnly);
    assert!(tx.add_share(&first).await?);
    assert!(
        !tx.add_share(&share(2, volume_id(1), SPEECH, ShareMode::ReadWrite))
            .await?
    );
    assert_eq!(tx.shares_of(volume_id(1)).await?, [first]);
    Ok(())
}

async fn shares_of_many_volumes_come_at_once(database: Database) -> Result<()> {
    let volumes = [
        volume(1, "faces", IMAGES),
        volume(2, "cats", IMAGES),
        volume(3, "arms", ARMS),
    ];
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.begin().await?;
    for (number, volume, scope) in [(1, 1, SPEECH), (2, 2, SPEECH), (3, 3, EAST), (4, 1, VOICES)] {
        tx.add_share(&share(
            number,
            volume_id(volume),
            scope,
            ShareMode::ReadOnly,
        ))
        .await?;
    }
    let asked = [volume_id(3), volume_id(1), volume_id(9), volume_id(1)];
    let shares = tx.shares_of_many(&asked).await?;
    let volumes: Vec<_> = shares.iter().map(|share| share.data_volume_id).collect();
    assert_eq!(volumes, [volume_id(1), volume_id(3), volume_id(1)]);
    assert!(tx.shares_of_many(&[]).await?.is_empty());
    Ok(())
}

async fn a_removed_share_is_gone_and_the_others_stay(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    let shares = [SPEECH, EAST].map(|scope| {
        share(
            scope.len() as u128,
            volume_id(1),
            scope,
            ShareMode::ReadOnly,
        )
    });
    for share in &shares {
        tx.add_share(share).await?;
    }
    tx.remove_share(shares[0].id).await?;
    tx.remove_share(shares[0].id).await?;
    assert_eq!(tx.shares_of(volume_id(1)).await?, shares[1..]);
    // The scope is free again.
    assert!(tx.add_share(&shares[0]).await?);
    Ok(())
}

async fn a_volume_that_is_not_there_cannot_be_shared(database: Database) -> Result<()> {
    fill(&database.store, &[]).await?;
    let mut tx = database.store.begin().await?;
    assert!(
        tx.add_share(&share(1, volume_id(1), EAST, ShareMode::ReadOnly))
            .await
            .is_err()
    );
    Ok(())
}

async fn a_mount_is_kept_once_for_each_project(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let pending = |project: &str| Mount {
        data_volume_id: volume_id(1),
        project_id: project.into(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        phase: MountPhase::Pending,
        location: String::new(),
        message: String::new(),
        updated_at: at(1),
    };
    let ready = Mount {
        mode: ShareMode::ReadWrite,
        phase: MountPhase::Ready,
        location: "/projects/voices/faces".to_owned(),
        message: "link; enforced by the data agent only".to_owned(),
        updated_at: at(2),
        ..pending("201")
    };
    let mut tx = database.store.begin().await?;
    for mount in [&pending("301"), &pending("201"), &ready] {
        tx.save_mount(mount).await?;
    }
    assert_eq!(
        tx.mounts_of(volume_id(1)).await?,
        [ready.clone(), pending("301")]
    );
    tx.remove_mount(volume_id(1), &"301".into()).await?;
    tx.remove_mount(volume_id(1), &"301".into()).await?;
    assert_eq!(tx.mounts_of(volume_id(1)).await?, [ready]);
    assert!(tx.mounts_of(volume_id(2)).await?.is_empty());
    Ok(())
}

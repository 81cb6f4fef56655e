//! Data volumes, one by one.

use anyhow::Result;
use domain::{
    AccessMode, Bytes, Condition, ConditionStatus, DataVolume, Mount, MountPhase, OriginSource,
    Persistence, PersistenceClass, Phase, Placed, Reach, ShareMode, Sharing, Usage, VolumePath,
};
use store::{Added, Error};

use crate::database::{Database, contracts};
use crate::fixtures::{
    ARMS, BEN, EAST, IMAGES, SPEECH, VIDEO, VOICES, at, fill, path, plant, share, volume, volume_id,
};

contracts![
    a_plain_data_volume_comes_back_as_it_was_added,
    a_data_volume_with_everything_comes_back_as_it_was_saved,
    a_name_is_taken_once_in_a_cluster,
    a_claim_holds_one_data_volume,
    a_data_volume_needs_its_project,
    what_is_gone_cannot_be_saved,
    a_removed_data_volume_takes_its_shares_and_mounts_along,
    the_claims_in_use_are_those_of_the_project,
    usage_is_measured_without_touching_the_rest,
    what_is_due_comes_longest_overdue_first,
    a_size_beyond_the_database_is_refused,
    a_row_that_cannot_be_read_is_an_error_that_names_it,
];

fn full(number: u32) -> Placed<DataVolume> {
    let mut volume = volume(number, "faces", IMAGES);
    let thing = &mut volume.thing;
    thing.description = "Gesichter, 2026: “Größe” — 数据 'quoted' \\ %"
        .parse()
        .unwrap();
    thing.tags = vec!["faces".parse().unwrap(), "数据".parse().unwrap()];
    thing.origin.source = OriginSource::ExistingClaim {
        claim: "old".to_owned(),
        sub_path: "train/images".parse().unwrap(),
    };
    thing.origin.uid = Some("0b5c".to_owned());
    thing.origin.capacity = Some(Bytes(i64::MAX as u64));
    thing.origin.storage_class = String::new();
    thing.origin.access_modes = vec![AccessMode::ReadOnlyMany, AccessMode::ReadWriteMany];
    thing.origin.persistence = Some(Persistence {
        class: PersistenceClass::DeletedWithItsClaim,
        reason: "The reclaim policy is Delete.".to_owned(),
    });
    thing.origin.sharing = Some(Sharing::Refused {
        reason: "It can be opened once.".to_owned(),
    });
    thing.origin.location = "/srv/projects/images/old".into();
    thing.phase = Phase::NotReady;
    thing.conditions = vec![Condition {
        kind: "ClaimBound".to_owned(),
        status: ConditionStatus::False,
        reason: "Lost".to_owned(),
        message: "The claim lost its volume.".to_owned(),
        last_transition_time: at(7),
    }];
    thing.usage = Some(Usage {
        used_bytes: Bytes(0),
        file_count: 12,
        measured_at: at(8),
    });
    thing.created_by = BEN;
    thing.updated_at = at(9);
    volume
}

async fn a_plain_data_volume_comes_back_as_it_was_added(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let plain = volume(1, "faces", IMAGES);
    let mut tx = database.store.begin().await?;
    assert_eq!(tx.data_volume(volume_id(1)).await?, None);
    assert_eq!(tx.add_data_volume(&plain, None).await?, Added::Yes);
    assert_eq!(tx.data_volume(volume_id(1)).await?, Some(plain));
    Ok(())
}

async fn a_data_volume_with_everything_comes_back_as_it_was_saved(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    let mut everything = full(1);
    let mut tx = database.store.begin().await?;
    tx.add_data_volume(&everything, Some(at(3))).await?;
    assert_eq!(
        tx.data_volume(volume_id(1)).await?.as_ref(),
        Some(&everything)
    );
    for (number, scope, mode) in [
        (1, SPEECH, ShareMode::ReadWrite),
        (2, ARMS, ShareMode::ReadOnly),
    ] {
        tx.add_share(&share(number, volume_id(1), scope, mode))
            .await?;
        everything.reaches.push(Reach::whole(path(scope), mode));
    }
    assert_eq!(
        tx.data_volume(volume_id(1)).await?.as_ref(),
        Some(&everything)
    );

    let mut plain = volume(1, "other-faces", IMAGES);
    tx.save_data_volume(&plain.thing).await?;
    plain.reaches.clone_from(&everything.reaches);
    assert_eq!(tx.data_volume(volume_id(1)).await?, Some(plain));
    assert_eq!(tx.next_reconciliation().await?, Some(at(3)));
    Ok(())
}

async fn a_name_is_taken_once_in_a_cluster(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    assert_eq!(
        tx.add_data_volume(&volume(2, "faces", VOICES), None)
            .await?,
        Added::NameTaken
    );
    assert_eq!(tx.data_volume(volume_id(2)).await?, None);
    assert_eq!(
        tx.add_data_volume(&volume(2, "faces", ARMS), None).await?,
        Added::Yes
    );
    Ok(())
}

async fn a_claim_holds_one_data_volume(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    let mut twin = volume(2, "cats", IMAGES);
    twin.thing.origin.name = "claim-1".into();
    assert_eq!(tx.add_data_volume(&twin, None).await?, Added::ClaimTaken);
    twin.thing.name = "faces".parse()?;
    assert_eq!(tx.add_data_volume(&twin, None).await?, Added::NameTaken);
    twin.thing.name = "cats".parse()?;
    twin.place = path(VIDEO);
    assert_eq!(tx.add_data_volume(&twin, None).await?, Added::Yes);
    Ok(())
}

async fn a_data_volume_needs_its_project(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let nowhere = volume(1, "faces", &["acme", "east", "vision", "404"]);
    let error = tx.add_data_volume(&nowhere, None).await.unwrap_err();
    assert_eq!(error.to_string(), "scopes has no 404");
    Ok(())
}

async fn what_is_gone_cannot_be_saved(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let error = tx
        .save_data_volume(&volume(1, "faces", IMAGES).thing)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Gone {
                table: "data_volumes",
                ..
            }
        ),
        "{error}"
    );
    Ok(())
}

async fn a_removed_data_volume_takes_its_shares_and_mounts_along(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let share = share(1, volume_id(1), EAST, ShareMode::ReadOnly);
    let mount = Mount {
        data_volume_id: volume_id(1),
        project_id: "201".into(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        phase: MountPhase::Ready,
        location: String::new(),
        message: String::new(),
        updated_at: at(1),
    };
    let mut tx = database.store.begin().await?;
    tx.add_share(&share).await?;
    tx.save_mount(&mount).await?;
    tx.remove_data_volume(volume_id(1)).await?;
    tx.remove_data_volume(volume_id(1)).await?;
    assert_eq!(tx.data_volume(volume_id(1)).await?, None);
    assert_eq!(tx.share(share.id).await?, None);
    assert!(tx.mounts_of(volume_id(1)).await?.is_empty());
    // Name and claim are free again.
    assert_eq!(
        tx.add_data_volume(&volume(2, "faces", IMAGES), None)
            .await?,
        Added::Yes
    );
    Ok(())
}

async fn the_claims_in_use_are_those_of_the_project(database: Database) -> Result<()> {
    let volumes = [
        volume(2, "faces", IMAGES),
        volume(1, "cats", IMAGES),
        volume(3, "dogs", VIDEO),
    ];
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.read().await?;
    assert_eq!(
        tx.claims_in_use(&"101".into()).await?,
        ["claim-1", "claim-2"]
    );
    assert!(tx.claims_in_use(&"vision".into()).await?.is_empty());
    Ok(())
}

async fn usage_is_measured_without_touching_the_rest(database: Database) -> Result<()> {
    fill(&database.store, &[full(1)]).await?;
    let usage = Usage {
        used_bytes: Bytes(1 << 40),
        file_count: 3,
        measured_at: at(30),
    };
    let mut tx = database.store.begin().await?;
    tx.set_usage(volume_id(1), usage).await?;
    tx.set_usage(volume_id(2), usage).await?;
    let mut expected = full(1);
    expected.thing.usage = Some(usage);
    assert_eq!(tx.data_volume(volume_id(1)).await?, Some(expected));
    Ok(())
}

async fn what_is_due_comes_longest_overdue_first(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    assert_eq!(tx.next_reconciliation().await?, None);
    for (number, due) in [
        (1, Some(at(3))),
        (2, Some(at(1))),
        (3, None),
        (4, Some(at(9))),
    ] {
        tx.add_data_volume(&volume(number, &format!("v-{number}"), IMAGES), due)
            .await?;
    }
    assert_eq!(tx.next_reconciliation().await?, Some(at(1)));
    assert_eq!(tx.due_for_reconciliation(at(0), 10).await?, []);
    assert_eq!(
        tx.due_for_reconciliation(at(3), 10).await?,
        [volume_id(2), volume_id(1)]
    );
    assert_eq!(tx.due_for_reconciliation(at(99), 1).await?, [volume_id(2)]);
    tx.reconcile_at(volume_id(2), None).await?;
    tx.reconcile_at(volume_id(3), Some(at(2))).await?;
    assert_eq!(
        tx.due_for_reconciliation(at(3), 10).await?,
        [volume_id(3), volume_id(1)]
    );
    assert_eq!(tx.next_reconciliation().await?, Some(at(2)));
    Ok(())
}

async fn a_size_beyond_the_database_is_refused(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut vast = volume(1, "faces", IMAGES);
    vast.thing.origin.capacity = Some(Bytes(u64::MAX));
    let mut tx = database.store.begin().await?;
    let error = tx.add_data_volume(&vast, None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "18446744073709551615 is too large for the database"
    );
    Ok(())
}

async fn a_row_that_cannot_be_read_is_an_error_that_names_it(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let faults = [
        (
            "UPDATE data_volume_details SET tags = 'x'",
            "UPDATE data_volume_details SET tags = '[]'",
            "data_volume_details.tags of 00000000-0000-0000-0000-0000da7a0001 cannot be read: expected \
             value at line 1 column 1",
        ),
        (
            "UPDATE data_volumes SET measured_at = 5",
            "UPDATE data_volumes SET measured_at = NULL",
            "data_volumes.used_bytes of 00000000-0000-0000-0000-0000da7a0001 cannot be read: it is NULL",
        ),
        (
            "UPDATE data_volumes SET capacity_bytes = -1",
            "UPDATE data_volumes SET capacity_bytes = NULL",
            "data_volumes.capacity_bytes of 00000000-0000-0000-0000-0000da7a0001 cannot be read: out \
             of range integral type conversion attempted",
        ),
        (
            "UPDATE data_volumes SET phase = 'Odd'",
            "UPDATE data_volumes SET phase = 'Ready'",
            "data_volumes.phase of 00000000-0000-0000-0000-0000da7a0001 cannot be read: “Odd” is not a \
             phase of a data volume",
        ),
    ];
    for (fault, repair, expected) in faults {
        database.behind_its_back(fault).await?;
        let mut tx = database.store.read().await?;
        let error = tx.data_volume(volume_id(1)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        database.behind_its_back(repair).await?;
    }
    Ok(())
}

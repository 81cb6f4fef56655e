//! Who reconciles, and what a claim on a cluster is about.

use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{DataVolumeId, Reach, ShareMode, VolumePath};
use store::{Leadership, Store};

use crate::database::{Database, contracts};
use crate::fixtures::{EAST, IMAGES, SPEECH, VIDEO, fill, path, volume, volume_id};

contracts![
    one_console_of_several_leads_until_it_goes,
    a_claim_is_about_what_it_holds_and_what_it_receives,
];

async fn one_console_of_several_leads_until_it_goes(database: Database) -> Result<()> {
    let Database { store, url } = &database;
    let mut first = store.lead().await?.context("nobody leads yet")?;
    assert!(first.is_held().await);
    // A file has one console, which always leads.
    if !store.is_shared() {
        return Ok(());
    }
    let second = Store::connect(url).await?;
    assert!(second.lead().await?.is_none());
    drop(first);
    let mut next = wait_for(&second).await?;
    assert!(next.is_held().await);
    assert!(store.lead().await?.is_none());
    database
        .behind_its_back(
            "SELECT pg_terminate_backend(pid) FROM pg_locks
              WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
                AND objid = hashtext('stowage leads ' || current_schema())::oid",
        )
        .await?;
    assert!(!next.is_held().await, "its session was ended");
    wait_for(store).await?;
    Ok(())
}

/// PostgreSQL notices that a session is gone a moment later.
async fn wait_for(store: &Store) -> Result<Leadership> {
    let asked = async {
        loop {
            if let Some(leadership) = store.lead().await? {
                return Ok(leadership);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await?
}

async fn a_claim_is_about_what_it_holds_and_what_it_receives(database: Database) -> Result<()> {
    let mut shared = volume(1, "faces", IMAGES);
    shared.reaches = vec![Reach {
        scope: path(SPEECH),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
    }];
    fill(&database.store, &[shared, volume(2, "films", VIDEO)]).await?;
    let mut tx = database.store.read().await?;
    let east = EAST[1].into();
    for (folder, claim, about) in [
        ("projects/images", "claim-1", Some(1)),
        ("projects/video", "claim-1", None),
        ("projects/video", "claim-2", Some(2)),
        // The receiving claim has the volume's name.
        ("projects/voices", "faces", Some(1)),
        ("projects/voices", "films", None),
        ("somewhere-else", "claim-2", None),
    ] {
        let about: Vec<DataVolumeId> = about.map(volume_id).into_iter().collect();
        let found = tx.data_volumes_of_claim(&east, folder, claim).await?;
        assert_eq!(found, about, "{folder}/{claim}");
    }
    let west = "west".into();
    let found = tx.data_volumes_of_claim(&west, "projects/images", "claim-1");
    assert_eq!(found.await?, []);
    Ok(())
}

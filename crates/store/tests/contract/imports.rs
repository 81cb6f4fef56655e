//! Imports into data volumes.

use anyhow::Result;
use domain::{
    ExistingFiles, HttpFile, Import, ImportId, ImportProblem, ImportProgress, ImportSource,
    ImportState,
};
use jiff::Timestamp;
use store::Store;
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, BEN, IMAGES, at, plant, volume, volume_id};

contracts![
    an_import_comes_back_as_it_was_asked_for,
    imports_are_listed_newest_first,
    what_has_not_ended_is_unfinished,
    how_an_import_stands_is_kept_unless_somebody_was_faster,
    only_what_has_ended_is_removed,
    imports_go_with_their_data_volume,
];

async fn fill(store: &Store) -> Result<()> {
    plant(store).await?;
    let mut tx = store.begin().await?;
    for number in [1, 2] {
        let volume = volume(number, &format!("volume-{number}"), IMAGES);
        tx.add_data_volume(&volume, None).await?;
    }
    Ok(tx.commit().await?)
}

fn import(number: u128, volume: u128, asked_at: Timestamp) -> Import {
    Import {
        id: ImportId(Uuid::from_u128(0x1390_0000 + number)),
        data_volume_id: volume_id(volume),
        source: ImportSource::S3 {
            endpoint: "https://s3.example".to_owned(),
            region: "north".to_owned(),
            bucket: "pictures".to_owned(),
            prefix: "2026/".to_owned(),
            path_style: true,
        },
        into: "raw/pictures".parse().unwrap(),
        existing: ExistingFiles::Skip,
        credential: Some("pictures-key".to_owned()),
        asked_by: ADA,
        asked_at,
        state: ImportState::Waiting,
        runs: 1,
        progress: ImportProgress::default(),
        started_at: Some(asked_at),
        ended_at: None,
    }
}

async fn an_import_comes_back_as_it_was_asked_for(database: Database) -> Result<()> {
    fill(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let first = import(1, 1, at(1));
    let mut second = import(2, 1, at(2));
    second.source = ImportSource::Http {
        files: vec![HttpFile {
            url: "https://files.example/a b.csv?x=“1”".to_owned(),
            path: Some("a.csv".to_owned()),
            sha256: None,
        }],
    };
    second.credential = None;
    second.started_at = None;
    second.progress.problems = vec![ImportProblem {
        path: "../a".to_owned(),
        message: "“..” is not the name of a file or folder".to_owned(),
    }];
    for import in [first, second] {
        tx.add_import(&import).await?;
        assert_eq!(tx.import(import.id).await?, Some(import));
    }
    assert_eq!(tx.import(ImportId(Uuid::nil())).await?, None);
    Ok(())
}

async fn imports_are_listed_newest_first(database: Database) -> Result<()> {
    fill(&database.store).await?;
    let mut tx = database.store.begin().await?;
    for (number, volume, minute) in [(1, 1, 3), (2, 2, 4), (3, 1, 5), (4, 1, 3)] {
        tx.add_import(&import(number, volume, at(minute))).await?;
    }
    let ids = |imports: Vec<Import>| {
        let ids = imports.iter().map(|import| import.id.0.as_u128() & 0xf);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(tx.imports_of(volume_id(1), 9).await?), [3, 1, 4]);
    assert_eq!(ids(tx.imports_of(volume_id(1), 2).await?), [3, 1]);
    assert_eq!(ids(tx.unfinished_imports(9).await?), [1, 4, 2, 3]);
    assert_eq!(ids(tx.unfinished_imports(2).await?), [1, 4]);
    Ok(())
}

async fn what_has_not_ended_is_unfinished(database: Database) -> Result<()> {
    fill(&database.store).await?;
    let mut tx = database.store.begin().await?;
    // Canceled, and nobody has told the data agent yet.
    let mut canceled = import(1, 1, at(1));
    canceled.state = ImportState::Canceled;
    let mut over = import(2, 1, at(2));
    over.state = ImportState::Succeeded;
    over.ended_at = Some(at(3));
    for import in [&canceled, &over, &import(3, 1, at(3))] {
        tx.add_import(import).await?;
    }
    assert_eq!(tx.unfinished_imports(9).await?.len(), 2);
    assert_eq!(tx.count_unfinished_imports(volume_id(1)).await?, 2);
    assert_eq!(tx.count_unfinished_imports(volume_id(2)).await?, 0);
    Ok(())
}

async fn how_an_import_stands_is_kept_unless_somebody_was_faster(database: Database) -> Result<()> {
    fill(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let asked = import(1, 1, at(1));
    tx.add_import(&asked).await?;
    let mut running = asked.clone();
    running.state = ImportState::Running;
    running.progress.files.found = 7;
    assert!(tx.save_import(&running, ImportState::Waiting, 1).await?);
    // It is running by now.
    assert!(!tx.save_import(&asked, ImportState::Waiting, 1).await?);
    let again = Import {
        asked_by: BEN,
        runs: 2,
        ended_at: Some(at(9)),
        ..running.clone()
    };
    assert!(tx.save_import(&again, ImportState::Running, 1).await?);
    assert!(!tx.save_import(&running, ImportState::Running, 1).await?);
    assert_eq!(tx.import(asked.id).await?, Some(again));
    Ok(())
}

async fn only_what_has_ended_is_removed(database: Database) -> Result<()> {
    fill(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let mut asked = import(1, 1, at(1));
    tx.add_import(&asked).await?;
    assert!(!tx.remove_import(asked.id).await?);
    asked.ended_at = Some(at(2));
    assert!(tx.save_import(&asked, ImportState::Waiting, 1).await?);
    assert!(tx.remove_import(asked.id).await?);
    assert!(!tx.remove_import(asked.id).await?);
    Ok(())
}

async fn imports_go_with_their_data_volume(database: Database) -> Result<()> {
    fill(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let asked = import(1, 1, at(1));
    tx.add_import(&asked).await?;
    tx.remove_data_volume(volume_id(1)).await?;
    assert_eq!(tx.import(asked.id).await?, None);
    Ok(())
}

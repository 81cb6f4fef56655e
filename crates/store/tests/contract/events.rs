//! The log.

use anyhow::Result;
use domain::{Event, EventId, EventKind, UserId};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, IMAGES, at, fill, volume, volume_id};

contracts![
    events_come_newest_first_and_no_more_than_asked_for,
    every_kind_of_event_comes_back,
    events_outlive_their_data_volume,
];

fn event(number: u32, kind: EventKind, user_id: Option<UserId>, minute: i64) -> Event {
    Event {
        id: EventId(Uuid::from_u128(number.into())),
        kind,
        data_volume_id: volume_id(1),
        user_id,
        subject: format!("training/数据-{number}"),
        happened_at: at(minute),
    }
}

async fn events_come_newest_first_and_no_more_than_asked_for(database: Database) -> Result<()> {
    let events = [
        event(1, EventKind::Created, Some(ADA), 5),
        event(3, EventKind::PhaseChanged, None, 6),
        event(2, EventKind::Shared, Some(ADA), 6),
        event(9, EventKind::FileRead, Some(ADA), 1),
    ];
    let mut tx = database.store.begin().await?;
    for event in &events {
        tx.record(event).await?;
    }
    tx.record(&Event {
        data_volume_id: volume_id(2),
        ..event(10, EventKind::Edited, None, 7)
    })
    .await?;
    let [first, second, third, fourth] = events;
    assert_eq!(tx.events_of(volume_id(1), 3).await?, [second, third, first]);
    assert_eq!(tx.events_of(volume_id(1), 100).await?.pop(), Some(fourth));
    assert!(tx.events_of(volume_id(3), 100).await?.is_empty());
    Ok(())
}

async fn every_kind_of_event_comes_back(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    for (number, kind) in (0..).zip(EventKind::ALL) {
        tx.record(&event(number, kind, None, i64::from(number)))
            .await?;
    }
    let kinds: Vec<EventKind> = tx
        .events_of(volume_id(1), 100)
        .await?
        .iter()
        .rev()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, EventKind::ALL);
    Ok(())
}

async fn events_outlive_their_data_volume(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    tx.record(&event(1, EventKind::Created, Some(ADA), 5))
        .await?;
    tx.remove_data_volume(volume_id(1)).await?;
    assert_eq!(tx.events_of(volume_id(1), 10).await?.len(), 1);
    Ok(())
}

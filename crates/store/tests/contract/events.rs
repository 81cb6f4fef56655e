//! The log.

use std::net::IpAddr;

use anyhow::Result;
use domain::{Actor, Event, EventId, EventKind, EventObject, ObjectType, Origin, Outcome, UserId};
use store::LogListing;
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{
    ACME, ADA, ARMS, BEN, EAST, IMAGES, ROBOTS, SPEECH, VISION, VOICES, at, fill, path, volume,
    volume_id,
};

contracts![
    events_come_newest_first_and_no_more_than_asked_for,
    every_kind_of_event_and_object_comes_back,
    events_outlive_their_data_volume,
    the_activity_of_a_volume_tells_of_no_refusal,
    a_log_is_filtered_by_time_person_object_kind_and_result,
    a_log_is_read_within_the_reach_alone,
    a_log_is_read_bit_by_bit_without_a_gap,
    a_file_that_was_read_a_moment_ago_is_known,
    the_log_of_the_version_before_is_taken_over,
];

fn event(number: u32, kind: EventKind, actor: Option<(UserId, &str)>, minute: i64) -> Event {
    Event {
        id: EventId(Uuid::from_u128(number.into())),
        kind,
        object: EventObject {
            object_type: ObjectType::DataVolume,
            id: volume_id(1).to_string(),
            name: "faces".to_owned(),
            place: Some(path(IMAGES)),
        },
        actor: actor.map_or(Actor::Console, |(id, name)| Actor::Person {
            id,
            name: name.to_owned(),
        }),
        origin: Origin::default(),
        outcome: Outcome::Done,
        subject: format!("training/数据-{number}"),
        happened_at: at(minute),
    }
}

const ADA_HERSELF: Option<(UserId, &str)> = Some((ADA, "Ada Lovelace"));

fn placed(mut event: Event, object: ObjectType, id: &str, place: Option<&[&str]>) -> Event {
    event.object = EventObject {
        object_type: object,
        id: id.to_owned(),
        name: id.to_uppercase(),
        place: place.map(path),
    };
    event
}

fn refused(event: Event) -> Event {
    Event {
        outcome: Outcome::Refused {
            reason: "Your roles do not let you.".to_owned(),
        },
        ..event
    }
}

type Narrow = fn(&mut LogListing);

/// Everything, ten at a time.
fn all() -> LogListing {
    LogListing {
        reach: vec![path(ACME)],
        limit: 10,
        ..LogListing::default()
    }
}

async fn record(database: &Database, events: &[Event]) -> Result<()> {
    let mut tx = database.store.begin().await?;
    for event in events {
        tx.record(event).await?;
    }
    Ok(tx.commit().await?)
}

async fn numbers(database: &Database, listing: LogListing) -> Result<Vec<u128>> {
    let events = database.store.read().await?.list_events(&listing).await?;
    Ok(events.iter().map(|event| event.id.0.as_u128()).collect())
}

async fn events_come_newest_first_and_no_more_than_asked_for(database: Database) -> Result<()> {
    let events = [
        event(1, EventKind::Created, ADA_HERSELF, 5),
        event(3, EventKind::PhaseChanged, None, 6),
        event(2, EventKind::Shared, ADA_HERSELF, 6),
        event(9, EventKind::FileRead, ADA_HERSELF, 1),
    ];
    record(&database, &events).await?;
    let other = event(10, EventKind::Edited, None, 7);
    let other = placed(
        other,
        ObjectType::DataVolume,
        &volume_id(2).to_string(),
        None,
    );
    record(&database, &[other]).await?;
    let mut tx = database.store.read().await?;
    let [first, second, third, fourth] = events;
    assert_eq!(tx.events_of(volume_id(1), 3).await?, [second, third, first]);
    assert_eq!(tx.events_of(volume_id(1), 100).await?.pop(), Some(fourth));
    assert!(tx.events_of(volume_id(3), 100).await?.is_empty());
    Ok(())
}

async fn every_kind_of_event_and_object_comes_back(database: Database) -> Result<()> {
    let mut events: Vec<Event> = (0..)
        .zip(EventKind::ALL)
        .map(|(number, kind)| event(number, kind, None, i64::from(number)))
        .collect();
    for (number, object) in (100..).zip(ObjectType::ALL) {
        let event = event(number, EventKind::Created, ADA_HERSELF, i64::from(number));
        events.push(Event {
            origin: Origin {
                address: Some(IpAddr::from([203, 0, 113, u8::try_from(number)?])),
                user_agent: "curl/8 — “quoted”".to_owned(),
            },
            ..refused(placed(event, object, "x", Some(EAST)))
        });
    }
    record(&database, &events).await?;
    events.reverse();
    let found = LogListing {
        limit: 100,
        ..all()
    };
    let found = database.store.read().await?.list_events(&found).await?;
    assert_eq!(found, events);
    Ok(())
}

async fn events_outlive_their_data_volume(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    tx.record(&event(1, EventKind::Created, ADA_HERSELF, 5))
        .await?;
    tx.remove_data_volume(volume_id(1)).await?;
    assert_eq!(tx.events_of(volume_id(1), 10).await?.len(), 1);
    Ok(())
}

async fn the_activity_of_a_volume_tells_of_no_refusal(database: Database) -> Result<()> {
    let tried = refused(event(1, EventKind::DeletionRequested, ADA_HERSELF, 5));
    record(&database, std::slice::from_ref(&tried)).await?;
    let mut tx = database.store.read().await?;
    assert!(tx.events_of(volume_id(1), 10).await?.is_empty());
    assert_eq!(tx.list_events(&all()).await?, [tried]);
    Ok(())
}

async fn a_log_is_filtered_by_time_person_object_kind_and_result(database: Database) -> Result<()> {
    let rule = event(4, EventKind::Deleted, Some((BEN, "Ben Öztürk")), 4);
    let events = [
        event(1, EventKind::Created, ADA_HERSELF, 1),
        event(2, EventKind::FileRead, Some((BEN, "Ben Öztürk")), 2),
        refused(event(3, EventKind::FileRead, ADA_HERSELF, 3)),
        placed(rule, ObjectType::AccessRule, "r_1%", Some(VISION)),
        event(5, EventKind::PhaseChanged, None, 5),
    ];
    record(&database, &events).await?;
    let cases: [(Narrow, Vec<u128>); 13] = [
        (|_| {}, vec![5, 4, 3, 2, 1]),
        (
            |list| (list.since, list.until) = (Some(at(2)), Some(at(4))),
            vec![3, 2],
        ),
        (|list| list.person = "ÖZTÜRK".into(), vec![4, 2]),
        (|list| list.person = ADA.to_string(), vec![3, 1]),
        (|list| list.object = "数据-2".into(), vec![2]),
        (|list| list.object = "r_1%".into(), vec![4]),
        (|list| list.object = "FACES".into(), vec![5, 3, 2, 1]),
        (
            |list| list.object = volume_id(1).to_string(),
            vec![5, 3, 2, 1],
        ),
        (|list| list.object = "%".into(), vec![4]),
        (|list| list.kinds = vec![EventKind::FileRead], vec![3, 2]),
        (
            |list| list.object_types = vec![ObjectType::AccessRule],
            vec![4],
        ),
        (|list| list.is_refused = Some(true), vec![3]),
        (
            |list| (list.is_refused, list.limit, list.offset) = (Some(false), 2, 1),
            vec![4, 2],
        ),
    ];
    for (narrow, expected) in cases {
        let mut listing = all();
        narrow(&mut listing);
        assert_eq!(
            numbers(&database, listing.clone()).await?,
            expected,
            "{listing:?}"
        );
    }
    Ok(())
}

async fn a_log_is_read_within_the_reach_alone(database: Database) -> Result<()> {
    let at_place = |number, place: Option<&[&str]>| {
        let event = event(number, EventKind::Created, None, i64::from(number));
        placed(event, ObjectType::Project, "x", place)
    };
    let events = [
        at_place(1, Some(IMAGES)),
        at_place(2, Some(VOICES)),
        at_place(3, Some(VISION)),
        at_place(4, Some(EAST)),
        at_place(5, Some(ARMS)),
        at_place(6, Some(ACME)),
        at_place(7, None),
    ];
    record(&database, &events).await?;
    let cases = [
        (vec![], vec![]),
        (vec![path(ACME)], vec![7, 6, 5, 4, 3, 2, 1]),
        (vec![path(EAST)], vec![4, 3, 2, 1]),
        (vec![path(VISION)], vec![3, 1]),
        (vec![path(SPEECH), path(ROBOTS)], vec![5, 2]),
        (vec![path(IMAGES)], vec![1]),
    ];
    for (reach, expected) in cases {
        let listing = LogListing { reach, ..all() };
        assert_eq!(
            numbers(&database, listing.clone()).await?,
            expected,
            "{listing:?}"
        );
    }
    Ok(())
}

async fn a_log_is_read_bit_by_bit_without_a_gap(database: Database) -> Result<()> {
    let events: Vec<Event> = (1..=25)
        .map(|number| event(number, EventKind::FileStored, None, i64::from(number / 7)))
        .collect();
    record(&database, &events).await?;
    let mut after = None;
    let mut found = Vec::new();
    loop {
        let listing = LogListing { after, ..all() };
        let part = database.store.read().await?.list_events(&listing).await?;
        let Some(last) = part.last() else { break };
        after = Some((last.happened_at, last.id));
        found.extend(part.iter().map(|event| event.id.0.as_u128()));
    }
    assert_eq!(found, (1..=25).rev().collect::<Vec<u128>>());
    Ok(())
}

async fn a_file_that_was_read_a_moment_ago_is_known(database: Database) -> Result<()> {
    let read = Event {
        subject: "a.txt".into(),
        ..event(1, EventKind::FileRead, ADA_HERSELF, 5)
    };
    let tried = refused(event(2, EventKind::FileRead, Some((BEN, "Ben")), 5));
    record(&database, &[read, tried]).await?;
    let mut tx = database.store.read().await?;
    assert!(tx.was_read_since(volume_id(1), "a.txt", ADA, at(5)).await?);
    assert!(!tx.was_read_since(volume_id(1), "a.txt", ADA, at(6)).await?);
    assert!(!tx.was_read_since(volume_id(1), "b.txt", ADA, at(5)).await?);
    assert!(!tx.was_read_since(volume_id(2), "a.txt", ADA, at(5)).await?);
    assert!(
        !tx.was_read_since(volume_id(1), "training/数据-2", BEN, at(5))
            .await?
    );
    Ok(())
}

async fn the_log_of_the_version_before_is_taken_over(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    tx.remember_person(
        ADA,
        "https://id.example",
        "ada",
        "Ada Lovelace",
        None,
        at(0),
    )
    .await?;
    tx.commit().await?;
    for statement in [
        "DROP TABLE audit_log".to_owned(),
        "DELETE FROM _sqlx_migrations WHERE version = 2".to_owned(),
        old_event(1, 1, "created", Some(ADA), "faces"),
        old_event(2, 1, "phase-changed", None, "Ready"),
        old_event(3, 2, "created", Some(BEN), "gone"),
        old_event(4, 2, "file-stored", Some(BEN), "A.TXT"),
    ] {
        database.behind_its_back(&statement).await?;
    }
    database.store.migrate().await?;
    let mut tx = database.store.read().await?;
    let names: Vec<(String, Actor)> = tx
        .list_events(&all())
        .await?
        .into_iter()
        .map(|event| (event.object.name, event.actor))
        .collect();
    let person = |id, name: &str| Actor::Person {
        id,
        name: name.to_owned(),
    };
    assert_eq!(
        names,
        [
            ("gone".to_owned(), person(BEN, "")),
            ("gone".to_owned(), person(BEN, "")),
            ("faces".to_owned(), Actor::Console),
            ("faces".to_owned(), person(ADA, "Ada Lovelace")),
        ]
    );
    assert_eq!(tx.events_of(volume_id(1), 9).await?.len(), 2);
    let stored = LogListing {
        object: "a.txt".into(),
        ..all()
    };
    assert_eq!(tx.list_events(&stored).await?.len(), 1);
    Ok(())
}

fn old_event(number: u32, volume: u128, kind: &str, by: Option<UserId>, subject: &str) -> String {
    let by = by.map_or("NULL".to_owned(), |by| format!("'{by}'"));
    format!(
        "INSERT INTO events (id, data_volume_id, kind, user_id, subject, happened_at)
         VALUES ('{}', '{}', '{kind}', {by}, '{subject}', {number})",
        Uuid::from_u128(number.into()),
        volume_id(volume),
    )
}

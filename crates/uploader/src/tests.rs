//! The queue against a scripted server: whole stories, from the drop to what is stored.

mod batches;
mod conflicts;
mod failures;
mod many_lanes;
mod resuming;

use domain::{Bytes, DataVolumeId, VolumePath};
use uuid::Uuid;
use wire::{BatchResult, FileKind, FileView, Problem, UnfinishedUpload};

use crate::requests::InFlight;
use crate::{
    Added, Command, Condition, Event, ItemId, ItemKind, Moment, Queue, RequestId, State, Target,
};

pub(crate) const MEBIBYTE: u64 = 1 << 20;
pub(crate) const MODIFIED_MS: i64 = 1_700_000_000_000;

pub(crate) fn volume() -> DataVolumeId {
    DataVolumeId(Uuid::from_u128(1))
}

pub(crate) fn target() -> Target {
    Target {
        volume_id: volume(),
        volume_name: "imagenet".to_owned(),
        folder: VolumePath::root(),
    }
}

pub(crate) fn at(now_ms: u64) -> Moment {
    Moment {
        now_ms,
        jitter: 1.0,
    }
}

pub(crate) fn file(path: &str, size_bytes: u64) -> Added {
    Added {
        path: path.to_owned(),
        kind: ItemKind::File,
        size_bytes,
        modified_ms: MODIFIED_MS,
    }
}

/// A queue whose volume has told that there are no earlier uploads, and that sends each file by itself.
pub(crate) fn queue_with(files: Vec<Added>) -> (Queue, Vec<Command>) {
    let mut queue = Queue::default();
    queue.batch_bytes = 1;
    let commands = begin(&mut queue, files);
    (queue, commands)
}

/// Adds files to a queue whose volume tells that there are no earlier uploads.
pub(crate) fn begin(queue: &mut Queue, files: Vec<Added>) -> Vec<Command> {
    let (_, commands) = queue.add(&target(), files, at(0));
    assert_eq!(commands, [Command::AskUnfinished { volume: volume() }]);
    let none = Event::Unfinished {
        volume: volume(),
        uploads: vec![],
    };
    queue.handle(none, at(0))
}

pub(crate) fn created(commands: &[Command]) -> Vec<ItemId> {
    let created = |command: &Command| match command {
        Command::Create { item, .. } => Some(*item),
        _ => None,
    };
    commands.iter().filter_map(created).collect()
}

/// The request that carries an item; one that nobody made if there is none.
pub(crate) fn on(queue: &Queue, item: ItemId) -> RequestId {
    let carries = |request: &&InFlight| request.work.items().contains(&item);
    let request = queue.requests.iter().find(carries);
    request.map_or(RequestId(u64::MAX), |request| request.id)
}

pub(crate) fn made(queue: &Queue, item: ItemId, offset_bytes: u64) -> Event {
    Event::Created {
        request: on(queue, item),
        upload: "u".to_owned(),
        offset_bytes: Some(offset_bytes),
        stored_as: None,
    }
}

pub(crate) fn acknowledged(queue: &Queue, item: ItemId, offset_bytes: u64) -> Event {
    Event::Acknowledged {
        request: on(queue, item),
        offset_bytes,
        extents: None,
        stored_as: None,
    }
}

pub(crate) fn stored(path: &str) -> BatchResult {
    BatchResult::Stored {
        path: path.parse().unwrap(),
        blake3: "ab".repeat(32),
    }
}

pub(crate) fn refused(queue: &Queue, item: ItemId, code: u16) -> Event {
    let problem = Problem::new(code, format!("refused with {code}"));
    Event::Refused {
        request: on(queue, item),
        problem,
        retry_after_ms: None,
        upload: None,
    }
}

/// The commands that end everything that is on its way for an item.
pub(crate) fn ends(queue: &Queue, item: ItemId) -> Vec<Command> {
    let requests = queue.requests.iter();
    let carriers = requests.filter(|request| request.work.items().contains(&item));
    let ids = carriers.map(|request| request.id);
    ids.map(|request| Command::Abort { request }).collect()
}

/// Commands without those that end requests.
pub(crate) fn but_ends(mut commands: Vec<Command>) -> Vec<Command> {
    commands.retain(|command| !matches!(command, Command::Abort { .. }));
    commands
}

pub(crate) fn stored_file(name: &str, size_bytes: u64, modified_ms: i64) -> FileView {
    FileView {
        name: name.to_owned(),
        kind: FileKind::File,
        size_bytes: Bytes(size_bytes),
        modified_at: jiff::Timestamp::from_millisecond(modified_ms).unwrap(),
    }
}

pub(crate) fn unfinished(
    id: &str,
    path: &str,
    size_bytes: u64,
    offset_bytes: u64,
) -> UnfinishedUpload {
    UnfinishedUpload {
        id: id.to_owned(),
        path: path.parse().unwrap(),
        size_bytes: Bytes(size_bytes),
        offset_bytes: Bytes(offset_bytes),
        modified_ms: Some(MODIFIED_MS),
        takes_lanes: false,
        expires_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn states(queue: &Queue) -> Vec<State> {
    queue.items.iter().map(|item| item.state.clone()).collect()
}

/// Lets the server take everything that is asked of it, until nothing is asked any more.
pub(crate) fn serve(queue: &mut Queue, commands: Vec<Command>, now_ms: u64) {
    let mut line: std::collections::VecDeque<Command> = commands.into();
    while let Some(command) = line.pop_front() {
        let event = match command {
            Command::Create {
                request,
                item,
                size_bytes,
                is_with_content,
                ..
            } => Event::Created {
                request,
                upload: format!("u{}", item.0),
                offset_bytes: Some(if is_with_content { size_bytes } else { 0 }),
                stored_as: None,
            },
            Command::Patch {
                request,
                offset_bytes,
                length_bytes,
                ..
            } => Event::Acknowledged {
                request,
                offset_bytes: offset_bytes + length_bytes,
                extents: None,
                stored_as: None,
            },
            Command::SendBatch { request, files, .. } => Event::BatchAnswered {
                request,
                results: files.iter().map(|file| stored(&file.path)).collect(),
            },
            Command::MakeFolder { request, .. } => Event::FolderMade { request },
            _ => continue,
        };
        line.extend(queue.handle(event, at(now_ms)));
    }
}

#[test]
fn at_most_three_uploads_run_at_a_time() {
    let files = (0..10).map(|n| file(&format!("{n}.csv"), 10)).collect();
    let (mut queue, commands) = queue_with(files);
    assert_eq!(created(&commands), [ItemId(0), ItemId(1), ItemId(2)]);
    let done = made(&queue, ItemId(1), 10);
    assert_eq!(created(&queue.handle(done, at(1))), [ItemId(3)]);
}

#[test]
fn everything_is_stored_and_told_per_volume() {
    let folder = Added {
        kind: ItemKind::Folder,
        ..file("empty", 0)
    };
    let files = vec![
        file("a", 10),
        file("big", 100 * MEBIBYTE),
        file("nothing", 0),
        folder,
    ];
    let (mut queue, commands) = queue_with(files);
    serve(&mut queue, commands, 5_000);
    let overview = queue.overview(5_000);
    assert_eq!(overview.condition, Condition::Finished);
    assert_eq!(
        (overview.stored_items, overview.bytes),
        (4, overview.acknowledged_bytes)
    );
    assert_eq!(
        (overview.stored[0].files, overview.stored[0].bytes),
        (3, 10 + 100 * MEBIBYTE)
    );
    assert!(queue.to_remember().is_empty());
}

#[test]
fn a_small_file_is_one_request_and_a_large_one_goes_in_slices() {
    let (mut queue, commands) = queue_with(vec![
        file("small", 32 * MEBIBYTE),
        file("large", 500 * MEBIBYTE),
    ]);
    let is_with_content = |command: &Command| {
        matches!(
            command,
            Command::Create {
                is_with_content: true,
                ..
            }
        )
    };
    assert_eq!(
        commands.iter().map(is_with_content).collect::<Vec<_>>(),
        [true, false]
    );
    let made = made(&queue, ItemId(1), 0);
    let commands = queue.handle(made, at(0));
    assert!(matches!(
        commands[0],
        Command::Patch {
            offset_bytes: 0,
            length_bytes: 33_554_432,
            ..
        }
    ));
    let took_3_s = acknowledged(&queue, ItemId(1), 32 * MEBIBYTE);
    let commands = queue.handle(took_3_s, at(3_000));
    assert!(matches!(
        commands[0],
        Command::Patch {
            offset_bytes: 67_108_864,
            length_bytes: 33_554_432,
            ..
        }
    ));
    let took_10_s = acknowledged(&queue, ItemId(1), 64 * MEBIBYTE);
    let commands = queue.handle(took_10_s, at(13_000));
    assert!(matches!(
        commands[0],
        Command::Patch {
            length_bytes: 16_777_216,
            ..
        }
    ));
}

#[test]
fn a_name_that_cannot_be_stored_fails_alone_and_says_why() {
    let (mut queue, commands) =
        queue_with(vec![file("a\\b", 1), file("../up", 1), file("fine", 1)]);
    serve(&mut queue, commands, 0);
    let State::Failed(message) = &queue.items[0].state else {
        panic!("taken")
    };
    assert!(message.contains("cannot contain"), "{message}");
    assert!(matches!(queue.items[1].state, State::Failed(_)));
    assert_eq!(queue.items[2].state, State::Done);
    assert!(
        queue.retry_failed(at(1)).is_empty(),
        "a wrong name stays wrong"
    );
}

#[test]
fn a_pause_ends_requests_and_going_on_asks_for_the_offset_first() {
    let (mut queue, commands) = queue_with(vec![file("large", 80 * MEBIBYTE)]);
    let item = created(&commands)[0];
    queue.handle(made(&queue, item, 0), at(0));
    queue.handle(
        Event::Progress {
            request: on(&queue, item),
            sent_bytes: 1_000,
        },
        at(1),
    );
    assert_eq!(queue.overview(1).in_flight_bytes, 1_000);
    let ends = ends(&queue, item);
    assert_eq!(queue.pause(at(2)), ends);
    assert_eq!(queue.overview(2).condition, Condition::Paused);
    assert_eq!(queue.overview(2).in_flight_bytes, 0);
    assert!(
        queue.handle(refused(&queue, item, 0), at(3)).is_empty(),
        "a late answer changes nothing"
    );
    assert!(matches!(queue.resume(at(4))[0], Command::Head { .. }));
}

#[test]
fn cancelling_throws_away_what_the_server_has() {
    let (mut queue, _) = queue_with(vec![file("large", 80 * MEBIBYTE), file("next", 1)]);
    let item = ItemId(0);
    queue.handle(made(&queue, item, 0), at(0));
    let ends = ends(&queue, item);
    let commands = queue.cancel(item, at(1));
    assert_eq!(commands[..ends.len()], ends);
    assert_eq!(
        commands[ends.len()..],
        [
            Command::Delete {
                volume: volume(),
                upload: "u".to_owned()
            },
            Command::Release { item }
        ]
    );
    queue.cancel_all(at(2));
    assert_eq!(states(&queue), [State::Cancelled, State::Cancelled]);
    queue.clear_finished();
    assert_eq!(queue.overview(3).rows, 0);
    assert_eq!(queue.overview(3).bytes, 0);
}

#[test]
fn volumes_take_turns() {
    let other = Target {
        volume_id: DataVolumeId(Uuid::from_u128(2)),
        ..target()
    };
    let mut queue = Queue::default();
    queue.batch_bytes = 1;
    queue.add(
        &target(),
        (0..5).map(|n| file(&n.to_string(), 1)).collect(),
        at(0),
    );
    queue.add(
        &other,
        (0..5).map(|n| file(&n.to_string(), 1)).collect(),
        at(0),
    );
    let mut commands = queue.handle(
        Event::Unfinished {
            volume: other.volume_id,
            uploads: vec![],
        },
        at(0),
    );
    assert_eq!(commands.len(), 3);
    queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads: vec![],
        },
        at(0),
    );
    commands = queue.handle(made(&queue, ItemId(5), 1), at(1));
    assert_eq!(created(&commands), [ItemId(0)]);
}

#[test]
fn a_hundred_thousand_files_are_no_burden() {
    let mut queue = Queue::default();
    let files = (0..100_000).map(|n| file(&format!("d/{n}"), 1)).collect();
    let commands = begin(&mut queue, files);
    serve(&mut queue, commands, 1);
    assert_eq!(queue.overview(2).stored_items, 100_000);
    assert_eq!(queue.rows(crate::Filter::Finished, 99_998, 10).count(), 2);
}

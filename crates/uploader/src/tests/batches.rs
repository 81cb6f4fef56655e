//! Many small files in one request.

use super::*;
use crate::Choice;

fn many(number: usize) -> Vec<Added> {
    (0..number).map(|n| file(&format!("d/{n}"), 10)).collect()
}

fn started(files: Vec<Added>) -> (Queue, Vec<Command>) {
    let mut queue = Queue::default();
    let commands = begin(&mut queue, files);
    (queue, commands)
}

/// The items of each batch.
fn batches(commands: &[Command]) -> Vec<Vec<u32>> {
    let batch = |command: &Command| match command {
        Command::SendBatch { files, .. } => Some(files.iter().map(|file| file.item.0).collect()),
        _ => None,
    };
    commands.iter().filter_map(batch).collect()
}

fn answered(queue: &Queue, item: u32, results: Vec<BatchResult>) -> Event {
    Event::BatchAnswered {
        request: on(queue, ItemId(item)),
        results,
    }
}

fn present(path: &str) -> BatchResult {
    BatchResult::Present {
        path: path.parse().unwrap(),
        blake3: "cd".repeat(32),
    }
}

fn file_refused(path: &str, code: u16) -> BatchResult {
    BatchResult::Refused {
        path: path.to_owned(),
        problem: Problem::new(code, format!("refused with {code}")),
    }
}

fn listed(entries: Vec<FileView>) -> Event {
    Event::Listed {
        volume: volume(),
        folder: "d".to_owned(),
        entries,
        next: None,
    }
}

#[test]
fn small_files_share_requests_within_bounds() {
    let (_, commands) = started(many(500));
    let sizes: Vec<usize> = batches(&commands).iter().map(Vec::len).collect();
    assert_eq!(sizes, [200, 200, 100]);
    let (_, commands) = started(
        (0..12)
            .map(|n| file(&format!("{n}"), 3 * MEBIBYTE))
            .collect(),
    );
    assert_eq!(
        batches(&commands),
        [vec![0, 1, 2, 3, 4], vec![5, 6, 7, 8, 9], vec![10, 11]],
        "sixteen mebibytes at most"
    );
}

#[test]
fn small_files_are_gathered_from_behind_large_ones_and_one_alone_is_no_batch() {
    let (queue, commands) = started(vec![
        file("small", 1),
        file("large", 80 * MEBIBYTE),
        file("tiny", 0),
        file("medium", 5 * MEBIBYTE),
    ]);
    assert_eq!(batches(&commands), [[0, 2]]);
    assert_eq!(created(&commands), [ItemId(1), ItemId(3)]);
    assert_eq!(queue.overview(0).items, 4);
    let (_, commands) = started(many(1));
    assert_eq!(created(&commands), [ItemId(0)]);
}

#[test]
fn folders_are_listed_once_a_file_turns_out_to_be_there() {
    let (mut queue, commands) = started(many(1_000));
    assert_eq!(batches(&commands).len(), 3);
    let all_there = (0..200).map(|n| present(&format!("d/{n}"))).collect();
    let commands = queue.handle(answered(&queue, 0, all_there), at(1));
    assert!(batches(&commands).is_empty(), "{commands:?}");
    let lists = |command: &&Command| matches!(command, Command::List { .. });
    assert_eq!(commands.iter().filter(lists).count(), 1);
    let there = (600..999).map(|n| stored_file(&n.to_string(), 10, MODIFIED_MS));
    let commands = queue.handle(listed(there.collect()), at(2));
    // The one that the list does not have.
    assert_eq!(created(&commands), [ItemId(999)]);
    let known = states(&queue).into_iter();
    assert_eq!(
        known.filter(|state| *state == State::AlreadyThere).count(),
        599
    );
}

#[test]
fn each_file_has_the_result_that_the_server_told() {
    let (mut queue, _) = started(many(6));
    let results = vec![
        stored("d/0"),
        present("d/1"),
        file_refused("d/2", 409),
        file_refused("d/3", 400),
        file_refused("d/4", 460),
        stored("d/5"),
    ];
    let commands = queue.handle(answered(&queue, 0, results), at(1));
    assert_eq!(
        states(&queue),
        [
            State::Done,
            State::AlreadyThere,
            State::Waiting,
            State::Failed("refused with 400".to_owned()),
            State::Waiting,
            State::Done,
        ]
    );
    let lists = |command: &Command| matches!(command, Command::List { .. });
    assert_eq!(commands.iter().filter(|command| lists(command)).count(), 1);
    let hash = queue.items[0]
        .stored_as
        .as_ref()
        .map(|stored| stored.blake3.len());
    assert_eq!(hash, Some(64));
    let there = vec![
        stored_file("1", 10, MODIFIED_MS),
        stored_file("2", 11, MODIFIED_MS),
    ];
    let commands = queue.handle(listed(there), at(2));
    assert_eq!(queue.items[2].state, State::Conflict);
    assert_eq!(
        created(&commands),
        [ItemId(4)],
        "damaged on the way: sent again"
    );
    serve(&mut queue, commands, 3);
    let commands = queue.decide(ItemId(2), Choice::KeepBoth, false, at(4));
    assert!(matches!(
        &commands[0],
        Command::Create {
            when_present: wire::WhenPresent::Rename,
            ..
        }
    ));
    assert_eq!(queue.overview(4).stored[0].files, 3);
}

#[test]
fn the_report_tells_what_was_stored_with_its_hash_and_what_was_not_and_why() {
    let (mut queue, _) = started(many(3));
    let hash = "ab".repeat(32);
    let renamed = BatchResult::Stored {
        path: "d/0 (2)".parse().unwrap(),
        blake3: hash.clone(),
    };
    let results = vec![renamed, file_refused("d/1", 400), stored("d/2")];
    queue.handle(answered(&queue, 0, results), at(1));
    let report = queue.report();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[1],
        format!("\"imagenet\",\"d/0 (2)\",stored,10,{hash},\"\"")
    );
    assert_eq!(
        lines[2],
        "\"imagenet\",\"d/1\",failed,10,,\"refused with 400\""
    );
}

#[test]
fn a_queue_that_runs_empty_while_a_folder_is_read_is_not_at_its_end() {
    let mut queue = Queue::default();
    queue.begin_reading(at(0));
    let commands = begin(&mut queue, many(2));
    let results = vec![file_refused("d/0", 409), stored("d/1")];
    queue.handle(answered(&queue, 0, results), at(1));
    queue.handle(listed(vec![stored_file("0", 9, 9)]), at(1));
    assert_eq!(queue.overview(1).condition, Condition::Running);
    let commands_for_all = queue.decide(ItemId(0), Choice::Replace, true, at(2));
    serve(&mut queue, commands_for_all, 2);
    assert_eq!(
        queue.overview(2).condition,
        Condition::Running,
        "{commands:?}"
    );
    let (_, commands) = queue.add(&target(), vec![file("e/2", 1), file("e/3", 1)], at(3));
    assert_eq!(batches(&commands), [[2, 3]]);
    queue.end_reading();
    assert_eq!(
        queue.standing_choice,
        Some(Choice::Replace),
        "asked once for the whole folder"
    );
    serve(&mut queue, commands, 4);
    let overview = queue.overview(4);
    assert_eq!(overview.condition, Condition::Finished);
    assert_eq!(overview.stored[0].files, 4);
}

#[test]
fn a_folder_that_is_there_already_is_looked_at_before_more_of_it_is_sent() {
    let (mut queue, commands) = started(many(2_000));
    let first = batches(&commands)[0].clone();
    let results = first.iter().map(|n| present(&format!("d/{n}"))).collect();
    let commands = queue.handle(answered(&queue, 0, results), at(1));
    assert!(
        matches!(commands[..200], [Command::List { .. }, ..]),
        "{commands:?}"
    );
    assert!(batches(&commands).is_empty());
    let there = (0..2_000)
        .map(|n| stored_file(&n.to_string(), 10, MODIFIED_MS))
        .collect();
    let commands = queue.handle(listed(there), at(2));
    assert!(batches(&commands).is_empty());
    assert_eq!(
        queue.overview(2).stored_items,
        1_600,
        "all but those on their way"
    );
}

#[test]
fn a_batch_whose_answer_was_lost_is_sent_again_and_counts_as_stored() {
    let (mut queue, _) = started(many(3));
    let commands = queue.handle(refused(&queue, ItemId(1), 0), at(0));
    assert!(batches(&commands).is_empty());
    assert_eq!(
        queue.overview(0).condition,
        Condition::Unreachable {
            retry_at_ms: 1_000,
            said: None
        }
    );
    queue.handle(Event::Returned, at(1));
    let none = Event::Unfinished {
        volume: volume(),
        uploads: vec![],
    };
    let commands = queue.handle(none, at(2));
    assert_eq!(batches(&commands)[0].len(), 3);
    let order = batches(&commands)[0].clone();
    let results = order.iter().map(|n| present(&format!("d/{n}"))).collect();
    assert!(!queue.handle(answered(&queue, 0, results), at(3)).is_empty());
    assert_eq!(queue.overview(3).condition, Condition::Finished);
    assert_eq!(states(&queue), [State::Done, State::Done, State::Done]);
}

#[test]
fn a_pause_ends_a_batch_and_going_on_sends_it_again_in_order() {
    let (mut queue, commands) = started(many(300));
    let batch = batches(&commands)[0].clone();
    let request = on(&queue, ItemId(0));
    queue.handle(
        Event::Progress {
            request,
            sent_bytes: 25,
        },
        at(1),
    );
    let in_flight: Vec<u64> = queue.items[..4]
        .iter()
        .map(|item| item.in_flight_bytes)
        .collect();
    assert_eq!(in_flight, [10, 10, 5, 0]);
    assert_eq!(queue.overview(1).in_flight_bytes, 25);
    assert_eq!(queue.pause(at(2)).len(), 2);
    assert_eq!(queue.overview(2).in_flight_bytes, 0);
    assert!(queue.handle(answered(&queue, 0, vec![]), at(3)).is_empty());
    assert_eq!(batches(&queue.resume(at(4)))[0], batch);
}

#[test]
fn cancelling_one_file_of_a_batch_sends_the_others_again() {
    let (mut queue, _) = started(many(3));
    let request = on(&queue, ItemId(1));
    let commands = queue.cancel(ItemId(1), at(1));
    assert_eq!(commands[0], Command::Abort { request });
    assert_eq!(batches(&commands), [[0, 2]]);
    assert_eq!(queue.items[1].state, State::Cancelled);
}

#[test]
fn a_file_that_changed_fails_by_its_name_and_its_batch_is_sent_without_it() {
    let (mut queue, _) = started(many(3));
    let request = on(&queue, ItemId(0));
    let items = vec![ItemId(2)];
    let commands = queue.handle(Event::FileChanged { request, items }, at(1));
    assert_eq!(batches(&commands), [[0, 1]]);
    assert!(matches!(queue.items[2].state, State::Failed(_)));
}

#[test]
fn a_proxy_that_takes_little_gets_smaller_batches_and_in_the_end_single_files() {
    let (mut queue, mut commands) = started(many(2));
    let mut tries = 0;
    while !batches(&commands).is_empty() {
        tries += 1;
        assert!(tries < 10, "for ever");
        commands = queue.handle(refused(&queue, ItemId(0), 413), at(tries));
    }
    assert_eq!(created(&commands), [ItemId(0), ItemId(1)]);
}

#[test]
fn a_right_that_is_taken_away_and_a_full_volume_concern_the_whole_batch() {
    let (mut queue, _) = started(many(3));
    queue.handle(refused(&queue, ItemId(0), 507), at(1));
    assert_eq!(queue.overview(1).condition, Condition::NoRoom);
    let commands = queue.try_room_again(volume(), at(2));
    assert_eq!(batches(&commands), [[0, 1, 2]]);
    let commands = queue.handle(refused(&queue, ItemId(0), 401), at(3));
    assert!(commands.is_empty());
    assert_eq!(queue.overview(3).condition, Condition::SignedOut);
    queue.handle(Event::Returned, at(4));
    queue.handle(refused(&queue, ItemId(0), 403), at(5));
    assert_eq!(queue.overview(5).failed, 3);
}

#[test]
fn what_is_found_is_told_until_the_last_of_two_drops_is_read() {
    let mut queue = Queue::default();
    assert_eq!(queue.found(), None);
    queue.begin_reading(at(0));
    queue.begin_reading(at(0));
    queue.add(&target(), vec![file("a", 1), file("b", 1)], at(1));
    queue.end_reading();
    queue.add(&target(), vec![file("c", 1)], at(2));
    assert_eq!(queue.found(), Some(3));
    queue.end_reading();
    assert_eq!(queue.found(), None);
    queue.begin_reading(at(3));
    assert_eq!(queue.found(), Some(0));
}

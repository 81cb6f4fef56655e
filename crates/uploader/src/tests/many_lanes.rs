//! A large file by several requests at once.

use std::ops::Range;

use super::*;

fn started(size_bytes: u64) -> (Queue, Vec<Command>) {
    let (mut queue, commands) = queue_with(vec![file("large", size_bytes)]);
    assert!(matches!(
        commands[0],
        Command::Create {
            takes_lanes: true,
            is_with_content: false,
            ..
        }
    ));
    let commands = queue.handle(made(&queue, ItemId(0), 0), at(0));
    (queue, commands)
}

fn slices(commands: &[Command]) -> Vec<(RequestId, Range<u64>)> {
    let slice = |command: &Command| match command {
        Command::Patch {
            request,
            offset_bytes,
            length_bytes,
            ..
        } => Some((*request, *offset_bytes..offset_bytes + length_bytes)),
        _ => None,
    };
    commands.iter().filter_map(slice).collect()
}

fn took(request: RequestId, offset_bytes: u64) -> Event {
    Event::Acknowledged {
        request,
        offset_bytes,
        extents: None,
        stored_as: None,
    }
}

fn told(request: RequestId, extents: Vec<Range<u64>>) -> Event {
    Event::Acknowledged {
        request,
        offset_bytes: 0,
        extents: Some(extents),
        stored_as: None,
    }
}

#[test]
fn a_large_file_is_sent_by_several_requests_that_share_nothing() {
    let (mut queue, commands) = started(200 * MEBIBYTE);
    let mut line = slices(&commands);
    assert_eq!(line.len(), 3);
    let mut sent = Vec::new();
    let mut now = 0;
    // The newest is answered first.
    while let Some((request, range)) = line.pop() {
        now += 3_000;
        sent.push(range.clone());
        line.extend(slices(&queue.handle(took(request, range.end), at(now))));
    }
    sent.sort_by_key(|range| range.start);
    assert!(
        sent.windows(2).all(|pair| pair[0].end == pair[1].start),
        "{sent:?}"
    );
    assert_eq!(
        (sent[0].start, sent.last().unwrap().end),
        (0, 200 * MEBIBYTE)
    );
    assert_eq!(states(&queue), [State::Done]);
}

#[test]
fn other_files_go_first_and_lanes_are_added_where_none_waits() {
    let (mut queue, _) = queue_with(vec![
        file("large", 200 * MEBIBYTE),
        file("b", 1),
        file("c", 1),
        file("d", 1),
    ]);
    let commands = queue.handle(made(&queue, ItemId(0), 0), at(0));
    assert_eq!(slices(&commands).len(), 1, "two others are on their way");
    let commands = queue.handle(made(&queue, ItemId(1), 1), at(1));
    assert_eq!(created(&commands), [ItemId(3)]);
    let commands = queue.handle(made(&queue, ItemId(2), 1), at(1));
    assert_eq!(slices(&commands).len(), 1);
    assert_eq!(queue.ranges_of(ItemId(0)).len(), 2);
}

#[test]
fn after_a_cut_the_server_is_asked_and_only_the_gaps_are_sent() {
    let (mut queue, commands) = started(200 * MEBIBYTE);
    let line = slices(&commands);
    let (second, range) = line[1].clone();
    queue.handle(took(second, range.end), at(3_000));
    let before = queue.overview(3_000).acknowledged_bytes;
    assert_eq!(before, range.end - range.start);
    let others = queue.requests.len() - 1;
    let commands = queue.handle(refused(&queue, ItemId(0), 0), at(4_000));
    let ended = commands
        .iter()
        .filter(|command| matches!(command, Command::Abort { .. }));
    assert_eq!(
        ended.count(),
        others,
        "nobody asks while lanes are at work: {commands:?}"
    );
    assert_eq!(queue.overview(4_000).in_flight_bytes, 0);
    let commands = queue.handle(Event::Returned, at(5_000));
    assert!(
        matches!(commands[..], [Command::Head { .. }]),
        "{commands:?}"
    );
    let stored = vec![0..MEBIBYTE, range.clone()];
    let commands = queue.handle(told(on(&queue, ItemId(0)), stored), at(6_000));
    let line = slices(&commands);
    assert_eq!(line[0].1, MEBIBYTE..range.start);
    assert_eq!(line[1].1.start, range.end);
    assert_eq!(queue.overview(6_000).acknowledged_bytes, before + MEBIBYTE);
}

#[test]
fn progress_of_all_lanes_counts() {
    let (mut queue, commands) = started(200 * MEBIBYTE);
    for (request, _) in slices(&commands) {
        queue.handle(
            Event::Progress {
                request,
                sent_bytes: MEBIBYTE,
            },
            at(1),
        );
    }
    assert_eq!(queue.items[0].in_flight_bytes, 3 * MEBIBYTE);
    assert_eq!(queue.overview(1).in_flight_bytes, 3 * MEBIBYTE);
    let (first, range) = slices(&commands)[0].clone();
    queue.handle(took(first, range.end), at(2));
    assert_eq!(queue.items[0].in_flight_bytes, 2 * MEBIBYTE);
}

#[test]
fn a_pause_ends_all_lanes_and_cancelling_throws_the_upload_away() {
    let (mut queue, _) = started(200 * MEBIBYTE);
    assert_eq!(queue.pause(at(1)).len(), 3);
    assert!(matches!(queue.resume(at(2))[..], [Command::Head { .. }]));
    queue.handle(told(on(&queue, ItemId(0)), vec![]), at(3));
    let commands = queue.cancel(ItemId(0), at(4));
    let deletes = |command: &Command| matches!(command, Command::Delete { .. });
    assert!(commands.iter().any(deletes), "{commands:?}");
    assert!(queue.requests.is_empty());
}

#[test]
fn an_upload_of_an_earlier_page_goes_on_at_its_gaps() {
    let mut queue = Queue::default();
    queue.add(&target(), vec![file("a", 200 * MEBIBYTE)], at(0));
    let earlier = UnfinishedUpload {
        takes_lanes: true,
        ..unfinished("u1", "a", 200 * MEBIBYTE, 16 * MEBIBYTE)
    };
    let uploads = vec![earlier];
    let commands = queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads,
        },
        at(0),
    );
    assert!(
        matches!(&commands[0], Command::Head { upload, .. } if upload == "u1"),
        "{commands:?}"
    );
    let stored = vec![0..16 * MEBIBYTE, 48 * MEBIBYTE..200 * MEBIBYTE];
    let commands = queue.handle(told(on(&queue, ItemId(0)), stored), at(1));
    let sent: u64 = slices(&commands)
        .iter()
        .map(|(_, range)| range.end - range.start)
        .sum();
    assert_eq!(sent, 32 * MEBIBYTE, "all gaps, and nothing else");
}

#[test]
fn bytes_that_were_damaged_on_their_way_are_sent_again() {
    let (mut queue, _) = started(200 * MEBIBYTE);
    let commands = queue.handle(refused(&queue, ItemId(0), 460), at(1));
    assert!(
        commands
            .iter()
            .any(|command| matches!(command, Command::Head { .. })),
        "{commands:?}"
    );
    let commands = queue.handle(told(on(&queue, ItemId(0)), vec![]), at(2));
    assert_eq!(slices(&commands)[0].1.start, 0);
}

#[test]
fn a_queue_that_keeps_the_order_sends_a_file_by_one_request_at_a_time() {
    let mut queue = Queue::in_order();
    let commands = begin(&mut queue, vec![file("a", 200 * MEBIBYTE)]);
    let takes_lanes = |command: &Command| {
        matches!(
            command,
            Command::Create {
                takes_lanes: true,
                ..
            }
        )
    };
    assert!(!commands.iter().any(takes_lanes), "{commands:?}");
}

//! Refusals, cuts and full disks.

use super::*;

#[test]
fn a_cut_is_retried_later_and_from_what_the_server_has() {
    let (mut queue, _) = queue_with(vec![file("large", 80 * MEBIBYTE), file("next", 1)]);
    let item = ItemId(0);
    queue.handle(made(&queue, item, 0), at(0));
    let commands = but_ends(queue.handle(refused(&queue, item, 0), at(1_000)));
    assert_eq!(commands, [Command::WakeAt { at_ms: 2_000 }]);
    assert_eq!(
        queue.items[0].state,
        State::Interrupted { retry_at_ms: 2_000 }
    );
    queue.handle(refused(&queue, ItemId(1), 0), at(1_000));
    assert_eq!(
        queue.overview(1_000).condition,
        Condition::Unreachable {
            retry_at_ms: 2_000,
            said: None
        }
    );
    queue.handle(Event::Tick, at(2_000));
    let commands = queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads: vec![],
        },
        at(2_001),
    );
    assert!(
        commands
            .iter()
            .any(|command| matches!(command, Command::Head { .. })),
        "{commands:?}"
    );
    let commands = queue.handle(acknowledged(&queue, item, MEBIBYTE), at(2_100));
    assert!(matches!(
        commands[0],
        Command::Patch {
            offset_bytes: MEBIBYTE,
            ..
        }
    ));
}

#[test]
fn a_network_that_comes_back_is_used_at_once() {
    let (mut queue, _) = queue_with((0..6).map(|n| file(&n.to_string(), 1)).collect());
    for n in 0..3 {
        assert!(
            created(&queue.handle(refused(&queue, ItemId(n), 0), at(10))).is_empty(),
            "nothing new is begun"
        );
    }
    let commands = queue.handle(Event::Returned, at(20));
    // The lost answers may have named uploads: asked before anything is sent twice.
    assert_eq!(commands, [Command::AskUnfinished { volume: volume() }]);
    let commands = queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads: vec![],
        },
        at(21),
    );
    assert_eq!(created(&commands).len(), 3);
}

#[test]
fn a_file_whose_answer_was_lost_counts_as_stored() {
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 0), at(0));
    queue.handle(Event::Returned, at(1));
    queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads: vec![],
        },
        at(2),
    );
    queue.handle(refused(&queue, ItemId(0), 409), at(3));
    let entries = vec![stored_file("a", 1, MODIFIED_MS)];
    queue.handle(
        Event::Listed {
            volume: volume(),
            folder: String::new(),
            entries,
            next: None,
        },
        at(4),
    );
    assert_eq!(states(&queue), [State::Done]);
    assert_eq!(queue.overview(5).stored[0].files, 1);
}

#[test]
fn a_busy_console_is_given_the_time_it_asks_for() {
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    let busy = Problem::new(503, "busy");
    let event = Event::Refused {
        request: on(&queue, ItemId(0)),
        problem: busy,
        retry_after_ms: Some(7_000),
        upload: None,
    };
    assert_eq!(
        queue.handle(event, at(1_000)),
        [Command::WakeAt { at_ms: 8_000 }]
    );
}

#[test]
fn what_is_away_is_told_in_the_words_of_who_answered() {
    let said = |queue: &Queue| match queue.overview(1_000).condition {
        Condition::Unreachable { said, .. } => said,
        other => panic!("{other:?}"),
    };
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 503), at(1_000));
    assert_eq!(said(&queue).as_deref(), Some("refused with 503"));
    // The question that follows is not answered at all.
    for (code, words) in [(0, None), (503, Some("the cluster is away"))] {
        let asked = queue.handle(Event::Returned, at(1_000));
        assert_eq!(asked, [Command::AskUnfinished { volume: volume() }]);
        let problem = Problem::new(code, "the cluster is away");
        let refused = Event::UnfinishedRefused {
            volume: volume(),
            problem,
        };
        queue.handle(refused, at(1_000));
        assert_eq!(said(&queue).as_deref(), words);
    }
}

#[test]
fn signing_out_holds_everything_and_signing_in_goes_on() {
    let (mut queue, _) = queue_with(vec![file("a", 1), file("b", 1)]);
    let request = on(&queue, ItemId(1));
    let commands = queue.handle(refused(&queue, ItemId(0), 401), at(0));
    assert_eq!(commands, [Command::Abort { request }]);
    assert_eq!(queue.overview(1).condition, Condition::SignedOut);
    assert_eq!(queue.shown_state(&queue.items[0]), State::Paused);
    assert_eq!(created(&queue.handle(Event::Returned, at(2))).len(), 2);
}

#[test]
fn a_right_that_is_taken_away_ends_all_of_that_volume() {
    let (mut queue, _) = queue_with((0..9).map(|n| file(&n.to_string(), 1)).collect());
    let others = [1, 2].map(|n| on(&queue, ItemId(n)));
    let commands = queue.handle(refused(&queue, ItemId(0), 403), at(0));
    assert_eq!(commands, [Command::AskUnfinished { volume: volume() }]);
    let problem = Problem::new(403, "you may not upload here");
    let commands = queue.handle(
        Event::UnfinishedRefused {
            volume: volume(),
            problem,
        },
        at(0),
    );
    assert_eq!(commands, others.map(|request| Command::Abort { request }));
    assert_eq!(queue.overview(1).failed, 9);
    assert_eq!(
        queue.items[8].state,
        State::Failed("you may not upload here".to_owned())
    );
    assert_eq!(
        queue.retry_failed(at(2)),
        [Command::AskUnfinished { volume: volume() }]
    );
}

#[test]
fn a_path_that_cannot_be_made_fails_alone() {
    let (mut queue, _) = queue_with((0..4).map(|n| file(&n.to_string(), 1)).collect());
    queue.handle(refused(&queue, ItemId(0), 404), at(0));
    let commands = queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads: vec![],
        },
        at(0),
    );
    assert_eq!(created(&commands), [ItemId(3)]);
    assert_eq!(queue.overview(1).failed, 1);
}

#[test]
fn an_upload_that_a_full_volume_kept_goes_on_where_it_stopped() {
    let (mut queue, _) = queue_with(vec![file("a", MEBIBYTE)]);
    let (item, problem) = (ItemId(0), Problem::new(507, "full"));
    let upload = Some("u".to_owned());
    queue.handle(
        Event::Refused {
            request: on(&queue, item),
            problem,
            retry_after_ms: None,
            upload,
        },
        at(0),
    );
    let commands = queue.try_room_again(volume(), at(1));
    assert_eq!(
        commands,
        [Command::Head {
            request: on(&queue, item),
            item,
            volume: volume(),
            upload: "u".to_owned()
        }]
    );
}

#[test]
fn a_full_volume_waits_with_the_servers_words_and_others_go_on() {
    let other = Target {
        volume_id: DataVolumeId(Uuid::from_u128(2)),
        ..target()
    };
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 507), at(0));
    assert_eq!(queue.overview(0).condition, Condition::NoRoom);
    assert_eq!(
        queue.overview(0).no_room,
        [(volume(), "refused with 507".to_owned())]
    );
    queue.add(&other, vec![file("b", 1)], at(1));
    let commands = queue.handle(
        Event::Unfinished {
            volume: other.volume_id,
            uploads: vec![],
        },
        at(1),
    );
    assert_eq!(created(&commands), [ItemId(1)]);
    assert_eq!(created(&queue.try_room_again(volume(), at(2))), [ItemId(0)]);
}

#[test]
fn a_file_that_changed_fails_with_its_name_and_the_rest_goes_on() {
    let (mut queue, _) = queue_with(vec![file("a", 80 * MEBIBYTE), file("b", 1)]);
    let item = ItemId(0);
    queue.handle(made(&queue, item, 0), at(0));
    let commands = queue.handle(
        Event::FileChanged {
            request: on(&queue, item),
            items: vec![item],
        },
        at(1),
    );
    assert!(matches!(but_ends(commands)[0], Command::Delete { .. }));
    assert!(matches!(queue.items[0].state, State::Failed(_)));
    assert_eq!(queue.items[1].state, State::Sending);
}

#[test]
fn an_upload_that_was_swept_away_is_sent_again_from_its_beginning() {
    let (mut queue, _) = queue_with(vec![file("a", 80 * MEBIBYTE)]);
    let item = ItemId(0);
    queue.handle(made(&queue, item, MEBIBYTE), at(0));
    assert_eq!(
        created(&queue.handle(refused(&queue, item, 410), at(1))),
        [item]
    );
    assert_eq!(queue.overview(1).acknowledged_bytes, 0);
}

#[test]
fn a_server_that_contradicts_itself_is_not_asked_for_ever() {
    let (mut queue, _) = queue_with(vec![file("a", 80 * MEBIBYTE)]);
    let item = ItemId(0);
    for round in 0..20 {
        queue.handle(made(&queue, item, 0), at(round));
        queue.handle(refused(&queue, item, 404), at(round));
    }
    assert!(matches!(queue.items[0].state, State::Failed(_)));
}

#[test]
fn a_file_that_is_too_large_fails_and_may_be_tried_again() {
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 413), at(0));
    assert_eq!(queue.overview(0).failed, 1);
    assert_eq!(queue.to_remember()[0].file_count, 1, "still to be had");
    assert_eq!(created(&queue.retry(ItemId(0), at(1))), [ItemId(0)]);
}

#[test]
fn a_paused_queue_does_not_wake_by_itself() {
    let (mut queue, _) = queue_with(vec![file("a", 1), file("b", 1)]);
    queue.handle(refused(&queue, ItemId(0), 0), at(0));
    let request = on(&queue, ItemId(1));
    assert_eq!(queue.pause(at(1)), [Command::Abort { request }]);
    assert!(queue.handle(Event::Tick, at(9_000)).is_empty());
}

//! After a reload.

use super::*;
use crate::{Filter, Remembered, Seen, Wish};

fn left_behind() -> Remembered {
    Remembered {
        volume_id: volume(),
        volume_name: "imagenet".to_owned(),
        folder: VolumePath::root(),
        file_count: 2,
        has_handles: false,
        left_out: vec![],
    }
}

#[test]
fn the_same_file_goes_on_where_the_server_is() {
    let mut queue = Queue::default();
    assert_eq!(
        queue.take_over(vec![left_behind()]),
        [Command::AskUnfinished { volume: volume() }]
    );
    let uploads = vec![
        unfinished("u1", "d/a", 80 * MEBIBYTE, 5 * MEBIBYTE),
        unfinished("u2", "d/b", 10 * MEBIBYTE, 1),
    ];
    queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads,
        },
        at(0),
    );
    assert_eq!(queue.left_behind(), [left_behind()]);
    let changed = Added {
        modified_ms: MODIFIED_MS + 1,
        ..file("d/b", 10 * MEBIBYTE)
    };
    let (_, commands) = queue.add(&target(), vec![file("d/a", 80 * MEBIBYTE), changed], at(1));
    assert!(queue.left_behind().is_empty());
    assert!(
        matches!(&commands[0], Command::Patch { upload, offset_bytes, .. } if upload == "u1" && *offset_bytes == 5 * MEBIBYTE),
        "{commands:?}"
    );
    assert!(
        matches!(&commands[1], Command::Create { .. }),
        "another file of that name begins anew"
    );
}

#[test]
fn what_was_left_behind_is_remembered_until_it_is_settled() {
    let mut queue = Queue::default();
    queue.take_over(vec![left_behind()]);
    assert_eq!(queue.to_remember(), [left_behind()]);
    let uploads = vec![unfinished("u1", "a", 10, 5)];
    queue.handle(
        Event::Unfinished {
            volume: volume(),
            uploads,
        },
        at(0),
    );
    let commands = queue.discard(&left_behind());
    assert_eq!(
        commands,
        [Command::Delete {
            volume: volume(),
            upload: "u1".to_owned()
        }]
    );
    assert!(queue.to_remember().is_empty());
}

#[test]
fn uploads_of_a_page_that_is_gone_later_are_asked_for_again() {
    let ask = [Command::AskUnfinished { volume: volume() }];
    let none_left_by_anybody = Event::Unfinished {
        volume: volume(),
        uploads: vec![],
    };
    let mut queue = Queue::default();
    assert_eq!(queue.take_over(vec![left_behind()]), ask);
    assert!(queue.take_over(vec![left_behind()]).is_empty());
    queue.handle(none_left_by_anybody, at(0));
    assert_eq!(queue.take_over(vec![left_behind()]), ask);
}

#[test]
fn a_volume_that_is_gone_is_forgotten() {
    let mut queue = Queue::default();
    queue.take_over(vec![left_behind()]);
    let gone = Event::UnfinishedRefused {
        volume: volume(),
        problem: Problem::new(404, "no such volume"),
    };
    queue.handle(gone, at(0));
    assert!(queue.to_remember().is_empty());
}

#[test]
fn files_that_are_on_their_way_are_remembered_with_their_folder() {
    let mut queue = Queue::default();
    let folder = Target {
        folder: "raw".parse().unwrap(),
        ..target()
    };
    queue.add(&folder, vec![file("a", 1), file("b", 1)], at(0));
    let remembered = queue.to_remember();
    assert_eq!(
        (remembered[0].folder.as_str(), remembered[0].file_count),
        ("raw", 2)
    );
    assert_eq!(&*queue.items[0].path, "raw/a");
}

#[test]
fn what_is_read_again_is_looked_for_before_it_is_sent() {
    let mut queue = Queue::default();
    let left = left_behind();
    queue.take_over(vec![left.clone()]);
    let none = Event::Unfinished {
        volume: volume(),
        uploads: vec![],
    };
    queue.handle(none, at(0));
    queue.begin_reading(at(1));
    queue.begin_going_on(&left);
    let (_, commands) = queue.add(&target(), vec![file("d/a", 1), file("new/b", 1)], at(1));
    let list = |folder: &str| Command::List {
        volume: volume(),
        folder: folder.to_owned(),
        offset: 0,
    };
    assert_eq!(commands, [list("d"), list("new")]);
    let there = Event::Listed {
        volume: volume(),
        folder: "d".to_owned(),
        entries: vec![stored_file("a", 1, MODIFIED_MS)],
        next: None,
    };
    assert_eq!(
        queue.handle(there, at(2)),
        [Command::Release { item: ItemId(0) }]
    );
    let not_there = Event::ListRefused {
        volume: volume(),
        folder: "new".to_owned(),
        problem: Problem::new(404, "no such folder"),
    };
    let commands = queue.handle(not_there, at(2));
    assert_eq!(created(&commands), [ItemId(1)]);
}

#[test]
fn what_was_taken_out_is_remembered_until_it_is_added_again() {
    let (mut queue, _) = queue_with(vec![file("a", 1), file("b", 1)]);
    queue.wish(&Wish::Cancel(ItemId(0)), at(1));
    assert_eq!(queue.to_remember()[0].left_out, ["a"]);
    queue.add(&target(), vec![file("a", 1)], at(2));
    assert!(queue.to_remember()[0].left_out.is_empty());
}

#[test]
fn a_page_is_told_of_the_rows_that_it_looks_at_and_of_no_others() {
    let names = (0..50).map(|number| file(&number.to_string(), 1));
    let (queue, _) = queue_with(names.collect());
    let seen = Seen {
        filter: Filter::All,
        offset: 10,
        limit: 3,
    };
    let view = queue.view(seen, 1);
    let paths: Vec<&str> = view.list.rows.iter().map(|row| row.path.as_str()).collect();
    assert_eq!((view.list.total, paths), (50, vec!["10", "11", "12"]));
    assert_eq!(view.list.rows[0].position, 10);
    let told = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<crate::View>(&told).unwrap(), view);
    assert!(queue.view(Seen::default(), 1).list.rows.is_empty());
}

#[test]
fn a_place_that_is_new_or_lost_its_handles_is_not_known_yet() {
    let mut queue = Queue::default();
    assert!(queue.is_known_by(&[]));
    queue.note_handles(&target(), true);
    queue.add(&target(), vec![file("a", 1)], at(0));
    assert!(!queue.is_known_by(&[]));
    let known = queue.to_remember();
    queue.add(&target(), vec![file("b", 1)], at(0));
    assert!(queue.is_known_by(&known));
    queue.note_handles(&target(), false);
    assert!(!queue.is_known_by(&known));
}

#[test]
fn one_press_goes_on_only_where_it_finds_all_files() {
    let remembered = |ways: &[bool]| {
        let mut queue = Queue::default();
        for (number, are_kept) in ways.iter().enumerate() {
            queue.note_handles(&target(), *are_kept);
            queue.add(&target(), vec![file(&format!("d/{number}"), 1)], at(0));
        }
        queue.to_remember()[0].has_handles
    };
    assert!(remembered(&[true]));
    assert!(remembered(&[true, true]));
    assert!(!remembered(&[false]));
    assert!(!remembered(&[true, false]));
    assert!(!remembered(&[false, true]));
}

//! After a reload.

use super::*;
use crate::Remembered;

fn left_behind() -> Remembered {
    Remembered {
        volume_id: volume(),
        volume_name: "imagenet".to_owned(),
        folder: VolumePath::root(),
        file_count: 2,
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

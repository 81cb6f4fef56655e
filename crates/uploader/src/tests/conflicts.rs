//! Names that are taken.

use super::*;
use crate::Choice;

fn folder_listed(entries: Vec<FileView>) -> Event {
    Event::Listed {
        volume: volume(),
        folder: String::new(),
        entries,
        next: None,
    }
}

#[test]
fn a_folder_is_listed_once_and_what_is_the_same_is_not_sent() {
    let (mut queue, _) = queue_with(vec![file("a", 1), file("b", 2), file("c", 3), file("d", 4)]);
    let listing = queue.handle(refused(&queue, ItemId(0), 409), at(1));
    assert_eq!(
        listing,
        [Command::List {
            volume: volume(),
            folder: String::new(),
            offset: 0
        }]
    );
    assert!(
        queue
            .handle(refused(&queue, ItemId(1), 409), at(1))
            .is_empty()
    );
    assert!(
        queue
            .handle(refused(&queue, ItemId(2), 409), at(1))
            .is_empty()
    );
    let entries = vec![
        stored_file("a", 1, MODIFIED_MS),
        stored_file("b", 2, MODIFIED_MS + 1),
        stored_file("c", 30, MODIFIED_MS),
    ];
    let commands = queue.handle(folder_listed(entries), at(2));
    assert_eq!(
        states(&queue),
        [
            State::AlreadyThere,
            State::Conflict,
            State::Conflict,
            State::Sending
        ]
    );
    assert_eq!(created(&commands), [ItemId(3)]);
    serve(&mut queue, commands, 3);
    assert_eq!(queue.overview(3).condition, Condition::Undecided);
    assert_eq!(queue.first_conflict().unwrap().name(), "b");
}

#[test]
fn a_long_listing_is_read_to_its_end() {
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 409), at(1));
    let page = Event::Listed {
        volume: volume(),
        folder: String::new(),
        entries: vec![],
        next: Some(500),
    };
    let commands = queue.handle(page, at(1));
    assert_eq!(
        commands,
        [Command::List {
            volume: volume(),
            folder: String::new(),
            offset: 500
        }]
    );
    queue.handle(folder_listed(vec![stored_file("a", 1, MODIFIED_MS)]), at(2));
    assert_eq!(states(&queue), [State::AlreadyThere]);
}

#[test]
fn one_answer_settles_all_conflicts_and_those_to_come() {
    let files = vec![
        file("a", 1),
        file("b", 1),
        file("c", 1),
        file("d", 1),
        file("e", 1),
    ];
    let (mut queue, _) = queue_with(files);
    queue.handle(refused(&queue, ItemId(0), 409), at(1));
    let entries = ["a", "b", "e"].map(|name| stored_file(name, 9, 9)).to_vec();
    queue.handle(folder_listed(entries), at(2));
    assert_eq!(queue.overview(2).conflicts, 1);
    let commands = queue.decide(ItemId(0), Choice::Replace, true, at(3));
    assert!(commands.is_empty(), "three are on their way: {commands:?}");
    let commands = queue.handle(refused(&queue, ItemId(1), 409), at(4));
    assert!(
        matches!(
            &commands[0],
            Command::Create {
                when_present: wire::WhenPresent::Yes,
                ..
            }
        ),
        "asked once: {commands:?}"
    );
    assert_eq!(queue.overview(4).conflicts, 0);
}

#[test]
fn a_skipped_file_leaves_what_is_there() {
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 409), at(1));
    queue.handle(folder_listed(vec![stored_file("a", 9, 9)]), at(2));
    let commands = queue.decide(ItemId(0), Choice::Skip, false, at(3));
    assert_eq!(commands, [Command::Release { item: ItemId(0) }]);
    assert_eq!(queue.overview(3).condition, Condition::Finished);
}

#[test]
fn a_name_that_is_taken_while_the_file_is_sent_is_a_conflict_too() {
    let (mut queue, _) = queue_with(vec![file("large", 80 * MEBIBYTE)]);
    let item = ItemId(0);
    queue.handle(made(&queue, item, 64 * MEBIBYTE), at(0));
    let commands = but_ends(queue.handle(refused(&queue, item, 409), at(1)));
    assert!(matches!(commands[..], [Command::Head { .. }]));
    let commands = queue.handle(acknowledged(&queue, item, 64 * MEBIBYTE), at(2));
    assert!(matches!(commands[0], Command::Patch { .. }));
    let commands = but_ends(queue.handle(refused(&queue, item, 409), at(3)));
    assert!(
        matches!(commands[..], [Command::Delete { .. }, Command::List { .. }]),
        "{commands:?}"
    );
    queue.handle(folder_listed(vec![stored_file("large", 9, 9)]), at(4));
    assert_eq!(states(&queue), [State::Conflict]);
}

#[test]
fn a_409_that_no_listing_explains_says_the_servers_words() {
    let (mut queue, _) = queue_with(vec![file("a", 1)]);
    queue.handle(refused(&queue, ItemId(0), 409), at(1));
    let commands = queue.handle(folder_listed(vec![]), at(2));
    assert_eq!(
        created(&commands),
        [ItemId(0)],
        "it went away meanwhile: tried once more"
    );
    queue.handle(refused(&queue, ItemId(0), 409), at(3));
    assert_eq!(
        states(&queue),
        [State::Failed("refused with 409".to_owned())]
    );
}

#[test]
fn a_file_that_came_after_its_folder_was_listed_is_found() {
    let (mut queue, _) = queue_with(vec![file("a", 1), file("b", 2)]);
    queue.handle(refused(&queue, ItemId(0), 409), at(1));
    queue.handle(folder_listed(vec![stored_file("a", 1, MODIFIED_MS)]), at(2));
    let commands = queue.handle(refused(&queue, ItemId(1), 409), at(3));
    assert!(
        matches!(commands[..], [Command::List { .. }]),
        "{commands:?}"
    );
    let entries = ["a", "b"].map(|name| stored_file(name, 2, MODIFIED_MS));
    queue.handle(folder_listed(entries.to_vec()), at(4));
    assert_eq!(states(&queue), [State::AlreadyThere, State::AlreadyThere]);
}

#[test]
fn a_folder_that_is_there_is_no_conflict() {
    let (mut queue, commands) = queue_with(vec![Added {
        kind: ItemKind::Folder,
        ..file("empty", 0)
    }]);
    assert!(matches!(commands[0], Command::MakeFolder { .. }));
    queue.handle(refused(&queue, ItemId(0), 409), at(1));
    assert_eq!(states(&queue), [State::AlreadyThere]);
}

//! `kill -9` for real: this program serves a volume in one process and kills it from another.
//!
//! What was answered must be there after the next start, and what is there must be whole.

mod client;
mod server;

use std::path::Path;
use std::sync::Mutex;

use libtest_mimic::{Arguments, Failed, Trial};

use client::{Server, content};

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("serve") {
        let folder = arguments.next().expect("a folder");
        return server::serve(Path::new(&folder));
    }
    let trials = vec![
        Trial::test(
            "an_answered_offset_survives_a_kill",
            an_answered_offset_survives_a_kill,
        ),
        Trial::test(
            "a_file_that_was_answered_is_there_and_none_is_half",
            a_file_that_was_answered_is_there_and_none_is_half,
        ),
        Trial::test(
            "an_answered_piece_of_a_lane_survives_a_kill",
            an_answered_piece_of_a_lane_survives_a_kill,
        ),
        Trial::test(
            "a_kill_in_the_middle_of_a_long_request_loses_little",
            a_kill_in_the_middle_of_a_long_request_loses_little,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

const ROUNDS: usize = 12;

fn an_answered_offset_survives_a_kill() -> Result<(), Failed> {
    const SIZE: usize = 6 << 20;
    let folder = tempfile::tempdir()?;
    let content = content(SIZE);
    let mut server = Server::start(folder.path());
    let upload = server.begin("f", SIZE);
    let mut answered = 0;
    for round in 0..ROUNDS {
        let killer = server.killer_after(1 + round as u64 * 3);
        let mut sent = answered;
        while sent + 1 < SIZE {
            let step = (10_000 + round * 7_919).min(SIZE - 1 - sent);
            match server.patch(&upload, sent, &content[sent..sent + step]) {
                Some(204) => {
                    sent += step;
                    answered = sent;
                }
                Some(status) => return Err(format!("status {status} at {sent}").into()),
                None => break,
            }
        }
        killer.join().expect("the killer");
        server = Server::start(folder.path());
        let offset = server.offset(&upload);
        if offset < answered {
            return Err(format!(
                "round {round}: {answered} bytes were answered, {offset} are left"
            )
            .into());
        }
        let part = std::fs::read(staged(folder.path(), ".part"))?;
        if part.len() < offset || part[..offset] != content[..offset] {
            return Err(format!("round {round}: what is stored is not what was sent").into());
        }
        answered = offset;
    }
    assert_eq!(
        server.patch(&upload, answered, &content[answered..]),
        Some(204)
    );
    assert_eq!(std::fs::read(folder.path().join("f"))?, content);
    Ok(())
}

fn an_answered_piece_of_a_lane_survives_a_kill() -> Result<(), Failed> {
    const SIZE: usize = 6 << 20;
    const STEP: usize = 64 << 10;
    const LANES: usize = 3;
    let folder = tempfile::tempdir()?;
    let content = content(SIZE);
    let mut server = Server::start(folder.path());
    let upload = server.begin_lanes("f", SIZE);
    let mut missing: Vec<usize> = (0..SIZE).step_by(STEP).rev().collect();
    for round in 0..200 {
        let killer = server.killer_after(2 + round * 5);
        let waiting = Mutex::new(std::mem::take(&mut missing));
        let answered = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..LANES {
                scope.spawn(|| {
                    loop {
                        let Some(from) = waiting.lock().expect("nobody panicked").pop() else {
                            return;
                        };
                        let piece = &content[from..from + STEP];
                        if server.patch(&upload, from, piece) != Some(204) {
                            return;
                        }
                        answered.lock().expect("nobody panicked").push(from);
                    }
                });
            }
        });
        killer.join().expect("the killer");
        if folder.path().join("f").exists() {
            assert_eq!(std::fs::read(folder.path().join("f"))?, content);
            return Ok(());
        }
        server = Server::start(folder.path());
        let stored = server.extents(&upload);
        let is_stored = |from: usize, to: usize| {
            stored
                .iter()
                .any(|range| range.start <= from && to <= range.end)
        };
        for from in answered.into_inner()? {
            if !is_stored(from, from + STEP) {
                return Err(format!("round {round}: {from} was answered and is not stored").into());
            }
        }
        let part = std::fs::read(staged(folder.path(), ".part"))?;
        for range in &stored {
            if part[range.clone()] != content[range.clone()] {
                return Err(format!("round {round}: what is stored is not what was sent").into());
            }
        }
        missing = (0..SIZE)
            .step_by(STEP)
            .rev()
            .filter(|from| !is_stored(*from, from + STEP))
            .collect();
        // Of a piece that was cut the beginning is stored; it is gone on with at its end.
        for range in &stored {
            let rest = range.end.next_multiple_of(STEP);
            if rest > range.end && !is_stored(range.end, rest) {
                server.patch(&upload, range.end, &content[range.end..rest]);
                missing.retain(|from| *from != rest - STEP);
            }
        }
    }
    Err("it never became whole".into())
}

fn a_file_that_was_answered_is_there_and_none_is_half() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let content = content(20_000);
    let mut expected = Vec::new();
    for round in 0..ROUNDS {
        let server = Server::start(folder.path());
        let killer = server.killer_after(5 + round as u64 * 5);
        for number in 0.. {
            let name = format!("folder-{round}/{number}");
            match server.send(&name, &content) {
                Some(201) => expected.push(name),
                Some(status) => return Err(format!("status {status} for {name}").into()),
                None => break,
            }
        }
        killer.join().expect("the killer");
        for name in &expected {
            if std::fs::read(folder.path().join(name))? != content {
                return Err(format!("{name} is not what was sent").into());
            }
        }
        for round in 0..=round {
            let Ok(entries) = std::fs::read_dir(folder.path().join(format!("folder-{round}")))
            else {
                continue;
            };
            for entry in entries {
                assert_eq!(std::fs::read(entry?.path())?, content, "half a file");
            }
        }
    }
    assert!(!expected.is_empty(), "nothing was ever answered");
    Ok(())
}

fn a_kill_in_the_middle_of_a_long_request_loses_little() -> Result<(), Failed> {
    const SIZE: usize = 32 << 20;
    let folder = tempfile::tempdir()?;
    let content = content(SIZE);
    let server = Server::start(folder.path());
    let upload = server.begin("f", SIZE);
    let sent = SIZE - (1 << 20);
    let connection = server.half_patch(&upload, SIZE, &content[..sent]);
    let part = staged(folder.path(), ".part");
    while std::fs::metadata(&part)?.len() < (sent - (3 << 20)) as u64 {
        std::thread::yield_now();
    }
    server.kill();
    drop(connection);
    let server = Server::start(folder.path());
    let offset = server.offset(&upload);
    // The server makes its way durable every four MiB.
    assert!(
        offset >= sent - (9 << 20) && offset <= sent,
        "{offset} of {sent}"
    );
    assert_eq!(server.patch(&upload, offset, &content[offset..]), Some(204));
    assert_eq!(std::fs::read(folder.path().join("f"))?, content);
    Ok(())
}

/// The one staged file with this ending.
fn staged(folder: &Path, ending: &str) -> std::path::PathBuf {
    let entries = std::fs::read_dir(folder.join(".stowage/uploads")).expect("the staging folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .find(|path| path.to_string_lossy().ends_with(ending))
        .expect("a staged file")
}

//! Kills at random moments, while files arrive in each of the ways that there are.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use adversity::{Dice, Tally, setting};
use libtest_mimic::Failed;

use crate::client::{Server, content};

/// Kills of one run of a trial, about.
pub(crate) const ROUNDS: usize = 12;
/// Kills of one run on a machine that is busy with other things.
const MOST_ROUNDS: usize = 200;
/// Trials that are run again until there were enough kills.
const REPEATED: usize = 6;

/// Runs a trial once, or as often as it takes for its share of the kills.
pub(crate) fn again(
    kind: &'static str,
    trial: impl Fn() -> Result<(), Failed>,
) -> Result<(), Failed> {
    let kills = setting("STOWAGE_KILLS").unwrap_or(1);
    let share = kills.div_ceil((ROUNDS * REPEATED) as u64);
    let mut tally = Tally::new(kind, share * ROUNDS as u64);
    for _ in 0..share {
        trial()?;
        tally.count(ROUNDS as u64);
    }
    tally.end()
}

/// A while between `round` and `round + 1` times so many milliseconds.
pub(crate) fn while_of(round: usize, milliseconds: u64) -> Duration {
    let from = round as u64 * milliseconds;
    Dice::new().while_between(from, from + milliseconds)
}

pub(crate) fn an_answered_offset_survives_a_kill() -> Result<(), Failed> {
    const SIZE: usize = 6 << 20;
    let folder = tempfile::tempdir()?;
    let content = content(SIZE);
    let mut server = Server::start(folder.path());
    let upload = server.begin("f", SIZE);
    let mut answered = 0;
    for round in 0..ROUNDS {
        let killer = server.killer_after(while_of(round, 3));
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

pub(crate) fn an_answered_piece_of_a_lane_survives_a_kill() -> Result<(), Failed> {
    const SIZE: usize = 6 << 20;
    const STEP: usize = 64 << 10;
    const LANES: usize = 3;
    let folder = tempfile::tempdir()?;
    let content = content(SIZE);
    let mut server = Server::start(folder.path());
    let upload = server.begin_lanes("f", SIZE);
    let mut missing: Vec<usize> = (0..SIZE).step_by(STEP).rev().collect();
    for round in 0..200 {
        let killer = server.killer_after(while_of(round, 5));
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

/// Sends some files in one request, again and again, until the server is killed; `None` is no answer.
pub(crate) type Send = dyn Fn(&Server, &[String], &[u8]) -> Option<u16>;

pub(crate) fn what_was_answered_is_there(files: usize, send: &Send) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let content = content(20_000);
    let mut expected = Vec::new();
    for round in 0..MOST_ROUNDS {
        // Each lives a little longer than the one before, until some had the time to answer.
        if round >= ROUNDS && !expected.is_empty() {
            break;
        }
        let server = Server::start(folder.path());
        let killer = server.killer_after(while_of(round + 1, 5));
        for number in 0.. {
            let names: Vec<String> = (0..files)
                .map(|file| format!("folder-{round}/{number}-{file}"))
                .collect();
            match send(&server, &names, &content) {
                Some(200 | 201) => expected.extend(names),
                Some(status) => return Err(format!("status {status} for {names:?}").into()),
                None => break,
            }
        }
        killer.join().expect("the killer");
        for name in &expected {
            if std::fs::read(folder.path().join(name))? != content {
                return Err(format!("{name} is not what was sent").into());
            }
        }
        let Ok(entries) = std::fs::read_dir(folder.path().join(format!("folder-{round}"))) else {
            continue;
        };
        for entry in entries {
            assert_eq!(std::fs::read(entry?.path())?, content, "half a file");
        }
    }
    assert!(!expected.is_empty(), "nothing was ever answered");
    Ok(())
}

pub(crate) fn a_kill_in_the_middle_of_a_long_request_loses_little() -> Result<(), Failed> {
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
pub(crate) fn staged(folder: &Path, ending: &str) -> std::path::PathBuf {
    let entries = std::fs::read_dir(folder.join(".stowage/uploads")).expect("the staging folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .find(|path| path.to_string_lossy().ends_with(ending))
        .expect("a staged file")
}

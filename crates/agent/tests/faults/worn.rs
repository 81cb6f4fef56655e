//! Disks that fail and disks that are full, under a real ext4.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::Duration;

use adversity::{
    Dice, Door as _, Drive, Errand, Findings, Ledger, Tally, formatted, setting, traffic,
};
use libtest_mimic::Failed;
use rustix::fs::{FallocateFlags, fallocate, statvfs};

use crate::client::Server;
use crate::memory::Memory;
use crate::power::{compare_left, eager};

/// A disk that fails or gets full at some time.
const MEBIBYTES: usize = 32;

/// Numbers from here on are of files that nobody sent when there was no room.
const NEW: u64 = 500_000;

/// What a file that was refused is answered by.
fn is_clear(status: u16, body: &str, statuses: &[u16]) -> bool {
    let message = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|problem| problem["message"].as_str().map(str::len));
    // Of a batch there is one for each file.
    statuses.contains(&status)
        && (message.is_some_and(|length| length > 0) || body.contains("problem"))
}

pub(crate) fn a_disk_that_fails_is_told_and_loses_nothing_that_was_answered() -> Result<(), Failed>
{
    let times = setting("STOWAGE_FULL_DISKS").unwrap_or(2);
    let empty = formatted(MEBIBYTES)?;
    let mut tally = Tally::new("failing disks", times);
    for _ in 0..times {
        let mut dice = Dice::new();
        let drive = Drive::over(empty.clone())?;
        let ledger = Ledger::default();
        let server = eager(&drive);
        let until = dice.while_between(1, 300);
        let ((), amiss) = traffic::during(&server, &ledger, || {
            thread::sleep(until);
            drive.disk.fail();
            thread::sleep(Duration::from_millis(300));
        });
        let mut findings = Findings::default();
        if !amiss.iter().any(|(_, _, ending)| ending.is_some()) {
            findings.other("nobody was told of it".to_owned());
        }
        for refusal in amiss.into_iter().filter_map(|(_, _, ending)| ending) {
            // An upload that was given up is gone.
            if !is_clear(refusal.status, &refusal.body, &[500, 503, 410, 404]) {
                findings.other(format!("answered by {} {}", refusal.status, refusal.body));
            }
        }
        server.kill();
        let (flushed, book) = (drive.disk.flushed(), ledger.book());
        drop(server);
        drop(drive);
        findings.extend(compare_left(flushed, &book)?);
        tally.add(&format!("failed after {until:?}"), findings);
    }
    tally.end()
}

/// Takes all but about `left` bytes of a file system.
fn fill(folder: &Path, left: u64) -> std::io::Result<()> {
    let space = statvfs(folder)?;
    let available = space.f_bavail * space.f_frsize;
    let filler = File::create(folder.join("filler"))?;
    fallocate(
        &filler,
        FallocateFlags::empty(),
        0,
        available.saturating_sub(left).max(1),
    )?;
    Ok(())
}

/// Goes all errands where there is room. What was stored before may be in the way.
fn go_all(server: &Server, ledger: &Ledger, number: u64, findings: &mut Findings) {
    for errand in Errand::ALL {
        match errand.go(server, ledger, number) {
            Some(answer) if (200..300).contains(&answer.status) || answer.status == 409 => {}
            Some(answer) => findings.other(format!(
                "with room {errand:?} is answered by {} {}",
                answer.status, answer.body
            )),
            None => findings.other(format!("with room {errand:?} is not answered")),
        }
    }
}

pub(crate) fn a_full_disk_is_told_and_goes_on_when_there_is_room() -> Result<(), Failed> {
    let times = setting("STOWAGE_FULL_DISKS").unwrap_or(4);
    let mut tally = Tally::new("full disks", times);
    let drive = Drive::over(formatted(MEBIBYTES)?)?;
    let server = eager(&drive);
    let mut memory = Memory::new();
    let (mut refused, mut dice) = (0, Dice::new());
    for time in 0..times {
        // Each has files of its own; the ones before are given up for their room.
        let ledger = Ledger::default();
        let left = dice.below(1_500_000) as u64;
        fill(&drive.mounted(), left)?;
        let mut findings = Findings::default();
        for errand in Errand::ALL {
            let Some(answer) = errand.go(&server, &ledger, time) else {
                findings.other(format!("{errand:?} is not answered"));
                continue;
            };
            let is_stored = (200..300).contains(&answer.status);
            refused += u64::from(!is_stored);
            if !is_stored && !is_clear(answer.status, &answer.body, &[507]) {
                findings.other(format!("{errand:?}: {} {}", answer.status, answer.body));
            }
        }
        findings.extend(ledger.book().compare_files(&drive.volume(), "", &server));
        std::fs::remove_file(drive.mounted().join("filler"))?;
        go_all(&server, &ledger, time, &mut findings);
        findings.extend(ledger.book().compare_files(&drive.volume(), "", &server));
        // And something new, which the manifest must know.
        let fresh = Ledger::default();
        go_all(&server, &fresh, time + NEW, &mut findings);
        findings.extend(fresh.book().compare_manifest(&server));
        for folder in std::fs::read_dir(drive.volume())?.flatten() {
            if folder.file_name() != ".stowage" {
                std::fs::remove_dir_all(folder.path())?;
            }
        }
        for (address, _) in ledger.book().unfinished() {
            server.ask("DELETE", address, "", b"");
        }
        memory.look(&server);
        tally.add(&format!("{left} bytes left"), findings);
    }
    assert!(refused > 0, "the disk was never full");
    memory.end()?;
    tally.end()
}

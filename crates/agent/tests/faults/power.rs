//! Power cuts: under a real ext4, on a disk that forgets what nobody asked it to flush.

use std::thread;

use adversity::{Book, Dice, Drive, Errand, Findings, Ledger, Tally, formatted, setting, traffic};
use libtest_mimic::Failed;

use crate::client::Server;
use crate::server::EAGER;

/// How large the disk is.
const MEBIBYTES: usize = 64;
/// How long files arrive at the most before the power goes, in milliseconds.
const LONGEST: u64 = 400;

/// A server that makes its way durable often, over a disk.
pub(crate) fn eager(drive: &Drive) -> Server {
    Server::run(&["serve".as_ref(), drive.volume().as_os_str(), EAGER.as_ref()])
}

/// Mounts what is left of a disk, and compares it with the book; then a file must be storable again.
pub(crate) fn compare_left(image: Vec<u8>, book: &Book) -> Result<Findings, Failed> {
    let drive = match Drive::over(image) {
        Ok(drive) => drive,
        Err(error) => return Err(format!("what is left is no file system: {error}").into()),
    };
    let server = eager(&drive);
    let mut findings = book.compare(&drive.volume(), &server);
    let ledger = Ledger::default();
    for errand in Errand::ALL {
        match errand.go(&server, &ledger, 9_999_999) {
            Some(answer) if (200..300).contains(&answer.status) => {}
            Some(answer) => findings.other(format!(
                "afterwards {errand:?} is answered by {} {}",
                answer.status, answer.body
            )),
            None => findings.other(format!("afterwards {errand:?} is not answered")),
        }
    }
    Ok(findings)
}

pub(crate) fn what_was_answered_survives_a_power_cut() -> Result<(), Failed> {
    let cuts = setting("STOWAGE_CUTS").unwrap_or(5);
    let empty = formatted(MEBIBYTES)?;
    let mut tally = Tally::new("power cuts", cuts);
    let (mut files, mut writes, mut flushes) = (0, 0, 0);
    for _ in 0..cuts {
        let mut dice = Dice::new();
        let drive = Drive::over(empty.clone())?;
        let ledger = Ledger::default();
        let server = eager(&drive);
        let until = dice.while_between(1, LONGEST);
        let ((image, book, cut_writes), _) = traffic::during(&server, &ledger, || {
            thread::sleep(until);
            let left = drive.disk.cut(&mut dice, || ledger.book());
            server.kill();
            left
        });
        flushes += drive.disk.flushes();
        writes += cut_writes;
        files += book.stored_files();
        drop(server);
        drop(drive);
        let after = format!("{files} files in all, {cut_writes} writes cut after {until:?}");
        tally.add(&after, compare_left(image, &book)?);
    }
    // Otherwise none of this was a power cut.
    assert!(flushes > 0, "the disk was never asked to flush");
    assert!(writes > 0, "nothing was ever in the disk's cache");
    assert!(files > 0, "nothing was ever stored");
    if adversity::is_soak() {
        eprintln!("    {files} files stored, {flushes} flushes, {writes} writes in the cache");
    }
    tally.end()
}

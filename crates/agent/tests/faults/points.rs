//! Faults at named points: at every single call that changes the volume, one after the other.
//!
//! Each errand is gone again and again; the first time its first call is hit, then its second, until it comes
//! to its end unharmed. `cargo xtask test` leaves most points out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use adversity::{Errand, Findings, Ledger, Tally, is_soak};
use libtest_mimic::Failed;
use rustix::io::Errno;

use crate::client::Server;
use crate::tracer::Hit;

/// Which points `cargo xtask test` tries: each so many.
const STRIDE: u64 = 4;
/// More calls than any errand makes.
const MOST_POINTS: u64 = 500;
/// What a disk or a quota may say.
const ERRORS: [Errno; 4] = [Errno::NOSPC, Errno::DQUOT, Errno::IO, Errno::ROFS];

/// A volume, and a server over it that is hit at one of its calls.
struct Target {
    folder: tempfile::TempDir,
    report: tempfile::TempDir,
    ledger: Ledger,
}

impl Target {
    /// An empty volume; where an older file is replaced, with that file.
    fn of(errand: Errand) -> std::io::Result<Self> {
        let target = Self {
            folder: tempfile::tempdir()?,
            report: tempfile::tempdir()?,
            ledger: Ledger::default(),
        };
        if errand == Errand::Replacement {
            errand.go(&Server::start(target.volume()), &target.ledger, 0);
        }
        Ok(target)
    }

    fn volume(&self) -> &Path {
        self.folder.path()
    }

    /// A server that is hit at its call number `at`.
    fn watched(&self, at: u64, hit: Hit) -> Server {
        let (at, code) = (at.to_string(), hit.code());
        Server::run(&[
            "watch".as_ref(),
            self.volume().as_os_str(),
            at.as_ref(),
            code.as_ref(),
            self.report.path().join("hit").as_os_str(),
        ])
    }

    /// Which call was hit, if it came to that.
    fn hit(&self) -> Option<String> {
        std::fs::read_to_string(self.report.path().join("hit")).ok()
    }

    /// Goes an errand for the second time, when nothing is in its way, and looks whether it arrives.
    fn go_again(&self, errand: Errand, server: &Server, findings: &mut Findings) {
        match errand.go(server, &self.ledger, 1) {
            // Somebody sent this file already: its answer was lost.
            Some(answer) if (200..300).contains(&answer.status) || answer.status == 409 => {}
            Some(answer) => findings.other(format!(
                "sent again it is refused: {} {}",
                answer.status, answer.body
            )),
            None => findings.other("sent again it is not answered".to_owned()),
        }
        let book = self.ledger.book();
        findings.extend(book.compare_files(self.volume(), "", server));
    }
}

/// Which points are tried of an errand, in which order.
fn points(errand: Errand) -> impl Iterator<Item = u64> {
    let offset = Errand::ALL.iter().position(|other| *other == errand);
    let first = offset.unwrap_or(0) as u64 % STRIDE;
    let step = if is_soak() { 1 } else { STRIDE };
    (1 + first % step..MOST_POINTS).step_by(usize::try_from(step).unwrap_or(1))
}

/// The names of points that were hit.
#[derive(Default)]
struct Hits(BTreeMap<Errand, BTreeSet<String>>);

impl Hits {
    fn add(&mut self, errand: Errand, name: &str) {
        self.0.entry(errand).or_default().insert(name.to_owned());
    }

    fn tell(&self) {
        if is_soak() {
            for (errand, names) in &self.0 {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                eprintln!("    {errand:?}: {}", names.join(", "));
            }
        }
    }
}

pub(crate) fn a_kill_at_any_point_loses_nothing() -> Result<(), Failed> {
    let mut tally = Tally::new("kills before each call", 0);
    let mut hits = Hits::default();
    for errand in Errand::ALL {
        for at in points(errand) {
            let target = Target::of(errand)?;
            let server = target.watched(at, Hit::Kill);
            let ending = errand.go(&server, &target.ledger, 1);
            server.leave();
            let Some(hit) = target.hit() else {
                // It came to its end before.
                assert!(ending.is_some(), "{errand:?} {at}: nobody killed it");
                break;
            };
            hits.add(errand, &hit);
            let server = Server::start(target.volume());
            let mut findings = target.ledger.book().compare(target.volume(), &server);
            target.go_again(errand, &server, &mut findings);
            findings.extend(target.ledger.book().compare_manifest(&server));
            let after = format!("{errand:?}, killed before its call {at} ({hit})");
            tally.add(&after, findings);
        }
    }
    hits.tell();
    tally.end()
}

pub(crate) fn an_error_at_any_point_is_told_and_loses_nothing() -> Result<(), Failed> {
    let mut tally = Tally::new("errors at each call", 0);
    for errand in Errand::ALL {
        'points: for at in points(errand) {
            for (number, error) in ERRORS.into_iter().enumerate() {
                if !is_soak() && (at / STRIDE) % ERRORS.len() as u64 != number as u64 {
                    continue;
                }
                match one_error(errand, at, error)? {
                    Some((after, findings)) => tally.add(&after, findings),
                    None => break 'points,
                }
            }
        }
    }
    tally.end()
}

/// `None` when the errand has fewer calls.
fn one_error(errand: Errand, at: u64, error: Errno) -> Result<Option<(String, Findings)>, Failed> {
    let target = Target::of(errand)?;
    let server = target.watched(at, Hit::Fail(error.raw_os_error()));
    let ending = errand.go(&server, &target.ledger, 1);
    let Some(hit) = target.hit() else {
        return Ok(None);
    };
    let book = target.ledger.book();
    let mut findings = book.compare_files(target.volume(), "", &server);
    match ending {
        // Not every call decides: what stays behind is swept, and the manifest is noted as well as it goes.
        Some(answer) if (200..300).contains(&answer.status) => {}
        Some(answer) if answer.status == 507 && [Errno::NOSPC, Errno::DQUOT].contains(&error) => {}
        Some(answer)
            if [500, 503].contains(&answer.status) && [Errno::IO, Errno::ROFS].contains(&error) => {
        }
        Some(answer) => findings.other(format!("answered by {} {}", answer.status, answer.body)),
        None => findings.other("not answered".to_owned()),
    }
    target.go_again(errand, &server, &mut findings);
    // What comes later is not harmed.
    let fresh = Ledger::default();
    errand.go(&server, &fresh, 2);
    findings.extend(fresh.book().compare_manifest(&server));
    let after = format!("{errand:?}, {error} at its call {at} ({hit})");
    Ok(Some((after, findings)))
}

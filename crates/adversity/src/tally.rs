//! How often a fault was tried and what was found, told while it goes on and at the end.

use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use crate::dice::setting;

/// How many findings are told in full.
const TOLD: usize = 5;

/// What was wrong after a fault.
#[derive(Debug, Default)]
pub struct Findings {
    /// Bytes that were acknowledged and are not there.
    pub lost_bytes: u64,
    /// Files under a published name that are not what was sent.
    pub half_files: u64,
    /// All that is wrong, in words.
    pub said: Vec<String>,
}

impl Findings {
    pub fn lost(&mut self, bytes: usize, what: String) {
        self.lost_bytes += bytes as u64;
        self.said.push(what);
    }

    pub fn half(&mut self, what: String) {
        self.half_files += 1;
        self.said.push(what);
    }

    pub fn extend(&mut self, more: Self) {
        self.lost_bytes += more.lost_bytes;
        self.half_files += more.half_files;
        self.said.extend(more.said);
    }

    pub fn other(&mut self, what: String) {
        self.said.push(what);
    }
}

/// The trials of one kind of fault.
pub struct Tally {
    kind: &'static str,
    times: u64,
    of: u64,
    found: Findings,
    told_at: Instant,
    began: Instant,
}

/// Whether all of this is the soak, which tells how far it is.
pub fn is_soak() -> bool {
    setting("STOWAGE_SOAK").is_some()
}

impl Tally {
    /// `of` is 0 where nobody knows how often it will be tried.
    pub fn new(kind: &'static str, of: u64) -> Self {
        Self {
            kind,
            times: 0,
            of,
            found: Findings::default(),
            told_at: Instant::now(),
            began: Instant::now(),
        }
    }

    /// So many more were tried.
    pub fn count(&mut self, times: u64) {
        self.times += times;
        if is_soak() && self.told_at.elapsed() > Duration::from_secs(5) {
            self.told_at = Instant::now();
            let of = match self.of {
                0 => String::new(),
                of => format!(" of {of}"),
            };
            eprintln!("    {}: {}{of}", self.kind, self.times);
        }
    }

    /// One more was tried, and this was found after it.
    pub fn add(&mut self, after: &str, findings: Findings) {
        let said = findings.said.into_iter();
        self.found.extend(Findings {
            said: said.map(|said| format!("{after}: {said}")).collect(),
            ..findings
        });
        self.count(1);
    }

    /// Tells what it came to.
    ///
    /// # Errors
    /// When anything was wrong, with the first of it.
    pub fn end(self) -> Result<(), Failed> {
        let Findings {
            lost_bytes,
            half_files,
            said,
        } = self.found;
        if is_soak() {
            // A line of its own: the test's name is being printed.
            println!(
                "\nfaults\t{}\t{}\t{lost_bytes}\t{half_files}\t{}\t{:.0}",
                self.kind,
                self.times,
                said.len(),
                self.began.elapsed().as_secs_f64()
            );
        }
        if said.is_empty() {
            return Ok(());
        }
        let told = said.iter().take(TOLD).cloned().collect::<Vec<_>>();
        let rest = said.len() - told.len();
        Err(format!("{}\nand {rest} more", told.join("\n")).into())
    }
}

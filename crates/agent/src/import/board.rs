//! How far an import is, for who asks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{ImportProblem, ImportProgress, ImportState};
use wire::ImportStanding;

use super::failure::readable;

/// Problems that are told one by one.
const MOST_PROBLEMS: usize = 100;
/// Names of files that are fetched now.
const MOST_CURRENT: usize = 4;

/// What is known of one import's progress.
#[derive(Debug)]
pub(super) struct Board(Mutex<Known>);

#[derive(Debug)]
struct Known {
    standing: ImportStanding,
    /// Bytes of the files whose size is known.
    found_bytes: u64,
    /// Files whose size nobody has said yet.
    unsized_files: u64,
    current: Vec<String>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Known {
            standing: ImportStanding {
                state: ImportState::Listing,
                progress: ImportProgress::default(),
            },
            found_bytes: 0,
            unsized_files: 0,
            current: Vec::new(),
        }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut ImportProgress)) {
        change(&mut self.known().standing.progress);
    }

    /// How it stands now.
    pub(super) fn standing(&self) -> ImportStanding {
        let known = self.known();
        let mut standing = known.standing.clone();
        standing.progress.bytes.found = (known.unsized_files == 0).then_some(known.found_bytes);
        let current = known.current.iter().take(MOST_CURRENT);
        standing.progress.current = current.cloned().collect();
        standing
    }

    /// A file of the source was found.
    pub(super) fn found(&self, size: Option<u64>) {
        let mut known = self.known();
        known.standing.progress.files.found += 1;
        match size {
            Some(size) => known.found_bytes = known.found_bytes.saturating_add(size),
            None => known.unsized_files += 1,
        }
    }

    /// The size of a file is known now that was found without one.
    pub(super) fn sized(&self, size: u64) {
        let mut known = self.known();
        known.unsized_files = known.unsized_files.saturating_sub(1);
        known.found_bytes = known.found_bytes.saturating_add(size);
    }

    /// All of the source is listed.
    pub(super) fn listed(&self) {
        let mut known = self.known();
        known.standing.progress.is_listed = true;
        known.standing.state = ImportState::Running;
    }

    pub(super) fn began(&self, name: &str) {
        self.known().current.push(readable(name));
    }

    pub(super) fn ended(&self, name: &str) {
        let (name, mut known) = (readable(name), self.known());
        let at = known.current.iter().position(|other| *other == name);
        if let Some(at) = at {
            known.current.remove(at);
        }
    }

    /// Bytes came, and are on their way to the disk.
    pub(super) fn came(&self, bytes: u64) {
        self.change(|progress| progress.bytes.stored += bytes);
    }

    /// Bytes that had come are worth nothing.
    pub(super) fn lost(&self, bytes: u64) {
        self.change(|progress| {
            progress.bytes.stored = progress.bytes.stored.saturating_sub(bytes);
        });
    }

    pub(super) fn stored(&self) {
        self.change(|progress| progress.files.stored += 1);
    }

    pub(super) fn unchanged(&self) {
        self.change(|progress| progress.files.unchanged += 1);
    }

    /// A file was not stored.
    pub(super) fn failed(&self, path: &str, message: String) {
        self.change(|progress| {
            progress.files.failed += 1;
            if progress.problems.len() < MOST_PROBLEMS {
                let path = readable(path);
                progress.problems.push(ImportProblem { path, message });
            }
        });
    }

    /// Says why the import ends without all of its files; the first reason counts.
    pub(super) fn complain(&self, message: String) {
        self.change(|progress| {
            if progress.message.is_empty() {
                progress.message = message;
            }
        });
    }

    /// Nothing more happens.
    pub(super) fn close(&self, is_canceled: bool) {
        let mut known = self.known();
        known.current.clear();
        let progress = &mut known.standing.progress;
        let files = progress.files;
        if is_canceled {
            progress.message.clear();
            known.standing.state = ImportState::Canceled;
            return;
        }
        if progress.message.is_empty() && files.failed > 0 {
            progress.message = format!(
                "{} of {} files could not be imported.",
                files.failed, files.found
            );
        }
        known.standing.state = if progress.message.is_empty() {
            ImportState::Succeeded
        } else {
            ImportState::Failed
        };
    }
}

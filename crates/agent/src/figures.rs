//! What an agent did since it was started, in numbers that only grow.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one volume.
#[derive(Debug, Default)]
pub struct Figures {
    received_bytes: AtomicU64,
    published_files: AtomicU64,
}

impl Figures {
    /// Bytes of files that were written down, whether their file became whole or not.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    /// Files that got their name.
    pub fn published_files(&self) -> u64 {
        self.published_files.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.received_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn published(&self, files: u64) {
        self.published_files.fetch_add(files, Ordering::Relaxed);
    }
}

//! What agents do, in numbers for those who run them.

use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of one volume, or of all volumes that one process serves.
#[derive(Debug, Default)]
pub struct Figures {
    received_bytes: AtomicU64,
    published_files: AtomicU64,
    running_requests: AtomicU64,
    refused_requests: AtomicU64,
    imported_bytes: AtomicU64,
    imported_files: AtomicU64,
    running_imports: AtomicU64,
}

impl Figures {
    /// Bytes of files that were written down, whether their file became whole or not. Only grows.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    /// Files that got their name. Only grows.
    pub fn published_files(&self) -> u64 {
        self.published_files.load(Ordering::Relaxed)
    }

    /// Requests that bring bytes at this moment.
    pub fn running_requests(&self) -> u64 {
        self.running_requests.load(Ordering::Relaxed)
    }

    /// Requests that would have brought bytes and found no place. Only grows.
    pub fn refused_requests(&self) -> u64 {
        self.refused_requests.load(Ordering::Relaxed)
    }

    /// Bytes that imports fetched, whether their file became whole or not. Only grows.
    pub fn imported_bytes(&self) -> u64 {
        self.imported_bytes.load(Ordering::Relaxed)
    }

    /// Files that imports stored. Only grows.
    pub fn imported_files(&self) -> u64 {
        self.imported_files.load(Ordering::Relaxed)
    }

    /// Imports that run at this moment.
    pub fn running_imports(&self) -> u64 {
        self.running_imports.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.received_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn published(&self, files: u64) {
        self.published_files.fetch_add(files, Ordering::Relaxed);
    }

    pub(crate) fn request_began(&self) {
        self.running_requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn request_ended(&self) {
        self.running_requests.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn request_was_refused(&self) {
        self.refused_requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn imported(&self, bytes: u64) {
        self.imported_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn file_was_imported(&self) {
        self.imported_files.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn import_began(&self) {
        self.running_imports.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn import_ended(&self) {
        self.running_imports.fetch_sub(1, Ordering::Relaxed);
    }
}

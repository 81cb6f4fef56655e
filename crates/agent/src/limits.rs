//! What one volume's agent bears. Every bound has a default that suits a shared file system.

use std::time::Duration;

/// Bounds on uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes (`Tus-Max-Size`).
    pub max_upload_bytes: u64,
    /// Unfinished uploads that one person may have at a time.
    pub max_uploads_per_person: usize,
    /// The most files of one batch.
    pub max_batch_files: usize,
    /// The most bytes of one batch, headers included.
    pub max_batch_bytes: u64,
    /// The most entries of one archive.
    pub max_archive_entries: u64,
    /// How many times its size an archive may unpack to, beyond `archive_grace_bytes`.
    pub max_archive_ratio: u64,
    /// What every archive may unpack to, however small it is.
    pub archive_grace_bytes: u64,
    /// Requests that bring bytes, of one person at a time.
    pub max_requests_per_person: usize,
    /// Requests that bring bytes, of all people at a time. Each may hold a megabyte of memory.
    pub max_requests: usize,
    /// How long an upload that nobody goes on with is kept.
    pub staging_age: Duration,
    /// How long a finished upload can still be asked about: for a client that missed the last answer.
    pub finished_age: Duration,
    /// How long a request body may stay silent before the request is ended; what arrived is kept.
    pub idle_timeout: Duration,
    /// How many bytes a second a request body must have on the whole, once it ran for longer than `slow_grace`.
    pub least_bytes_per_second: u64,
    /// How long a body may be slower than that.
    pub slow_grace: Duration,
    /// How many bytes of one long request may lie behind its durable offset.
    pub checkpoint_bytes: u64,
    /// Imports that run at a time. Each fetches a few files at once.
    pub max_imports: usize,
    /// How long an import waits before it asks again for what it did not get; twice as long each further time.
    pub import_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_upload_bytes: 16 << 40,
            max_uploads_per_person: 10_000,
            max_batch_files: 1000,
            max_batch_bytes: 256 << 20,
            max_archive_entries: 1_000_000,
            max_archive_ratio: 300,
            archive_grace_bytes: 256 << 20,
            max_requests_per_person: 32,
            max_requests: 128,
            staging_age: Duration::from_hours(7 * 24),
            finished_age: Duration::from_hours(1),
            idle_timeout: Duration::from_mins(1),
            least_bytes_per_second: 1 << 10,
            slow_grace: Duration::from_mins(1),
            checkpoint_bytes: 128 << 20,
            max_imports: 8,
            import_pause: Duration::from_millis(500),
        }
    }
}

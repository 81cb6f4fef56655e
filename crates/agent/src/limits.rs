//! What one volume's agent bears. Every bound has a default that suits a shared file system.

use std::time::Duration;

/// Bounds on uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes (`Tus-Max-Size`).
    pub max_upload_bytes: u64,
    /// Unfinished uploads that one person may have at a time.
    pub max_uploads_per_person: usize,
    /// How long an upload that nobody goes on with is kept.
    pub staging_age: Duration,
    /// How long a finished upload can still be asked about: for a client that missed the last answer.
    pub finished_age: Duration,
    /// How long a request body may stay silent before the request is ended; what arrived is kept.
    pub idle_timeout: Duration,
    /// After how many bytes of one long request the offset is made durable in between.
    pub checkpoint_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_upload_bytes: 16 << 40,
            max_uploads_per_person: 10_000,
            staging_age: Duration::from_hours(7 * 24),
            finished_age: Duration::from_hours(1),
            idle_timeout: Duration::from_mins(1),
            checkpoint_bytes: 128 << 20,
        }
    }
}

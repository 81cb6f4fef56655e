//! A sync of what was written, beside what is written meanwhile: a disk that is only asked at the end makes
//! everybody wait for it.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use super::publish::durable;
use crate::error::Result;

/// A sync on its way.
pub(super) struct Syncing {
    until: u64,
    thread: JoinHandle<Result<()>>,
}

impl Syncing {
    /// Begins to make durable what is in a file by now: an upload's bytes up to `until`.
    pub(super) fn begin(part: &OwnedFd, until: u64) -> Result<Self> {
        // The same open file: the kernel tells it of an error once, and here.
        let part = part.try_clone()?;
        let sync = move || durable(rustix::fs::fdatasync(part));
        let thread = thread::Builder::new().name("sync".to_owned()).spawn(sync)?;
        Ok(Self { until, thread })
    }

    /// Whether nobody would have to wait for it.
    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Up to where the upload's bytes are durable now. Waits for it.
    pub(super) fn end(self) -> Result<u64> {
        let synced = self.thread.join();
        synced.unwrap_or_else(|_| Err(io::Error::other("a sync panicked").into()))?;
        Ok(self.until)
    }
}

//! Puts the bytes of one request into the part file, on threads that may block.
//!
//! Nothing here is promised: the writer only says how far it got. Checkpoints in the middle of a long
//! request make the way so far durable, as far as no checksum has yet to prove it.

use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use bytes::Bytes;
use domain::Clock;
use rustix::io::Errno;

use super::checksum::Checksum;
use super::publish::durable;
use super::store::Upload;
use super::syncing::Syncing;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// How many checkpoints begin in as many bytes as may be without one.
const CHECKPOINTS: u64 = 4;

/// What a request writes into: a file that its bytes are put into one after the other.
pub(crate) trait Sink: Send + 'static {
    /// Puts all of `batch` behind what was put before, or as much of it as fits on the disk.
    fn write(&mut self, batch: &[Bytes]) -> Result<()>;
}

/// Writes at the end of what is stored of one upload.
pub(crate) struct PartWriter {
    pub(crate) upload: Upload,
    /// Where this request began.
    pub(crate) start: u64,
    /// Up to where bytes are in the file.
    pub(crate) position: u64,
    /// Where they must end.
    pub(crate) end: u64,
    pub(crate) checksum: Option<Checksum>,
    checkpoint_bytes: u64,
    clock: Arc<dyn Clock>,
    /// A checkpoint on its way.
    syncing: Option<Syncing>,
    /// Whether bytes behind the offset may have been dropped: a sync failed.
    pub(crate) is_in_doubt: bool,
}

impl Sink for PartWriter {
    fn write(&mut self, batch: &[Bytes]) -> Result<()> {
        let count: u64 = batch.iter().map(|bytes| bytes.len() as u64).sum();
        if count > self.end - self.position {
            return Err(beyond_the_end());
        }
        let part = self.upload.part.as_ref().ok_or(Error::Gone)?;
        write_all(part, batch, &mut self.position)?;
        if let Some(checksum) = &mut self.checksum {
            for bytes in batch {
                checksum.update(bytes);
            }
        }
        self.checkpoint()
    }
}

impl PartWriter {
    /// Writes from `start` on, which is where the upload ends.
    pub(crate) fn new(
        upload: Upload,
        start: u64,
        checksum: Option<Checksum>,
        limits: &Limits,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            start,
            position: start,
            end: start + upload.room(limits, start),
            checksum,
            checkpoint_bytes: limits.checkpoint_bytes,
            clock: Arc::clone(clock),
            syncing: None,
            is_in_doubt: false,
            upload,
        }
    }

    /// Up to where bytes are right for sure: all of them, unless a checksum has yet to prove them.
    pub(crate) fn proven(&self) -> u64 {
        match &self.checksum {
            Some(checksum) => self.start + checksum.proven_bytes(),
            None => self.position,
        }
    }

    /// Ends the last checkpoint and begins the next one when it is time, beside the writing: only who is far
    /// ahead of the disk waits for it.
    fn checkpoint(&mut self) -> Result<()> {
        let behind = |it: &Self| it.proven().saturating_sub(it.upload.offset());
        let is_far = behind(self) >= self.checkpoint_bytes;
        if self
            .syncing
            .as_ref()
            .is_some_and(|it| is_far || it.is_over())
        {
            self.end_checkpoint()?;
        }
        if self.syncing.is_none() && behind(self) >= self.checkpoint_bytes / CHECKPOINTS {
            let part = self.upload.part.as_ref().ok_or(Error::Gone)?;
            self.syncing = Some(Syncing::begin(part, self.proven())?);
        }
        Ok(())
    }

    /// Waits for the checkpoint that is on its way. Before anything else is synced: the kernel tells only one of
    /// several of an error.
    pub(crate) fn end_checkpoint(&mut self) -> Result<()> {
        let Some(syncing) = self.syncing.take() else {
            return Ok(());
        };
        let synced = syncing.end();
        self.is_in_doubt |= synced.is_err();
        self.upload.advance(synced?, self.clock.now())
    }

    /// Makes what was written up to here durable, then the offset that says so. The offset stays where it is once
    /// the bytes behind it are in doubt.
    pub(crate) fn keep(&mut self, until: u64) -> Result<()> {
        self.end_checkpoint()?;
        if until > self.upload.offset() && !self.is_in_doubt {
            let part = self.upload.part.as_ref().ok_or(Error::Gone)?;
            let synced = durable(rustix::fs::fdatasync(part));
            self.is_in_doubt = synced.is_err();
            synced?;
            self.upload.advance(until, self.clock.now())?;
        }
        Ok(())
    }
}

/// What a client is told that sends more than it said.
pub(super) fn beyond_the_end() -> Error {
    Error::TooLarge(
        "The body goes on behind the end of the file. Nothing of it was kept.".to_owned(),
    )
}

/// Writes pieces one after the other, and moves `position` along.
pub(super) fn write_all(file: &OwnedFd, batch: &[Bytes], position: &mut u64) -> Result<()> {
    let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|bytes| IoSlice::new(bytes)).collect();
    let mut rest = &mut slices[..];
    // Empty slices go, so that nothing written means that nothing could be.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match rustix::io::pwritev(file, rest, *position) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(written) => {
                *position += written as u64;
                IoSlice::advance_slices(&mut rest, written);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The same for one piece.
pub(super) fn write_slice(file: &OwnedFd, mut bytes: &[u8], position: &mut u64) -> Result<()> {
    while !bytes.is_empty() {
        match rustix::io::pwrite(file, bytes, *position) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(written) => {
                *position += written as u64;
                bytes = &bytes[written..];
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

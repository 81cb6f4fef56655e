//! Puts the bytes of one request into the part file, on threads that may block.
//!
//! Nothing here is promised: the writer only says how far it got. A checkpoint in the middle of a long
//! request makes the way so far durable, as far as no checksum has yet to prove it.

use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use bytes::Bytes;
use domain::Clock;
use rustix::io::Errno;

use super::checksum::Checksum;
use super::publish::durable;
use super::store::Upload;
use crate::error::{Error, Result};

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
    pub(crate) checkpoint_bytes: u64,
    pub(crate) clock: Arc<dyn Clock>,
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
        let proven = self.proven();
        if proven.saturating_sub(self.upload.offset()) >= self.checkpoint_bytes {
            self.keep(proven)
        } else {
            Ok(())
        }
    }
}

impl PartWriter {
    /// Up to where bytes are right for sure: all of them, unless a checksum has yet to prove them.
    pub(crate) fn proven(&self) -> u64 {
        match &self.checksum {
            Some(checksum) => self.start + checksum.proven_bytes(),
            None => self.position,
        }
    }

    /// Makes what was written up to here durable, then the offset that says so. The offset stays where it is once
    /// the bytes behind it are in doubt.
    pub(crate) fn keep(&mut self, until: u64) -> Result<()> {
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

//! Puts the bytes of one request into the part file, on threads that may block.
//!
//! Nothing here is promised: the writer only says how far it got. A checkpoint in the middle of a long
//! request makes the way so far durable, except while a checksum has yet to prove those bytes.

use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::Bytes;
use domain::Clock;
use rustix::io::Errno;

use super::checksum::Checksum;
use super::publish::durable;
use super::store::Upload;
use crate::error::{Error, Result};

/// Writes at the end of what is stored of one upload.
pub(crate) struct PartWriter {
    pub(crate) upload: Upload,
    /// Where this request began.
    pub(crate) start: u64,
    /// Up to where bytes are in the file.
    pub(crate) position: u64,
    pub(crate) checksum: Option<Checksum>,
    /// The hash of the whole file up to `position`, as long as it is known.
    pub(crate) hasher: Option<Box<blake3::Hasher>>,
    pub(crate) checkpoint_bytes: u64,
    pub(crate) clock: Arc<dyn Clock>,
}

impl PartWriter {
    /// Appends all of `batch`, or as much of it as fits on the disk.
    pub(crate) fn write(&mut self, batch: &[Bytes]) -> Result<()> {
        let count: u64 = batch.iter().map(|bytes| bytes.len() as u64).sum();
        if count > self.upload.record.length - self.position {
            return Err(Error::TooLarge(
                "The body goes on behind the end of the file. Nothing of it was kept.".to_owned(),
            ));
        }
        if let Err(error) = self.write_all(batch) {
            self.hasher = None;
            return Err(error);
        }
        for bytes in batch {
            if let Some(checksum) = &mut self.checksum {
                checksum.update(bytes);
            }
            if let Some(hasher) = &mut self.hasher {
                hasher.update(bytes);
            }
        }
        let is_due = self.position - self.upload.offset() >= self.checkpoint_bytes;
        if is_due && self.checksum.is_none() {
            self.keep()
        } else {
            Ok(())
        }
    }

    fn write_all(&mut self, batch: &[Bytes]) -> Result<()> {
        let part = self.upload.part.as_ref().ok_or(Error::Gone)?;
        let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|bytes| IoSlice::new(bytes)).collect();
        let mut rest = &mut slices[..];
        // Empty slices go, so that nothing written means that nothing could be.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            match rustix::io::pwritev(part, rest, self.position) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => {
                    self.position += written as u64;
                    IoSlice::advance_slices(&mut rest, written);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Makes everything that was written durable, then the offset that says so.
    pub(crate) fn keep(&mut self) -> Result<()> {
        if self.position > self.upload.offset() {
            let part = self.upload.part.as_ref().ok_or(Error::Gone)?;
            durable(rustix::fs::fdatasync(part))?;
            self.upload.advance(self.position, self.clock.now())?;
        }
        Ok(())
    }
}

//! A staged file that is nobody's upload: something to read from while a request lasts.

use std::os::fd::OwnedFd;

use super::id::UploadId;
use super::store::remove_file;
use super::turns::Turn;
use crate::error::Result;
use crate::volume::Volume;

/// A name in the staging folder, free, and free again when this is dropped.
pub(crate) struct Scratch<'v> {
    volume: &'v Volume,
    pub(crate) staging: OwnedFd,
    id: UploadId,
    // Keeps the sweep away from what has no journal.
    _turn: Option<Turn>,
}

impl<'v> Scratch<'v> {
    pub(crate) fn begin(volume: &'v Volume) -> Result<Self> {
        let id = UploadId::random();
        Ok(Self {
            staging: volume.make_staging()?,
            _turn: volume.turns().take_if_free(&id),
            volume,
            id,
        })
    }

    pub(crate) fn name(&self) -> String {
        self.id.part()
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        remove_file(&self.staging, &self.name());
        self.volume.turns().forget(&self.id);
    }
}

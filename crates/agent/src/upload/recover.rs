//! What a crash left unsaid about an upload, put right when somebody asks for it.

use jiff::Timestamp;
use rustix::fs::{self, OFlags};
use rustix::io::Errno;

use super::digest::Digests;
use super::journal::Kind;
use super::publish;
use super::store::Upload;
use crate::beneath;
use crate::error::{Error, Result};
use crate::manifest::{Entry, Line};
use crate::volume::Volume;

impl Upload {
    /// Opens the part file. If it is gone because a crash came right after its publication, says so now.
    pub(super) fn open_part(&mut self, volume: &Volume, now: Timestamp) -> Result<()> {
        let is_short =
            |stat: &fs::Stat| u64::try_from(stat.st_size).unwrap_or(0) < self.progress.offset;
        match beneath::open_file(&self.staging, self.part_name.as_str(), OFlags::RDWR) {
            Ok((_, stat)) if stat.st_ino != self.record.inode || is_short(&stat) => {
                Err(Error::Gone)
            }
            // It has a second name: whatever is written into it now would change a published file.
            Ok((_, stat)) if stat.st_nlink > 1 => self.recover_publication(volume, now),
            Ok((part, _)) => {
                self.part = Some(part);
                Ok(())
            }
            Err(Error::Io(error)) if Errno::from_io_error(&error) == Some(Errno::NOENT) => {
                self.recover_publication(volume, now)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes what a crash left unsaid: the file has its name. It is read again for its hashes.
    fn recover_publication(&mut self, volume: &Volume, now: Timestamp) -> Result<()> {
        if self.record.kind == Kind::Partial {
            return Err(Error::Gone);
        }
        let path = {
            let staged = self.staged().ok_or(Error::Gone)?;
            publish::find_name(volume.root(), &staged)?
        };
        match path {
            Some(path) => {
                fs::syncfs(volume.root())?;
                let file = beneath::open_file(volume.root(), path.as_str(), OFlags::RDONLY)?.0;
                let (digests, _) = Digests::of(&file)?;
                let entry = Entry::of(path, &fs::fstat(&file)?, digests, now);
                let mut manifest = volume.manifest().open(volume);
                manifest.note(&[Line::Stored(entry)]);
                manifest.sync();
                self.mark_published(volume, now)
            }
            // Somebody replaced or moved it since.
            None if self.has_second_name()? => self.mark_published(volume, now),
            None => Err(Error::Gone),
        }
    }

    fn has_second_name(&self) -> Result<bool> {
        let stat = beneath::look(&self.staging, &self.part_name)?;
        Ok(stat.is_some_and(|stat| stat.st_nlink > 1 && stat.st_ino == self.record.inode))
    }
}

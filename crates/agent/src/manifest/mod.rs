//! The manifest of a volume: what Stowage stored in it, with the hashes that it had then.
//!
//! A journal of lines in `.stowage/manifest`, which is only ever added to until it is written anew without
//! what no longer counts. It speaks of what Stowage did: what others change in the volume it does not see,
//! and [`verify`](crate::verify) tells the two apart.

mod line;
mod read;
mod verify;

use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::VolumePath;
use rustix::fs::{self, Mode, OFlags};

use crate::beneath;
use crate::error::Result;
use crate::lines;
use crate::volume::Volume;

pub(crate) use line::{Entry, Line};
pub(crate) use read::{all, find};
pub use verify::{Finding, Verdict, VerifyError, verify};

/// The journal's name in `.stowage`.
const NAME: &str = "manifest";
/// Its name while it is written anew.
const NEW_NAME: &str = "manifest.new";
/// How many lines that no longer count are borne.
const MOST_STALE_LINES: usize = 10_000;

/// The journal of one volume, opened when something is noted.
#[derive(Debug, Default)]
pub(crate) struct Manifest(Mutex<Option<OwnedFd>>);

/// The journal, held: whoever has it decides the order of what is noted.
pub(crate) struct OpenManifest<'v> {
    volume: &'v Volume,
    file: MutexGuard<'v, Option<OwnedFd>>,
}

impl Manifest {
    /// Waits for the journal, and holds it. Blocks.
    pub(crate) fn open<'v>(&'v self, volume: &'v Volume) -> OpenManifest<'v> {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        OpenManifest { volume, file }
    }
}

impl OpenManifest<'_> {
    /// Adds lines. A file that was stored stays stored when this fails: `verify` then names it as one that
    /// the manifest does not know.
    pub(crate) fn note(&mut self, lines: &[Line]) {
        if let Err(error) = self.append(lines) {
            // A line that found no room may be torn, and is ended when the journal is opened again.
            *self.file = None;
            tracing::warn!(%error, "the manifest could not be written");
        }
    }

    fn append(&mut self, lines: &[Line]) -> Result<()> {
        if self.file.is_none() {
            *self.file = Some(lines::open_for_adding(self.volume, NAME)?);
        }
        let Some(file) = self.file.as_ref() else {
            return Ok(());
        };
        let mut text = Vec::new();
        for line in lines {
            lines::write(&mut text, line)?;
        }
        lines::add(file, &text)?;
        Ok(())
    }

    /// Makes what was noted survive a power cut.
    pub(crate) fn sync(self) {
        let synced = self.file.as_ref().map_or(Ok(()), fs::fdatasync);
        if let Err(error) = synced {
            tracing::warn!(%error, "the manifest could not be synced");
        }
    }

    /// Writes the journal anew if more of it is stale than not. Blocks whoever wants to note something.
    pub(crate) fn compact(mut self) -> Result<bool> {
        let Some(folder) = self.volume.own_folder()? else {
            return Ok(false);
        };
        let (entries, line_count) = read::counted(self.volume)?;
        if line_count <= 2 * entries.len() + MOST_STALE_LINES {
            return Ok(false);
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC;
        let file = beneath::open(&folder, NEW_NAME, flags, Mode::from_raw_mode(0o600))?;
        let mut text = Vec::new();
        for entry in entries.into_values() {
            lines::write(&mut text, &Line::Stored(entry))?;
            if text.len() > 1 << 20 {
                lines::add(&file, &text)?;
                text.clear();
            }
        }
        lines::add(&file, &text)?;
        fs::fsync(&file)?;
        fs::renameat(&folder, NEW_NAME, &folder, NAME)?;
        beneath::sync_folder(&folder)?;
        *self.file = None;
        Ok(true)
    }
}

/// Notes what was removed, by hand and not by an upload.
pub(crate) fn removed(volume: &Volume, path: &VolumePath) {
    note_change(volume, Line::Removed { path: path.clone() });
}

/// Notes what was moved.
pub(crate) fn moved(volume: &Volume, from: &VolumePath, to: &VolumePath) {
    note_change(
        volume,
        Line::Moved {
            from: from.clone(),
            to: to.clone(),
        },
    );
}

fn note_change(volume: &Volume, line: Line) {
    // Where nothing was ever stored there is nothing to forget.
    if matches!(file_size(volume), Ok(Some(_))) {
        let mut manifest = volume.manifest().open(volume);
        manifest.note(&[line]);
        manifest.sync();
    }
}

fn file_size(volume: &Volume) -> Result<Option<u64>> {
    let Some(folder) = volume.own_folder()? else {
        return Ok(None);
    };
    let stat = beneath::look(&folder, NAME)?;
    Ok(stat.map(|stat| u64::try_from(stat.st_size).unwrap_or(0)))
}

//! `stowage verify`: the files of a volume against its manifest, byte by byte.
//!
//! Workloads may write into a volume, so a file that differs is not damaged for that: only one whose size
//! and time of change are those of its storing and whose bytes are not is.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use domain::VolumePath;
use rustix::fs::{FileType, OFlags};
use thiserror::Error;

use super::line::Entry;
use super::read;
use crate::beneath;
use crate::browse::each_file;
use crate::error::Error as AgentError;
use crate::limits::Limits;
use crate::upload::Digests;
use crate::volume::Volume;

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It has the bytes that were stored.
    Right,
    /// Its bytes are others, and nothing says that somebody wrote to it.
    Damaged,
    /// Somebody wrote to it since, or put another one in its place.
    Changed,
    /// It is not there any more.
    Missing,
    /// It could not be read.
    Unreadable,
    /// It is there, and Stowage did not store it.
    Unknown,
}

/// One file and its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where it lies, or lay.
    pub path: VolumePath,
    /// What became of it.
    pub verdict: Verdict,
}

/// Why a folder could not be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The folder or its manifest cannot be read.
    #[error("the folder cannot be read")]
    Io(#[from] io::Error),
    /// Nothing was ever stored in it.
    #[error("there is no manifest in it: it is no data volume, or nothing was stored in it yet")]
    NoManifest,
}

impl From<AgentError> for VerifyError {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Io(error) => Self::Io(error),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

/// Reads every file that the manifest of a volume's folder names, and hands over what became of each, in
/// the order of the paths; then the files that it does not name. Writes nothing. Blocks.
///
/// # Errors
/// The folder or its manifest cannot be read.
pub fn verify(folder: &Path, found: &mut dyn FnMut(Finding)) -> Result<(), VerifyError> {
    let volume = Volume::open(String::new(), folder, Limits::default())?;
    if super::file_size(&volume)?.is_none() {
        return Err(VerifyError::NoManifest);
    }
    let entries = read::all(&volume)?;
    for entry in entries.values() {
        found(Finding {
            path: entry.path.clone(),
            verdict: verdict(&volume, entry),
        });
    }
    Ok(unknown(&volume, &entries, found)?)
}

fn verdict(volume: &Volume, entry: &Entry) -> Verdict {
    let opened = beneath::open_file(volume.root(), beneath::text(&entry.path), OFlags::RDONLY);
    let (file, stat) = match opened {
        Ok(opened) => opened,
        Err(error) => return absent(volume, entry, &error),
    };
    if !entry.looks_like(&stat) {
        return Verdict::Changed;
    }
    match Digests::of(&file) {
        Ok((digests, _)) if digests == entry.digests() => Verdict::Right,
        Ok(_) => Verdict::Damaged,
        Err(error) => {
            tracing::debug!(path = %entry.path, %error, "a file could not be read");
            Verdict::Unreadable
        }
    }
}

fn absent(volume: &Volume, entry: &Entry, error: &AgentError) -> Verdict {
    if error.is_absence() {
        return Verdict::Missing;
    }
    let parent = beneath::open_parent(volume.root(), &entry.path);
    match parent.map(|(folder, name)| beneath::look(folder, name)) {
        // A link or a folder took its place.
        Ok(Ok(Some(stat))) if beneath::kind_of(&stat) != FileType::RegularFile => Verdict::Changed,
        _ => Verdict::Unreadable,
    }
}

fn unknown(
    volume: &Volume,
    entries: &BTreeMap<String, Entry>,
    found: &mut dyn FnMut(Finding),
) -> Result<(), AgentError> {
    each_file(volume, &mut |path, _| {
        let path = path.strip_prefix("./").unwrap_or(path);
        if !entries.contains_key(path)
            && let Ok(path) = path.parse()
        {
            found(Finding {
                path,
                verdict: Verdict::Unknown,
            });
        }
    })
}

//! What imports stored in a volume, and as which version of it: `.stowage/imports`, a line for each file.
//!
//! A line is written before its file appears, so after a crash there may be a line for a file that never came.
//! A line therefore counts only for a file that has the size and the time of change that it tells; and of one
//! path several lines may be there, of which any may be the one that fits.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, PoisonError};

use domain::VolumePath;
use rustix::fs::{self, Stat};
use serde::{Deserialize, Serialize};

use crate::beneath;
use crate::error::Result;
use crate::lines;
use crate::volume::Volume;

/// The file's name in `.stowage`.
const NAME: &str = "imports";
/// Longer lines are not ours: a path, an address and a version.
const MOST_LINE_BYTES: usize = 64 << 10;

/// A file as an import stored it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Imported {
    pub(super) path: VolumePath,
    /// Where it came from, without what may be secret in an address.
    pub(super) source: String,
    /// What the source calls this state of it; none where it has no word for that.
    pub(super) version: Option<String>,
    pub(super) size_bytes: u64,
    pub(super) modified_ms: i64,
}

impl Imported {
    fn fits(&self, stat: &Stat) -> bool {
        u64::try_from(stat.st_size) == Ok(self.size_bytes)
            && beneath::modified_at(stat).as_millisecond() == self.modified_ms
    }
}

/// The file that is written to, opened when something is noted.
#[derive(Debug, Default)]
pub(crate) struct ImportRecord(Mutex<Option<OwnedFd>>);

impl ImportRecord {
    /// Notes files that are about to appear, durably. Blocks.
    pub(super) fn note(&self, volume: &Volume, files: &[Imported]) -> Result<()> {
        let mut text = Vec::new();
        for file in files {
            lines::write(&mut text, file)?;
        }
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(lines::open_for_adding(volume, NAME)?);
        }
        if let Some(file) = open.as_ref() {
            lines::add(file, &text)?;
            fs::fdatasync(file)?;
        }
        Ok(())
    }
}

/// Where the lines of each path are, as they were when it was read: sixteen bytes for each line.
#[derive(Debug, Default)]
pub(super) struct Index {
    file: Option<File>,
    /// Hashes of paths, with where their lines begin, in order.
    places: Vec<(u64, u64)>,
}

impl Index {
    /// Reads the record from its beginning. Blocks.
    pub(super) fn read(volume: &Volume) -> Result<Self> {
        let Some(file) = lines::open_for_reading(volume, NAME)? else {
            return Ok(Self::default());
        };
        let file = File::from(file);
        let mut places = Vec::new();
        let mut reader = BufReader::with_capacity(256 << 10, file.try_clone()?);
        let (mut begin, mut line) = (0, Vec::new());
        loop {
            let count = reader.read_until(b'\n', &mut line)?;
            if count == 0 {
                break;
            }
            if let Some(imported) = imported(&line) {
                places.push((hash(&imported.path), begin));
            }
            begin += count as u64;
            line.clear();
        }
        places.sort_unstable();
        Ok(Self {
            file: Some(file),
            places,
        })
    }

    /// What was imported to this path as the file that is there now. Blocks.
    pub(super) fn find(&self, path: &VolumePath, stat: &Stat) -> Option<Imported> {
        let file = self.file.as_ref()?;
        let hash = hash(path);
        let begin = self.places.partition_point(|(other, _)| *other < hash);
        let end = self.places.partition_point(|(other, _)| *other <= hash);
        // The newest first, though any may be the one.
        self.places[begin..end].iter().rev().find_map(|(_, place)| {
            imported(&line_at(file, *place)?)
                .filter(|imported| imported.path == *path && imported.fits(stat))
        })
    }
}

/// Reads one line.
fn line_at(file: &File, place: u64) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut block = [0; 1 << 10];
    while line.len() < MOST_LINE_BYTES {
        let at = place + line.len() as u64;
        let count = file
            .read_at(&mut block, at)
            .ok()
            .filter(|count| *count > 0)?;
        let end = block[..count].iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&block[..end.unwrap_or(count)]);
        if end.is_some() {
            return Some(line);
        }
    }
    None
}

fn imported(line: &[u8]) -> Option<Imported> {
    lines::read(line.strip_suffix(b"\n").unwrap_or(line))
}

fn hash(path: &VolumePath) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn file(path: &str, version: &str, size_bytes: u64) -> Imported {
        Imported {
            path: path.parse().unwrap(),
            source: "https://data.example/x".to_owned(),
            version: Some(version.to_owned()),
            size_bytes,
            modified_ms: 1_500,
        }
    }

    #[test]
    fn a_line_counts_for_the_file_that_it_describes_and_for_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let volume = Volume::open("claim", folder.path(), Limits::default()).unwrap();
        let record = ImportRecord::default();
        let long = format!("{}/c", "b".repeat(255));
        let files = [
            file("a", "one", 1),
            file(&long, "one", 3),
            file("a", "two", 2),
            file("a", "never came", 9),
        ];
        record.note(&volume, &files[..2]).unwrap();
        record.note(&volume, &files[2..]).unwrap();
        let index = Index::read(&volume).unwrap();
        let found = |path: &str, size: usize| {
            let there = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(there.path(), vec![0; size]).unwrap();
            let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_500);
            there.as_file().set_modified(at).unwrap();
            let stat = fs::fstat(there.as_file()).unwrap();
            let imported = index.find(&path.parse().unwrap(), &stat);
            imported.and_then(|imported| imported.version)
        };
        assert_eq!(found("a", 1).as_deref(), Some("one"));
        assert_eq!(found("a", 2).as_deref(), Some("two"));
        assert_eq!(found("a", 3), None);
        assert_eq!(found(&long, 3).as_deref(), Some("one"));
        assert_eq!(found("b", 1), None);
    }
}

//! What imports stored in a volume, and as which version of it: `.stowage/imports`, a line for each file.
//!
//! A line is written before its file appears, so after a crash there may be a line for a file that never came.
//! A line therefore counts only for a file that has the size and the time of change that it tells; and of one
//! path several lines may be there, of which any may be the one that fits.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, PoisonError};

use domain::VolumePath;
use rustix::fs::{self, Mode, OFlags, Stat};
use serde::{Deserialize, Serialize};

use crate::beneath;
use crate::error::Result;
use crate::lines;
use crate::volume::Volume;

/// The file's name in `.stowage`.
const NAME: &str = "imports";
/// Its name while it is written anew.
const NEW_NAME: &str = "imports.new";
/// How many lines that no longer count are borne.
const MOST_STALE_LINES: usize = 10_000;
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
        let Some(file) = open.as_ref() else {
            return Ok(());
        };
        let added = lines::add(file, &text).and_then(|()| Ok(fs::fdatasync(file)?));
        if added.is_err() {
            // A line that found no room may be torn, and is ended when the record is opened again.
            *open = None;
        }
        Ok(added?)
    }

    /// Writes the record anew, with the lines alone that count, if there may be many that do not. Blocks, and
    /// whoever wants to note something waits.
    pub(crate) fn compact(&self, volume: &Volume) -> Result<bool> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = Index::read(volume)?;
        let (Some(file), Some(folder)) = (&index.file, volume.own_folder()?) else {
            return Ok(false);
        };
        if index.places.len() <= 2 * index.path_count() + MOST_STALE_LINES {
            return Ok(false);
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC;
        let new = beneath::open(&folder, NEW_NAME, flags, Mode::from_raw_mode(0o600))?;
        let (mut text, mut kept) = (Vec::new(), HashSet::new());
        for same in index.places.chunk_by(|one, other| one.0 == other.0) {
            kept.clear();
            for (_, place) in same.iter().rev() {
                let Some(imported) = line_at(file, *place).as_deref().and_then(imported) else {
                    continue;
                };
                if is_there(volume, &imported) && kept.insert(imported.path.clone()) {
                    lines::write(&mut text, &imported)?;
                }
            }
            if text.len() > 1 << 20 {
                lines::add(&new, &text)?;
                text.clear();
            }
        }
        lines::add(&new, &text)?;
        fs::fsync(&new)?;
        fs::renameat(&folder, NEW_NAME, &folder, NAME)?;
        beneath::sync_folder(&folder)?;
        *open = None;
        Ok(true)
    }
}

/// Whether the file that is there now is the one that a line describes.
fn is_there(volume: &Volume, imported: &Imported) -> bool {
    let parent = beneath::open_parent(volume.root(), &imported.path);
    let there = parent.and_then(|(folder, name)| Ok(beneath::look(folder, name)?));
    matches!(there, Ok(Some(stat)) if imported.fits(&stat))
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

    fn path_count(&self) -> usize {
        let paths = self.places.chunk_by(|one, other| one.0 == other.0);
        paths.count()
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

    #[test]
    fn lines_that_count_no_more_go_when_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let volume = Volume::open("claim", folder.path(), Limits::default()).unwrap();
        let there = std::fs::File::create(folder.path().join("a")).unwrap();
        there.set_len(7).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_500);
        there.set_modified(at).unwrap();
        let record = ImportRecord::default();
        let files: Vec<_> = (0..12_000).map(|size| file("a", "one", size)).collect();
        record.note(&volume, &files).unwrap();
        record.note(&volume, &[file("gone", "one", 1)]).unwrap();
        assert!(record.compact(&volume).unwrap());
        record.note(&volume, &[file("b", "one", 1)]).unwrap();
        let index = Index::read(&volume).unwrap();
        assert_eq!(index.places.len(), 2);
        let stat = fs::fstat(&there).unwrap();
        assert!(index.find(&"a".parse().unwrap(), &stat).is_some());
        assert!(!record.compact(&volume).unwrap());
    }
}

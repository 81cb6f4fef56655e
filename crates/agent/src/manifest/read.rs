//! Reading the journal: from its beginning for all files, from its end for one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;

use domain::VolumePath;

use super::NAME;
use super::line::{Entry, Line};
use crate::error::Result;
use crate::lines;
use crate::volume::Volume;

const BLOCK_BYTES: usize = 256 << 10;
/// A line holds two paths at most, in JSON. Longer ones are not ours.
const MOST_LINE_BYTES: usize = 64 << 10;

type Entries = BTreeMap<String, Entry>;

/// Every file that Stowage stored and that it does not know to be gone, in the order of their paths.
pub(crate) fn all(volume: &Volume) -> Result<Entries> {
    counted(volume).map(|(entries, _)| entries)
}

/// The same, and of how many lines it was made.
pub(super) fn counted(volume: &Volume) -> Result<(Entries, usize)> {
    let mut entries = Entries::new();
    let mut count = 0;
    let Some(file) = lines::open_for_reading(volume, NAME)? else {
        return Ok((entries, count));
    };
    let mut reader = BufReader::with_capacity(BLOCK_BYTES, File::from(file));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if let Some(read) = lines::read(line.strip_suffix(b"\n").unwrap_or(&line)) {
            apply(&mut entries, read);
            count += 1;
        }
        line.clear();
    }
    Ok((entries, count))
}

fn apply(entries: &mut Entries, line: Line) {
    match line {
        Line::Stored(entry) => {
            entries.insert(entry.path.as_str().to_owned(), entry);
        }
        Line::Removed { path } => drop(taken_out(entries, &path)),
        Line::Moved { from, to } => {
            for mut entry in taken_out(entries, &from) {
                if let Some(path) = moved(&entry.path, &from, &to) {
                    entry.path = path;
                    entries.insert(entry.path.as_str().to_owned(), entry);
                }
            }
        }
    }
}

/// Removes a file, or all files of a folder.
fn taken_out(entries: &mut Entries, path: &VolumePath) -> Vec<Entry> {
    let inner = format!("{path}/")..format!("{path}0");
    let mut keys: Vec<String> = entries.range(inner).map(|(key, _)| key.clone()).collect();
    keys.push(path.as_str().to_owned());
    keys.iter().filter_map(|key| entries.remove(key)).collect()
}

/// Where something is after a folder on its way was moved.
fn moved(path: &VolumePath, from: &VolumePath, to: &VolumePath) -> Option<VolumePath> {
    let rest = path.as_str().strip_prefix(from.as_str())?;
    format!("{to}{rest}").parse().ok()
}

/// What was stored at a path, read from the end on: what happened last counts.
pub(crate) fn find(volume: &Volume, path: &VolumePath) -> Result<Option<Entry>> {
    let Some(file) = lines::open_for_reading(volume, NAME)? else {
        return Ok(None);
    };
    let mut wanted = path.clone();
    let mut found = None;
    backwards(&File::from(file), |line| {
        match lines::read(line) {
            Some(Line::Stored(entry)) if entry.path == wanted => {
                found = Some(Entry {
                    path: path.clone(),
                    ..entry
                });
                return false;
            }
            Some(Line::Removed { path }) if wanted.is_within(&path) => return false,
            Some(Line::Moved { from, to }) if wanted.is_within(&to) => {
                match moved(&wanted, &to, &from) {
                    Some(earlier) => wanted = earlier,
                    None => return false,
                }
            }
            Some(Line::Moved { from, .. }) if wanted.is_within(&from) => return false,
            _ => {}
        }
        true
    })?;
    Ok(found)
}

/// Hands over line after line, the last one first, until `next` has enough.
fn backwards(file: &File, mut next: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut begin = file.metadata()?.len();
    // What was read of the line that begins before the block.
    let mut tail: Vec<u8> = Vec::new();
    while begin > 0 {
        let size = BLOCK_BYTES.min(usize::try_from(begin).unwrap_or(BLOCK_BYTES));
        begin -= size as u64;
        let mut block = vec![0; size];
        file.read_exact_at(&mut block, begin)?;
        block.append(&mut tail);
        let mut end = block.len();
        while let Some(newline) = block[..end].iter().rposition(|byte| *byte == b'\n') {
            if !next(&block[newline + 1..end]) {
                return Ok(());
            }
            end = newline;
        }
        block.truncate(end.min(MOST_LINE_BYTES));
        tail = block;
    }
    next(&tail);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::upload::Digests;

    fn entry(path: &str, size_bytes: u64) -> Entry {
        let file = std::os::fd::OwnedFd::from(tempfile::tempfile().unwrap());
        let Digests { blake3, sha256 } = Digests::of(&file).unwrap().0;
        let at = jiff::Timestamp::UNIX_EPOCH;
        Entry {
            path: path.parse().unwrap(),
            size_bytes,
            modified_at: at,
            blake3,
            sha256,
            stored_at: at,
        }
    }

    fn stored(path: &str, size_bytes: u64) -> Line {
        Line::Stored(entry(path, size_bytes))
    }

    fn removed(path: &str) -> Line {
        Line::Removed {
            path: path.parse().unwrap(),
        }
    }

    fn moved(from: &str, to: &str) -> Line {
        Line::Moved {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    fn noted(lines: &[Line]) -> (tempfile::TempDir, Volume) {
        let folder = tempfile::tempdir().unwrap();
        let volume = Volume::open("claim", folder.path(), Limits::default()).unwrap();
        let mut manifest = volume.manifest().open(&volume);
        manifest.note(lines);
        manifest.sync();
        (folder, volume)
    }

    #[test]
    fn what_happened_last_counts_from_either_end() {
        let (_folder, volume) = noted(&[
            stored("a/b/c", 1),
            stored("a/b", 2),
            stored("a/bc", 3),
            stored("d", 4),
            moved("a/b", "x"),
            stored("d", 5),
            removed("a/bc"),
            stored("e/f", 6),
            removed("e"),
            moved("x/c", "y"),
        ]);
        let all: Vec<_> = all(&volume)
            .unwrap()
            .into_values()
            .map(|entry| (entry.path.to_string(), entry.size_bytes))
            .collect();
        let expected = [("d", 5), ("x", 2), ("y", 1)];
        assert_eq!(all, expected.map(|(path, size)| (path.to_owned(), size)));
        for (path, size) in expected {
            let found = find(&volume, &path.parse().unwrap()).unwrap().unwrap();
            assert_eq!((found.path.as_str(), found.size_bytes), (path, size));
        }
        for path in ["a/b", "a/b/c", "a/bc", "e/f", "x/c", "never"] {
            assert_eq!(
                find(&volume, &path.parse().unwrap()).unwrap(),
                None,
                "{path}"
            );
        }
    }

    #[test]
    fn a_torn_line_costs_itself_and_no_other() {
        let (folder, volume) = noted(&[stored("a", 1), stored("b", 2)]);
        let path = folder.path().join(".stowage/manifest");
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        drop(volume);
        let volume = Volume::open("claim", folder.path(), Limits::default()).unwrap();
        volume.manifest().open(&volume).note(&[stored("c", 3)]);
        let paths: Vec<_> = all(&volume).unwrap().into_keys().collect();
        assert_eq!(paths, ["a", "c"]);
        assert!(find(&volume, &"a".parse().unwrap()).unwrap().is_some());
    }

    #[test]
    fn stale_lines_go_when_there_are_too_many() {
        let lines: Vec<_> = (0..12_000).map(|size| stored("a", size)).collect();
        let (folder, volume) = noted(&lines);
        assert!(volume.manifest().open(&volume).compact().unwrap());
        volume.manifest().open(&volume).note(&[stored("b", 1)]);
        let text = std::fs::read_to_string(folder.path().join(".stowage/manifest")).unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 2);
        let found = find(&volume, &"a".parse().unwrap()).unwrap().unwrap();
        assert_eq!(found.size_bytes, 11_999);
        assert!(!volume.manifest().open(&volume).compact().unwrap());
    }
}

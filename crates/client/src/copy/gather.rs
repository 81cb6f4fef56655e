//! What is to be sent: files and empty folders, found while others are sent already.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tokio::sync::mpsc::Sender;
use uploader::{Added, ItemKind};

use super::LocalFile;

/// So many are handed over at once.
const CHUNK: usize = 500;

/// Something that was found.
pub(super) enum Found {
    /// A file or an empty folder, with where it goes from the target on.
    Item(Added, LocalFile),
    /// What cannot be sent, and why.
    Unfit(PathBuf, String),
}

/// Walks through a source and all folders in it.
pub(super) struct Walk {
    sender: Sender<Vec<Found>>,
    chunk: Vec<Found>,
}

impl Walk {
    pub(super) fn new(sender: Sender<Vec<Found>>) -> Self {
        Self {
            sender,
            chunk: Vec::new(),
        }
    }

    /// A source that somebody named: a link is followed here.
    pub(super) fn source(&mut self, path: &Path, target: &str) {
        match fs::metadata(path) {
            Ok(found) => self.visit(path, target, &found),
            Err(error) => self.unfit(path, &error),
        }
    }

    fn visit(&mut self, path: &Path, target: &str, found: &Metadata) {
        if found.is_dir() {
            return self.folder(path, target, found);
        }
        if !found.is_file() {
            let reason = "links, pipes and devices are not copied".to_owned();
            return self.push(Found::Unfit(path.to_owned(), reason));
        }
        self.item(path, target, ItemKind::File, found);
    }

    fn folder(&mut self, path: &Path, target: &str, found: &Metadata) {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unfit(path, &error),
        };
        if entries.is_empty() && !target.is_empty() {
            return self.item(path, target, ItemKind::Folder, found);
        }
        entries.sort_unstable_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                self.push(Found::Unfit(
                    path,
                    "its name is not UTF-8: rename it".to_owned(),
                ));
                continue;
            };
            let target = if target.is_empty() {
                name
            } else {
                format!("{target}/{name}")
            };
            match fs::symlink_metadata(&path) {
                Ok(found) => self.visit(&path, &target, &found),
                Err(error) => self.unfit(&path, &error),
            }
        }
    }

    fn item(&mut self, path: &Path, target: &str, kind: ItemKind, found: &Metadata) {
        let size_bytes = if kind == ItemKind::File {
            found.len()
        } else {
            0
        };
        let modified_ms = modified_ms(found);
        let added = Added {
            path: target.to_owned(),
            kind,
            size_bytes,
            modified_ms,
        };
        let file = LocalFile {
            path: path.to_owned(),
            size_bytes,
            modified_ms,
        };
        self.push(Found::Item(added, file));
    }

    fn unfit(&mut self, path: &Path, error: &io::Error) {
        self.push(Found::Unfit(path.to_owned(), error.to_string()));
    }

    fn push(&mut self, found: Found) {
        self.chunk.push(found);
        if self.chunk.len() >= CHUNK {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        // Whoever does not listen any more has ended with an error.
        let _ = self.sender.blocking_send(std::mem::take(&mut self.chunk));
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.hand_over();
    }
}

/// Milliseconds since 1970, as they go along with an upload.
pub(super) fn modified_ms(found: &Metadata) -> i64 {
    let modified = found.modified().unwrap_or(UNIX_EPOCH);
    let since = modified
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_millis());
    let before = |error: std::time::SystemTimeError| error.duration().as_millis();
    match since {
        Ok(ms) => i64::try_from(ms).unwrap_or(i64::MAX),
        Err(error) => i64::try_from(before(error)).map_or(i64::MIN, |ms| -ms),
    }
}

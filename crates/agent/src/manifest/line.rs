//! One line of the journal: what happened to files.

use domain::VolumePath;
use jiff::Timestamp;
use rustix::fs::Stat;
use serde::{Deserialize, Serialize};
use wire::StoredFile;

use crate::beneath;
use crate::upload::{Digests, Hash256};

/// A file as it was when it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) path: VolumePath,
    pub(crate) size_bytes: u64,
    /// The file's own time of change: if it differs now, somebody wrote to the file.
    pub(crate) modified_at: Timestamp,
    pub(crate) blake3: Hash256,
    pub(crate) sha256: Hash256,
    pub(crate) stored_at: Timestamp,
}

impl Entry {
    pub(crate) fn of(
        path: VolumePath,
        stat: &Stat,
        digests: Digests,
        stored_at: Timestamp,
    ) -> Self {
        Self {
            path,
            size_bytes: u64::try_from(stat.st_size).unwrap_or(0),
            modified_at: beneath::modified_at(stat),
            blake3: digests.blake3,
            sha256: digests.sha256,
            stored_at,
        }
    }

    pub(crate) fn digests(&self) -> Digests {
        Digests {
            blake3: self.blake3,
            sha256: self.sha256,
        }
    }

    /// What a page shows of it beside a file that is so large and so old now.
    pub(crate) fn view(&self, stat: &Stat) -> StoredFile {
        StoredFile {
            blake3: self.blake3.to_string(),
            sha256: self.sha256.to_string(),
            stored_at: self.stored_at,
            is_unchanged: self.looks_like(stat),
        }
    }

    /// Whether a file has the size and the time of change that it had when it was stored.
    pub(crate) fn looks_like(&self, stat: &Stat) -> bool {
        u64::try_from(stat.st_size) == Ok(self.size_bytes)
            && beneath::modified_at(stat) == self.modified_at
    }
}

/// What happened to files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub(crate) enum Line {
    /// A file appeared, or another one took its place.
    Stored(Entry),
    /// A file or folder went, with all that was in it.
    Removed { path: VolumePath },
    /// A file or folder got another path.
    Moved { from: VolumePath, to: VolumePath },
}

//! Uploads, beside the tus protocol itself.

use domain::{Bytes, VolumePath};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// What to do when the name is taken (`overwrite` in `Upload-Metadata`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenPresent {
    /// Refuse: 409, and nothing changes.
    #[default]
    No,
    /// Replace it, in one step, when the new content is whole.
    Yes,
    /// Keep both: `name (2).ext`.
    Rename,
}

/// An upload of the caller that is not complete, so that a reloaded page can go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnfinishedUpload {
    /// Its id; its address is `…/uploads/{id}`.
    pub id: String,
    /// Where the file goes.
    pub path: VolumePath,
    /// How large it will be.
    pub size_bytes: Bytes,
    /// What is stored for good.
    pub offset_bytes: Bytes,
    /// `mtime` of `Upload-Metadata`, milliseconds since 1970: tells whether a file is still the same.
    pub modified_ms: Option<i64>,
    /// Whether its bytes may be sent at any offset, several requests at once.
    #[serde(default)]
    pub takes_lanes: bool,
    /// When it is swept away.
    pub expires_at: Timestamp,
}

/// One file of a batch, before its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchFile {
    /// Where it goes. A text, because one that is not allowed as a path is refused alone.
    pub path: String,
    /// How many bytes follow.
    pub size_bytes: u64,
    /// The file's own time of change, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ms: Option<i64>,
    /// What to do when the name is taken.
    #[serde(default)]
    pub overwrite: WhenPresent,
    /// `<algorithm> <base64>`, as `Upload-Checksum` of tus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// What became of a batch, file by file in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// One for each file.
    pub files: Vec<BatchResult>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum BatchResult {
    /// It is stored, for good.
    #[serde(rename_all = "camelCase")]
    Stored {
        /// Where: another path than was asked for if both are kept.
        path: VolumePath,
        /// BLAKE3 of its bytes, in hexadecimal digits.
        blake3: String,
    },
    /// The very same file was there already. Nothing was written.
    #[serde(rename_all = "camelCase")]
    Present {
        /// Where.
        path: VolumePath,
        /// BLAKE3 of its bytes, in hexadecimal digits.
        blake3: String,
    },
    /// It is not stored.
    #[serde(rename_all = "camelCase")]
    Refused {
        /// The path as it was sent.
        path: String,
        /// Why.
        problem: Problem,
    },
}

/// What became of an archive that was unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveAnswer {
    /// How many of its files are stored, for good.
    pub stored_files: u64,
    /// How many were there already with the very same bytes.
    pub present_files: u64,
    /// How many are not stored.
    pub refused_files: u64,
    /// The first of these, each with its reason.
    pub refused: Vec<BatchResult>,
    /// Why it was not read to its end. What is stored stays.
    pub ended_early: Option<Problem>,
}

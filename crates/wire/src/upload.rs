//! Uploads, beside the tus protocol itself.

use domain::{Bytes, VolumePath};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// When it is swept away.
    pub expires_at: Timestamp,
}

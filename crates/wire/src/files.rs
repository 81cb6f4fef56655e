//! The Files tab, as the data agent answers it.

use domain::{Bytes, VolumePath};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link, FIFO, socket or device: named, never followed, never opened.
    Other,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FileView {
    /// Its name. Names that are no UTF-8 are shown with U+FFFD and cannot be opened.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its size; 0 for folders.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub size_bytes: Bytes,
    /// When its content last changed.
    pub modified_at: Timestamp,
}

/// One folder, or a page of it. Folders first, then by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FolderView {
    /// Which folder.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub path: VolumePath,
    /// The entries of this page.
    pub entries: Vec<FileView>,
    /// How many entries there are in all.
    pub total: u64,
    /// Where the next page begins; `None` on the last.
    pub next: Option<u64>,
}

impl FolderView {
    /// The entries on a page unless the request says otherwise.
    pub const USUAL_LIMIT: u64 = 500;
}

/// One file, and what is known of it since it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileDetails {
    /// Where it lies.
    pub path: VolumePath,
    /// Its size.
    pub size_bytes: Bytes,
    /// When its content last changed.
    pub modified_at: Timestamp,
    /// What the manifest says of it; `None` for a file that did not come through Stowage.
    pub stored: Option<StoredFile>,
}

/// What a file was when it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// BLAKE3 of its bytes, in hexadecimal digits.
    pub blake3: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// When.
    pub stored_at: Timestamp,
    /// Whether size and time of change are still those of then. The bytes are compared by `stowage verify`.
    pub is_unchanged: bool,
}

/// Makes a folder, and those on the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFolder {
    /// Where.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub path: VolumePath,
}

/// Gives a file or folder another name or place. Nothing is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenameFile {
    /// What.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: VolumePath,
    /// Its new path.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub to: VolumePath,
}

/// What lies in a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageView {
    /// Bytes of all files, by a walk.
    pub used_bytes: Bytes,
    /// How many files.
    pub file_count: u64,
    /// Free bytes of the file system (`statvfs`).
    pub available_bytes: Bytes,
}

/// The beginning of a file, ready to be shown. Everything in it is somebody's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum PreviewView {
    /// Plain text, source code, JSON that could not be read.
    #[serde(rename_all = "camelCase")]
    Text {
        /// The text.
        text: String,
        /// Whether there is more in the file.
        is_truncated: bool,
    },
    /// JSON, indented.
    #[serde(rename_all = "camelCase")]
    Json {
        /// The indented text.
        text: String,
    },
    /// A table from CSV or TSV.
    #[serde(rename_all = "camelCase")]
    Table {
        /// The first line.
        header: Vec<String>,
        /// The next lines, at most 200.
        rows: Vec<Vec<String>>,
        /// Whether there is more in the file.
        is_truncated: bool,
    },
    /// Markdown, as source: the page renders it without raw HTML.
    #[serde(rename_all = "camelCase")]
    Markdown {
        /// The source.
        text: String,
        /// Whether there is more in the file.
        is_truncated: bool,
    },
    /// A picture that browsers show (PNG, JPEG, GIF, WebP, AVIF); the page loads it from the content address.
    Image,
    /// Nothing that can be shown.
    #[serde(rename_all = "camelCase")]
    None {
        /// Why.
        reason: String,
    },
}

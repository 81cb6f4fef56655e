//! What happened, for the Activity tab and for the live pages.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DataVolumeId, EventId, UserId};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A data volume was made.
    Created,
    /// Name, description or tags were changed.
    Edited,
    /// The phase changed.
    PhaseChanged,
    /// It was offered to a scope.
    Shared,
    /// A share was taken away.
    Unshared,
    /// A file was stored.
    FileStored,
    /// A folder was made.
    FolderMade,
    /// A file or folder got another name.
    Renamed,
    /// A file or folder was deleted.
    FileDeleted,
    /// A file was read: downloaded or shown.
    FileRead,
    /// Its deletion was asked for.
    DeletionRequested,
    /// It is gone.
    Deleted,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Created,
        Self::Edited,
        Self::PhaseChanged,
        Self::Shared,
        Self::Unshared,
        Self::FileStored,
        Self::FolderMade,
        Self::Renamed,
        Self::FileDeleted,
        Self::FileRead,
        Self::DeletionRequested,
        Self::Deleted,
    ];

    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Edited => "edited",
            Self::PhaseChanged => "phase-changed",
            Self::Shared => "shared",
            Self::Unshared => "unshared",
            Self::FileStored => "file-stored",
            Self::FolderMade => "folder-made",
            Self::Renamed => "renamed",
            Self::FileDeleted => "file-deleted",
            Self::FileRead => "file-read",
            Self::DeletionRequested => "deletion-requested",
            Self::Deleted => "deleted",
        }
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a kind of event"))
    }
}

/// One entry of the log, written in the transaction of the change that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What kind of thing happened.
    pub kind: EventKind,
    /// To which data volume.
    pub data_volume_id: DataVolumeId,
    /// By whom; `None` where the console itself did it.
    pub user_id: Option<UserId>,
    /// What exactly: a path, a scope's name, a phase. Plain text.
    pub subject: String,
    /// When.
    pub happened_at: Timestamp,
}

//! The log: what happened, to what, by whom, from where, and whether it was allowed.
//!
//! There is one log. The Activity tab and the page “Audit log” are two looks at it, and what open pages
//! hear carries the same kinds.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccessKey, AccessRule, ApplicationId, DataVolume, EventId, KeyHolder, Placed, SavedView, Scope,
    ScopePath, ScopeType, UserId,
};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// It was made.
    Created,
    /// Its name, description or tags were changed.
    Edited,
    /// The phase changed.
    PhaseChanged,
    /// It was offered to a scope.
    Shared,
    /// A share was taken away.
    Unshared,
    /// A static volume was offered to a scope.
    VolumeOffered,
    /// The offer of a static volume was taken back.
    OfferWithdrawn,
    /// Somebody asked for a share.
    ShareRequested,
    /// A request for a share was granted.
    ShareApproved,
    /// A request for a share was refused.
    ShareRefused,
    /// A request for a share was taken back by whoever made it.
    ShareWithdrawn,
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
    /// An import into it was started.
    ImportStarted,
    /// An import into it is over, or got on.
    ImportEnded,
    /// An import into it was stopped by somebody.
    ImportCanceled,
    /// Its deletion was asked for.
    DeletionRequested,
    /// It is gone.
    Deleted,
    /// A person signed in.
    SignedIn,
    /// A session of a person ended: by themselves, or by their identity provider.
    SignedOut,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 23] = [
        Self::Created,
        Self::Edited,
        Self::PhaseChanged,
        Self::Shared,
        Self::Unshared,
        Self::VolumeOffered,
        Self::OfferWithdrawn,
        Self::ShareRequested,
        Self::ShareApproved,
        Self::ShareRefused,
        Self::ShareWithdrawn,
        Self::FileStored,
        Self::FolderMade,
        Self::Renamed,
        Self::FileDeleted,
        Self::FileRead,
        Self::ImportStarted,
        Self::ImportEnded,
        Self::ImportCanceled,
        Self::DeletionRequested,
        Self::Deleted,
        Self::SignedIn,
        Self::SignedOut,
    ];

    /// Whether the subject of such an entry names files or folders.
    pub fn is_about_files(self) -> bool {
        matches!(
            self,
            Self::FileStored
                | Self::FolderMade
                | Self::Renamed
                | Self::FileDeleted
                | Self::FileRead
                | Self::ImportStarted
                | Self::ImportEnded
                | Self::ImportCanceled
        )
    }

    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Edited => "edited",
            Self::PhaseChanged => "phase-changed",
            Self::Shared => "shared",
            Self::Unshared => "unshared",
            Self::VolumeOffered => "volume-offered",
            Self::OfferWithdrawn => "offer-withdrawn",
            Self::ShareRequested => "share-requested",
            Self::ShareApproved => "share-approved",
            Self::ShareRefused => "share-refused",
            Self::ShareWithdrawn => "share-withdrawn",
            Self::FileStored => "file-stored",
            Self::FolderMade => "folder-made",
            Self::Renamed => "renamed",
            Self::FileDeleted => "file-deleted",
            Self::FileRead => "file-read",
            Self::ImportStarted => "import-started",
            Self::ImportEnded => "import-ended",
            Self::ImportCanceled => "import-canceled",
            Self::DeletionRequested => "deletion-requested",
            Self::Deleted => "deleted",
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
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

/// What kind of thing something happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectType {
    /// A data volume, or a file in it.
    DataVolume,
    /// A department.
    Department,
    /// A project.
    Project,
    /// An access rule.
    AccessRule,
    /// An application.
    Application,
    /// An access key of a person.
    AccessKey,
    /// A view of the catalogue that a person saved.
    SavedView,
    /// A person.
    Person,
    /// A volume of a cluster that was made by hand.
    StaticVolume,
}

impl ObjectType {
    /// Every type.
    pub const ALL: [Self; 9] = [
        Self::DataVolume,
        Self::Department,
        Self::Project,
        Self::AccessRule,
        Self::Application,
        Self::AccessKey,
        Self::SavedView,
        Self::Person,
        Self::StaticVolume,
    ];

    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataVolume => "data-volume",
            Self::Department => "department",
            Self::Project => "project",
            Self::AccessRule => "access-rule",
            Self::Application => "application",
            Self::AccessKey => "access-key",
            Self::SavedView => "saved-view",
            Self::Person => "person",
            Self::StaticVolume => "static-volume",
        }
    }
}

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DataVolume => "data volume",
            Self::Department => "department",
            Self::Project => "project",
            Self::AccessRule => "access rule",
            Self::Application => "application",
            Self::AccessKey => "access key",
            Self::SavedView => "saved view",
            Self::Person => "person",
            Self::StaticVolume => "static volume",
        })
    }
}

impl FromStr for ObjectType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a type of object"))
    }
}

/// To what something happened, as it was called then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventObject {
    /// What kind of thing it is.
    pub object_type: ObjectType,
    /// Its id.
    pub id: String,
    /// Its name; empty where somebody tried something with what is not there.
    pub name: String,
    /// The scope that it lives in; `None` where it is not known.
    pub place: Option<ScopePath>,
}

impl From<&Placed<DataVolume>> for EventObject {
    fn from(volume: &Placed<DataVolume>) -> Self {
        Self {
            object_type: ObjectType::DataVolume,
            id: volume.thing.id.to_string(),
            name: volume.thing.name.to_string(),
            place: Some(volume.place.clone()),
        }
    }
}

impl From<&Scope> for EventObject {
    fn from(scope: &Scope) -> Self {
        Self {
            object_type: match scope.scope_type() {
                ScopeType::Project => ObjectType::Project,
                _ => ObjectType::Department,
            },
            id: scope.id().to_string(),
            name: scope.name.clone(),
            place: Some(scope.path.clone()),
        }
    }
}

impl From<&AccessRule> for EventObject {
    fn from(rule: &AccessRule) -> Self {
        Self {
            object_type: ObjectType::AccessRule,
            id: rule.id.to_string(),
            name: format!("{} for {}", rule.role, rule.subject),
            place: Some(rule.scope.clone()),
        }
    }
}

impl From<&AccessKey> for EventObject {
    /// The key, or the application that it belongs to.
    fn from(key: &AccessKey) -> Self {
        Self {
            object_type: match key.holder {
                KeyHolder::Application(_) => ObjectType::Application,
                KeyHolder::Person(_) => ObjectType::AccessKey,
            },
            id: key.id.to_string(),
            name: key.name.to_string(),
            place: None,
        }
    }
}

impl From<&SavedView> for EventObject {
    fn from(view: &SavedView) -> Self {
        Self {
            object_type: ObjectType::SavedView,
            id: view.id.to_string(),
            name: view.name.to_string(),
            place: None,
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The console itself.
    Console,
    /// A person, with the name that they had then.
    Person {
        /// Who.
        id: UserId,
        /// What they were called.
        name: String,
    },
    /// A program for itself, with the name that it had then.
    Application {
        /// Which.
        id: ApplicationId,
        /// What it was called.
        name: String,
    },
}

/// From where a request came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of whoever sent it; `None` where it came by no network.
    pub address: Option<IpAddr>,
    /// What the program called itself. Anybody can claim anything here. At most
    /// [`Origin::MAX_USER_AGENT`] characters, none of which controls anything.
    pub user_agent: String,
}

impl Origin {
    /// The most characters that are kept of a user agent.
    pub const MAX_USER_AGENT: usize = 256;
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The caller may not.
    Refused {
        /// What they were told.
        reason: String,
    },
}

/// One entry of the log, written in the transaction of the change that it tells of; an attempt that was
/// refused in one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What kind of thing happened.
    pub kind: EventKind,
    /// To what.
    pub object: EventObject,
    /// By whom.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// How it ended.
    pub outcome: Outcome,
    /// What exactly: a path, a scope's name, a phase. Plain text.
    pub subject: String,
    /// When.
    pub happened_at: Timestamp,
}

//! Shares are rules; mounts follow from them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DataVolumeId, ScopeId, ScopePath, ShareId, UserId};

/// What the receiving projects may do with the files.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum ShareMode {
    /// Read.
    #[default]
    ReadOnly,
    /// Read and write.
    ReadWrite,
}

impl ShareMode {
    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
        }
    }
}

impl fmt::Display for ShareMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
        })
    }
}

impl FromStr for ShareMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "readOnly" => Ok(Self::ReadOnly),
            "readWrite" => Ok(Self::ReadWrite),
            _ => Err(format!("“{text}” is not a mode of sharing")),
        }
    }
}

/// One data volume offered to one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// What is offered.
    pub data_volume_id: DataVolumeId,
    /// The UID of the origin claim at the time: a claim made anew under the same name must not
    /// inherit shares.
    pub origin_claim_uid: String,
    /// To whom.
    pub scope: ScopePath,
    /// How.
    pub mode: ShareMode,
    /// Why, in the words of the person who shared; empty if they gave none.
    pub reason: String,
    /// Who shared.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it ends by itself; `None` for one that somebody has to take away.
    pub expires_at: Option<Timestamp>,
}

impl Share {
    /// Whether its time is over.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// How far a mount has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub enum MountPhase {
    /// The cluster works on it.
    Pending,
    /// The project can use the volume.
    Ready,
    /// It is being taken away.
    Revoking,
    /// The cluster refuses; the message says why.
    Failed,
}

impl MountPhase {
    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Ready => "Ready",
            Self::Revoking => "Revoking",
            Self::Failed => "Failed",
        }
    }
}

impl FromStr for MountPhase {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Pending, Self::Ready, Self::Revoking, Self::Failed]
            .into_iter()
            .find(|phase| phase.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a phase of a mount"))
    }
}

/// The derived state of one data volume in one receiving project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted.
    pub data_volume_id: DataVolumeId,
    /// Where: the receiving project.
    pub project_id: ScopeId,
    /// How.
    pub mode: ShareMode,
    /// How far it is.
    pub phase: MountPhase,
    /// Where the project finds it: a claim's name, or a path. Empty until known.
    pub location: String,
    /// What enforces read-only (“read-only bind mount”, “link; enforced by the data agent only”), or
    /// what is wrong and what to do.
    pub message: String,
    /// When the phase was last told.
    pub updated_at: Timestamp,
}

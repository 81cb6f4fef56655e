//! Shares are rules; mounts follow from them.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DataVolumeId, ScopeId, ScopePath, ShareId, UserId, VolumePath};

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
    /// The folder that is offered; the root for all of the volume.
    pub sub_path: VolumePath,
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

    /// What rights follow from.
    pub fn reach(&self) -> Reach {
        Reach {
            scope: self.scope.clone(),
            mode: self.mode,
            sub_path: self.sub_path.clone(),
        }
    }
}

/// How far something reaches beyond the scope that it lives in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whoever works there has it.
    pub scope: ScopePath,
    /// How.
    pub mode: ShareMode,
    /// The folder that they have; the root for all of the volume.
    pub sub_path: VolumePath,
}

impl Reach {
    /// All of the volume.
    pub fn whole(scope: ScopePath, mode: ShareMode) -> Self {
        Self {
            scope,
            mode,
            sub_path: VolumePath::root(),
        }
    }
}

/// What a project finds of a volume that these shares bring it: one folder, because there is one mount.
///
/// The folder nearest to the root, and among equals that of the nearest scope; with the widest mode of
/// the shares that hold it.
pub fn mounted<'s>(shares: impl IntoIterator<Item = &'s Share>) -> Option<(VolumePath, ShareMode)> {
    let shares: Vec<&Share> = shares.into_iter().collect();
    let chosen = shares.iter().min_by_key(|share| {
        let depth = share.sub_path.components().count();
        (depth, Reverse(share.scope.scope_type()), &share.sub_path)
    })?;
    let mode = shares
        .iter()
        .filter(|share| chosen.sub_path.is_within(&share.sub_path))
        .map(|share| share.mode)
        .max()?;
    Some((chosen.sub_path.clone(), mode))
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
    /// The folder that is mounted; the root for all of the volume.
    pub sub_path: VolumePath,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn share(scope: &[&str], sub_path: &str, mode: ShareMode) -> Share {
        let place = ScopePath::tenant(scope[0].into());
        let scope = scope[1..]
            .iter()
            .fold(place, |above, id| above.child((*id).into()).unwrap());
        Share {
            id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            data_volume_id: "00000000-0000-0000-0000-000000000002".parse().unwrap(),
            origin_claim_uid: "claim".into(),
            scope,
            mode,
            sub_path: sub_path.parse().unwrap(),
            reason: String::new(),
            created_by: "00000000-0000-0000-0000-000000000003".parse().unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
        }
    }

    const DEPARTMENT: [&str; 3] = ["acme", "east", "vision"];
    const PROJECT: [&str; 4] = ["acme", "east", "vision", "1"];

    #[test]
    fn the_whole_volume_hides_its_folders_and_lends_them_no_mode() {
        use ShareMode::{ReadOnly, ReadWrite};
        let whole = share(&DEPARTMENT, "", ReadOnly);
        let folder = share(&PROJECT, "train", ReadWrite);
        assert_eq!(
            mounted([&folder, &whole]),
            Some((VolumePath::root(), ReadOnly))
        );
        let whole = share(&DEPARTMENT, "", ReadWrite);
        let folder = share(&PROJECT, "train", ReadOnly);
        assert_eq!(
            mounted([&folder, &whole]),
            Some((VolumePath::root(), ReadWrite))
        );
        assert_eq!(mounted([]), None);
    }

    #[test]
    fn among_folders_the_nearest_scope_chooses() {
        use ShareMode::{ReadOnly, ReadWrite};
        let theirs = share(&DEPARTMENT, "a", ReadWrite);
        let own = share(&PROJECT, "b", ReadOnly);
        assert_eq!(
            mounted([&theirs, &own]),
            Some(("b".parse().unwrap(), ReadOnly))
        );
        let deeper = share(&PROJECT, "b/c", ReadOnly);
        assert_eq!(
            mounted([&theirs, &deeper]),
            Some(("a".parse().unwrap(), ReadWrite))
        );
    }
}

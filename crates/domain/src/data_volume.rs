//! Data volumes, their storage and their state.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Bytes, DataVolumeId, Description, Placed, Reach, ScopePath, Standing, Tag, UserId, VolumeName,
    VolumePath,
};

macro_rules! words {
    ($type:ident, $what:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in the order of the list on the pages.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in the API and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!(concat!("“{}” is not ", $what), text)),
                }
            }
        }
    };
}

/// Where a data volume stands, as in Run:ai's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// The cluster makes the storage.
    Creating,
    /// The storage is there and answers.
    Ready,
    /// Something is wrong; the conditions say what.
    NotReady,
    /// Storage and mounts are being taken away.
    Deleting,
    /// The cluster does not answer.
    Unknown,
}

words!(Phase, "a phase of a data volume", {
    Creating => "Creating",
    Ready => "Ready",
    NotReady => "NotReady",
    Deleting => "Deleting",
    Unknown => "Unknown",
});

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReady => "Not ready",
            other => other.as_str(),
        })
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody could tell.
    Unknown,
}

/// One thing that is so or not, in plain words: what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is told about: `ClaimBound`, `AgentReachable`, `MountsReady`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is so.
    pub status: ConditionStatus,
    /// One word for programs.
    pub reason: String,
    /// One sentence for people.
    pub message: String,
    /// When the status last changed.
    pub last_transition_time: Timestamp,
}

/// What becomes of the bytes when the claim or the node goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersistenceClass {
    /// Network storage, kept when the claim goes.
    Durable,
    /// Destroyed together with the claim (reclaim policy `Delete`).
    DeletedWithItsClaim,
    /// On one node's disk: lost with the node.
    NodeLocal,
    /// Gone with the next restart.
    Ephemeral,
}

words!(PersistenceClass, "a class of persistence", {
    Durable => "durable",
    DeletedWithItsClaim => "deleted-with-its-claim",
    NodeLocal => "node-local",
    Ephemeral => "ephemeral",
});

impl fmt::Display for PersistenceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Durable => "durable",
            Self::DeletedWithItsClaim => "deleted with its claim",
            Self::NodeLocal => "node-local",
            Self::Ephemeral => "ephemeral",
        })
    }
}

/// A persistence class and the facts that it was derived from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Persistence {
    /// The class.
    pub class: PersistenceClass,
    /// Why, in one sentence.
    pub reason: String,
}

/// Whether and how a volume can be shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "answer")]
pub enum Sharing {
    /// It can; `how` names what the receiving projects get and what enforces read-only.
    Possible {
        /// One sentence.
        how: String,
    },
    /// It cannot.
    Refused {
        /// Why, and what to choose instead.
        reason: String,
    },
}

/// How programs may open the storage, with Kubernetes' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccessMode {
    /// Read and write from one node.
    ReadWriteOnce,
    /// Read from many nodes.
    ReadOnlyMany,
    /// Read and write from many nodes.
    ReadWriteMany,
    /// Read and write from one pod.
    ReadWriteOncePod,
}

words!(AccessMode, "an access mode", {
    ReadWriteOnce => "ReadWriteOnce",
    ReadOnlyMany => "ReadOnlyMany",
    ReadWriteMany => "ReadWriteMany",
    ReadWriteOncePod => "ReadWriteOncePod",
});

/// Where the storage of a volume comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum OriginSource {
    /// A claim (a directory) that is there already. Deleting the data volume keeps it.
    #[serde(rename_all = "camelCase")]
    ExistingClaim {
        /// Its name in the project's namespace or folder.
        claim: String,
        /// The folder of it that is the data volume; the root for all of it.
        #[serde(default, skip_serializing_if = "VolumePath::is_root")]
        sub_path: VolumePath,
    },
    /// A claim that Stowage makes.
    #[serde(rename_all = "camelCase")]
    NewClaim {
        /// The storage class to take it from.
        storage_class: String,
        /// How much is asked for, in bytes.
        size: Bytes,
    },
    /// A claim that Stowage makes on a volume which an administrator made by hand and offered. Deleting the
    /// data volume deletes the claim and keeps the volume.
    #[serde(rename_all = "camelCase")]
    OfferedVolume {
        /// The volume's name on the cluster.
        volume: String,
        /// The volume's UID: another one of that name was not offered.
        volume_uid: String,
    },
}

impl OriginSource {
    /// Whether Stowage makes the claim, and deletes it with the data volume.
    pub fn makes_claim(&self) -> bool {
        !matches!(self, Self::ExistingClaim { .. })
    }

    /// The folder of the claim that is the data volume; the root for all of it.
    pub fn sub_path(&self) -> VolumePath {
        match self {
            Self::ExistingClaim { sub_path, .. } => sub_path.clone(),
            Self::NewClaim { .. } | Self::OfferedVolume { .. } => VolumePath::root(),
        }
    }
}

/// The claim that holds the bytes, as the cluster told it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginClaim {
    /// Where it comes from.
    pub source: OriginSource,
    /// Its name in the project's namespace or folder.
    pub name: String,
    /// What the cluster knows it by; `None` until it exists. Shares bind to this, not to the name.
    pub uid: Option<String>,
    /// Its capacity in bytes; `None` where the storage knows none.
    pub capacity: Option<Bytes>,
    /// The storage class; empty for a directory that was there before.
    pub storage_class: String,
    /// How it may be opened.
    pub access_modes: Vec<AccessMode>,
    /// What becomes of the bytes; `None` until the cluster told.
    pub persistence: Option<Persistence>,
    /// Whether and how it can be shared; `None` until the cluster told.
    pub sharing: Option<Sharing>,
    /// Where people find it on the cluster: a claim's name, or a path. Empty until known.
    pub location: String,
}

/// What lies in a volume, as the data agent measured it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Bytes of all files.
    pub used_bytes: Bytes,
    /// How many files.
    pub file_count: u64,
    /// When it was measured.
    pub measured_at: Timestamp,
}

/// A dataset that lives once and is used by many projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataVolume {
    /// Its id.
    pub id: DataVolumeId,
    /// Its name, unique in its cluster.
    pub name: VolumeName,
    /// One line about it.
    pub description: Description,
    /// Words to find it by.
    pub tags: Vec<Tag>,
    /// The storage.
    pub origin: OriginClaim,
    /// Where it stands.
    pub phase: Phase,
    /// Why.
    pub conditions: Vec<Condition>,
    /// What lies in it; `None` until measured.
    pub usage: Option<Usage>,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

impl Standing for Placed<DataVolume> {
    fn place(&self) -> &ScopePath {
        &self.place
    }

    fn reaches(&self) -> &[Reach] {
        &self.reaches
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.thing.created_by)
    }
}

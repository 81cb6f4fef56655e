//! Volumes that are no claim's: left behind by one, or made by hand for one to come.

use domain::{AccessMode, Bytes, DataVolumeId, Persistence, Sharing};

use crate::ProjectFolder;

/// A volume that a data volume left behind: its claim is gone, and the bytes were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedVolume {
    /// Its name on the cluster.
    pub name: String,
    /// What the cluster knows it by.
    pub uid: String,
    /// Whose it was.
    pub data_volume_id: DataVolumeId,
    /// Where its claim was.
    pub claim: String,
    /// Its storage class; empty for one that was made by hand.
    pub storage_class: String,
    /// Its capacity.
    pub capacity: Bytes,
}

/// Who is to have a volume that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeBackOrder {
    /// The volume's name.
    pub volume: String,
    /// The volume's UID: another one of that name is not meant.
    pub volume_uid: String,
    /// The project.
    pub project: ProjectFolder,
    /// The name of the claim that it gets there.
    pub claim: String,
}

/// A volume that an administrator of the cluster made by hand, and that nobody has or is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticVolume {
    /// Its name on the cluster.
    pub name: String,
    /// What the cluster knows it by.
    pub uid: String,
    /// Its storage class; often empty.
    pub storage_class: String,
    /// Its capacity.
    pub capacity: Bytes,
    /// How it may be opened.
    pub access_modes: Vec<AccessMode>,
    /// What becomes of the bytes of a data volume on it.
    pub persistence: Persistence,
    /// Whether and how that can be shared.
    pub sharing: Sharing,
}

/// Where the storage of a volume is, in words that only clusters of the same kind understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageDescription(pub(crate) String);

//! Claims: what is asked for, what would be made, and how it stands.
//!
//! A claim with another UID is another claim, whatever its name.

use domain::{
    AccessMode, Bytes, Condition, DataVolumeId, OriginSource, Persistence, Sharing, VolumeName,
    VolumePath,
};

use crate::ProjectFolder;

/// A claim (a directory) that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingClaim {
    /// Its name in the project's namespace or folder.
    pub name: String,
    /// Its capacity, if it has one.
    pub capacity: Option<Bytes>,
}

/// What a claim of a project's own is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimWish {
    /// The project.
    pub project: ProjectFolder,
    /// Its name in the project's namespace or folder.
    pub name: String,
    /// The storage class.
    pub storage_class: String,
    /// How much is asked for.
    pub size: Bytes,
}

/// What a claim is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimOrder {
    /// The data volume that it is for.
    pub data_volume_id: DataVolumeId,
    /// Its name, from which a new claim gets its own.
    pub name: VolumeName,
    /// The origin project.
    pub project: ProjectFolder,
    /// Where the storage comes from.
    pub source: OriginSource,
    /// The UID that it had; `None` the first time. A claim with another UID is another claim: the
    /// cluster reports it and does not take it.
    pub uid: Option<String>,
}

impl ClaimOrder {
    /// The claim's name that is asked for, not checked yet.
    #[must_use]
    pub fn claim_name(&self) -> &str {
        match &self.source {
            OriginSource::ExistingClaim { claim, .. } => claim,
            OriginSource::NewClaim { .. } | OriginSource::OfferedVolume { .. } => {
                self.name.as_str()
            }
        }
    }
}

/// What a claim would be, before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPlan {
    /// What will be made, in one sentence with the place.
    pub makes: String,
    /// What becomes of the bytes.
    pub persistence: Persistence,
    /// Whether and how it can be shared.
    pub sharing: Sharing,
    /// What a deletion of the data volume would destroy, in one sentence.
    pub deletion: String,
    /// What to know before.
    pub warnings: Vec<String>,
}

/// How a claim stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimState {
    /// Its name in the project's namespace or folder.
    pub name: String,
    /// What the cluster knows it by; `None` until it exists.
    pub uid: Option<String>,
    /// Whether files can be stored in it now.
    pub is_ready: bool,
    /// Its capacity; `None` where the storage knows none.
    pub capacity: Option<Bytes>,
    /// Its storage class; empty for a directory that was there before.
    pub storage_class: String,
    /// How it may be opened.
    pub access_modes: Vec<AccessMode>,
    /// What becomes of the bytes.
    pub persistence: Option<Persistence>,
    /// Whether and how it can be shared.
    pub sharing: Option<Sharing>,
    /// Where people find it on the cluster.
    pub location: String,
    /// What is so and what is not, in plain words.
    pub conditions: Vec<Condition>,
}

impl ClaimState {
    /// That of a claim which was there and is not any more: nothing is known of it but what was ordered.
    pub(crate) fn lost(order: &ClaimOrder, uid: &str, location: String, why: Condition) -> Self {
        Self {
            name: order.claim_name().to_owned(),
            uid: Some(uid.to_owned()),
            is_ready: false,
            capacity: None,
            storage_class: match &order.source {
                OriginSource::NewClaim { storage_class, .. } => storage_class.clone(),
                OriginSource::ExistingClaim { .. } | OriginSource::OfferedVolume { .. } => {
                    String::new()
                }
            },
            access_modes: Vec::new(),
            persistence: None,
            sharing: None,
            location,
            conditions: vec![why],
        }
    }
}

/// A claim that exists, by name and UID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimKey {
    /// The data volume.
    pub data_volume_id: DataVolumeId,
    /// The origin project.
    pub project: ProjectFolder,
    /// The claim's name.
    pub name: String,
    /// The claim's UID.
    pub uid: String,
    /// Whether Stowage made it; an existing claim is never destroyed.
    pub is_ours: bool,
    /// The folder of it that is the data volume; the root for all of it.
    pub sub_path: VolumePath,
}

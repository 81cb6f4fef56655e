//! One data volume: made, shown, deleted.

use domain::{
    AccessMode, Bytes, ClusterKind, Condition, DataVolumeId, MountPhase, OriginSource, Persistence,
    Phase, ScopeId, ShareMode, Sharing, VolumePath,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ShareView, StaticVolumeView};

/// What the form “New data volume” sends. Names are checked on the server, so that what is wrong comes
/// back with the field's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDataVolume {
    /// The origin project.
    pub project_id: ScopeId,
    /// A name that is free in the cluster.
    pub name: String,
    /// One line about it, at most 127 characters.
    #[serde(default)]
    pub description: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where the storage comes from.
    pub storage: OriginSource,
}

/// New words for a data volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataVolumeEdit {
    /// One line about it, at most 127 characters.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
}

/// What confirms a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteDataVolume {
    /// The data volume's name, typed by the person who deletes.
    pub name: String,
    /// How many projects the dialog said would lose it ([`DeletionConsequences::mount_count`]): if more
    /// came since, the deletion is refused.
    pub seen_mount_count: u64,
}

/// A project that the caller may make data volumes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectChoice {
    /// Its id.
    pub id: ScopeId,
    /// Its name.
    pub name: String,
    /// The department's name.
    pub department_name: String,
    /// The cluster's name.
    pub cluster_name: String,
}

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageClassView {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Whether it is taken when nothing is chosen.
    pub is_default: bool,
    /// What becomes of the bytes.
    pub persistence: Persistence,
    /// Whether its volumes can be shared.
    pub sharing: Sharing,
    /// How much is free now, if the storage tells.
    pub available_bytes: Option<Bytes>,
}

/// A claim (a directory) that is there already and is no data volume yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimChoice {
    /// Its name.
    pub name: String,
    /// Its capacity, if it has one.
    pub capacity_bytes: Option<Bytes>,
}

/// What a project offers to make a data volume from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageChoices {
    /// The kind of cluster, which decides the words on the form.
    pub cluster_kind: ClusterKind,
    /// Storage classes.
    pub storage_classes: Vec<StorageClassView>,
    /// Claims that are there already.
    pub existing_claims: Vec<ClaimChoice>,
    /// Volumes that an administrator offers to the project.
    #[serde(default)]
    pub offered_volumes: Vec<StaticVolumeView>,
}

/// What “Create” would do, told before it is pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataVolumePlan {
    /// What will be made, in one sentence with the place.
    pub makes: String,
    /// What becomes of the bytes.
    pub persistence: Persistence,
    /// Whether it can be shared.
    pub sharing: Sharing,
    /// What a deletion would destroy.
    pub deletion: String,
    /// What to know before, such as “the size is not enforced here”.
    pub warnings: Vec<String>,
}

/// What this caller may do with a data volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a list of independent permissions"
)]
pub struct May {
    /// Browse, preview, download.
    pub read_files: bool,
    /// Upload, rename, delete files, make folders.
    pub write_files: bool,
    /// Change description and tags.
    pub edit: bool,
    /// Delete it.
    pub delete: bool,
    /// Share it and take shares back.
    pub share: bool,
    /// Ask those who may share it to do so.
    pub ask_for_share: bool,
}

/// The cluster that a volume lives on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterView {
    /// Its id.
    pub id: ScopeId,
    /// Its name.
    pub name: String,
    /// Its interface.
    pub kind: ClusterKind,
}

/// Where a data volume is usable: one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountView {
    /// The project.
    pub project_id: ScopeId,
    /// Its name.
    pub project_name: String,
    /// Its department's name.
    pub department_name: String,
    /// How.
    pub mode: ShareMode,
    /// The folder that is mounted; the root for all of the volume.
    pub sub_path: VolumePath,
    /// How far it is.
    pub phase: MountPhase,
    /// A claim's name or a path; empty until known.
    pub location: String,
    /// What enforces read-only, or what is wrong.
    pub message: String,
}

/// One data volume, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataVolumeView {
    /// Its id.
    pub id: DataVolumeId,
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Where it stands.
    pub phase: Phase,
    /// Why.
    pub conditions: Vec<Condition>,
    /// The origin project.
    pub project_id: ScopeId,
    /// Its name.
    pub project_name: String,
    /// The department's id.
    pub department_id: ScopeId,
    /// The department's name.
    pub department_name: String,
    /// The cluster.
    pub cluster: ClusterView,
    /// The origin claim's name.
    pub claim_name: String,
    /// Where people find the claim on the cluster.
    pub claim_location: String,
    /// The folder of the claim that is the data volume; the root for all of it.
    #[serde(default)]
    pub claim_sub_path: VolumePath,
    /// Whether the claim was there before, and stays when the data volume is deleted.
    pub claim_is_existing: bool,
    /// The storage class; empty for a directory that was there before.
    pub storage_class: String,
    /// How it may be opened.
    pub access_modes: Vec<AccessMode>,
    /// Its capacity.
    pub capacity_bytes: Option<Bytes>,
    /// Bytes of all files, when last measured.
    pub used_bytes: Option<Bytes>,
    /// Number of files, when last measured.
    pub file_count: Option<u64>,
    /// When that was.
    pub measured_at: Option<Timestamp>,
    /// What becomes of the bytes.
    pub persistence: Option<Persistence>,
    /// Whether it can be shared.
    pub sharing: Option<Sharing>,
    /// Shares, as far as the caller may see their scopes.
    pub shares: Vec<ShareView>,
    /// Mounts, as far as the caller may see their projects.
    pub mounts: Vec<MountView>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What this caller may do.
    pub may: May,
}

/// What a deletion destroys and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionConsequences {
    /// Whether the bytes go (a claim that Stowage made) or stay (an existing one).
    pub destroys_bytes: bool,
    /// One sentence about it.
    pub summary: String,
    /// How much would be lost, when last measured.
    pub used_bytes: Option<Bytes>,
    /// How many files.
    pub file_count: Option<u64>,
    /// The projects that lose it, as far as the caller may see them.
    pub mounts: Vec<MountView>,
    /// How many more projects lose it that the caller may not see.
    pub hidden_mount_count: u64,
}

impl DeletionConsequences {
    /// How many projects lose it in all.
    pub fn mount_count(&self) -> u64 {
        self.mounts.len() as u64 + self.hidden_mount_count
    }
}

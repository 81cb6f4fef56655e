//! Volumes that data volumes left behind.

use domain::{Bytes, DataVolumeId, ScopeId};
use serde::{Deserialize, Serialize};

/// A volume whose claim is gone and whose bytes were kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetainedVolumeView {
    /// The cluster that it is on.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub cluster_id: ScopeId,
    /// The cluster's name.
    pub cluster_name: String,
    /// Its name on the cluster.
    pub volume_name: String,
    /// What the cluster knows it by.
    pub volume_uid: String,
    /// The data volume whose bytes it holds, which may be gone.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub data_volume_id: DataVolumeId,
    /// The data volume's name, as long as it is there.
    pub data_volume_name: Option<String>,
    /// Where its claim was.
    pub claim: String,
    /// Its storage class; empty for one that was made by hand.
    pub storage_class: String,
    /// Its capacity.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub capacity_bytes: Bytes,
}

/// What the clusters kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetainedVolumesView {
    /// The volumes, by cluster and name.
    pub retained_volumes: Vec<RetainedVolumeView>,
    /// The clusters that did not answer.
    pub clusters_away: Vec<String>,
}

/// Who is to have a volume that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TakeBackVolume {
    /// The cluster.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub cluster_id: ScopeId,
    /// The volume's name on it.
    pub volume_name: String,
    /// The volume's UID: another one of that name is not meant.
    pub volume_uid: String,
    /// The project that gets it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub project_id: ScopeId,
    /// The name of the new data volume, and of its claim.
    pub name: String,
    /// For a project of another cluster: that both clusters mount the same storage. Nothing on a cluster tells it.
    #[serde(default)]
    pub is_same_storage: bool,
}

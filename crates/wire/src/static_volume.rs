//! Volumes that administrators of a cluster made by hand, and to whom they are offered.

use domain::{AccessMode, Bytes, PersistenceClass, ScopeId, VolumeOfferId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A volume that was made by hand and that nobody uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StaticVolumeView {
    /// The cluster that it is on.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub cluster_id: ScopeId,
    /// The cluster's name.
    pub cluster_name: String,
    /// Its name on the cluster.
    pub volume_name: String,
    /// What the cluster knows it by.
    pub volume_uid: String,
    /// Its storage class; often empty.
    pub storage_class: String,
    /// Its capacity.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub capacity_bytes: Bytes,
    /// How it may be opened.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub access_modes: Vec<AccessMode>,
    /// What becomes of the files of a data volume on it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub persistence: PersistenceClass,
    /// Why, in one sentence.
    pub persistence_reason: String,
    /// Whether a data volume on it could be shared.
    pub is_shareable: bool,
    /// How, or why not, in one sentence.
    pub sharing: String,
}

/// A static volume that is offered to a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VolumeOfferView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Uuid))]
    pub id: VolumeOfferId,
    /// The cluster that the volume is on.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub cluster_id: ScopeId,
    /// The cluster's name.
    pub cluster_name: String,
    /// The volume's name on it.
    pub volume_name: String,
    /// The volume's UID.
    pub volume_uid: String,
    /// Whose projects may take it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub scope_id: ScopeId,
    /// The scope's name, with those above it.
    pub scope_name: String,
    /// Whether it is still there and free; `false` too while its cluster does not answer.
    pub is_free: bool,
    /// Who offered it.
    pub offered_by: String,
    /// When.
    pub offered_at: Timestamp,
}

/// The static volumes of the clusters that one manages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StaticVolumesView {
    /// Those that nobody uses, offered or not, by cluster and name.
    pub static_volumes: Vec<StaticVolumeView>,
    /// What is offered to whom.
    pub offers: Vec<VolumeOfferView>,
    /// The clusters that did not answer.
    pub clusters_away: Vec<String>,
}

/// The static volumes that a project may make data volumes of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OfferedVolumesView {
    /// The volumes, by name.
    pub static_volumes: Vec<StaticVolumeView>,
}

/// A static volume that is to be offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewVolumeOffer {
    /// The cluster.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub cluster_id: ScopeId,
    /// The volume's name on it.
    pub volume_name: String,
    /// The volume's UID: another one of that name is not meant.
    pub volume_uid: String,
    /// Whose projects may take it: the cluster, or a department or project of it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub scope_id: ScopeId,
}

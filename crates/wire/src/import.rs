//! Imports: what people ask for, what the data agent is ordered, and how far it is.

use domain::{
    DataVolumeId, ExistingFiles, ImportId, ImportProgress, ImportSource, ImportState, VolumePath,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the data agent is to fetch. A credential travels with the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportOrder {
    /// Where the files come from.
    pub source: ImportSource,
    /// The folder that they go into.
    pub into: VolumePath,
    /// What becomes of files that are there.
    #[serde(default)]
    pub existing: ExistingFiles,
    /// Networks whose addresses are asked although they are not public, like `10.0.0.0/8`.
    #[serde(default)]
    pub permitted_networks: Vec<String>,
}

/// How far an import is, as the data agent knows it. Never [`ImportState::Waiting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportStanding {
    /// How far.
    pub state: ImportState,
    /// How much is done.
    pub progress: ImportProgress,
}

/// An import that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewImport {
    /// Where the files come from.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub source: ImportSource,
    /// The folder that they go into; by default the volume itself.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[serde(default)]
    pub into: VolumePath,
    /// What becomes of files that are there: `skip`, `replace` or `update`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[serde(default)]
    pub existing: ExistingFiles,
    /// The name of a credential for the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Uuid))]
    pub id: ImportId,
    /// Into which data volume.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Uuid))]
    pub data_volume_id: DataVolumeId,
    /// Where the files come from.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub source: ImportSource,
    /// The same in one line.
    pub source_name: String,
    /// The folder that they go into.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub into: VolumePath,
    /// What becomes of files that are there.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub existing: ExistingFiles,
    /// The name of the credential, if there is one.
    pub credential: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// How far it is.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub state: ImportState,
    /// How much is done.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub progress: ImportProgress,
    /// When its last run began.
    pub started_at: Option<Timestamp>,
    /// When its last run ended.
    pub ended_at: Option<Timestamp>,
}

/// The imports of a data volume, and what a new one may name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportsView {
    /// The imports, newest first.
    pub imports: Vec<ImportView>,
    /// The credentials that imports into this data volume may name.
    pub credentials: Vec<ImportCredentialView>,
}

/// A credential that administrators of the console keep for imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportCredentialView {
    /// Its name.
    pub name: String,
    /// The origins that it is shown.
    pub origins: Vec<String>,
}

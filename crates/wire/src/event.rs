//! What happened, and what changes now.

use domain::{DataVolumeId, EventKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of the Activity tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityView {
    /// What kind of thing happened.
    pub kind: EventKind,
    /// Who did it; `None` where the console itself did.
    pub by: Option<String>,
    /// What exactly.
    pub subject: String,
    /// When.
    pub happened_at: Timestamp,
}

/// Something that the caller may see changed: the data of a server-sent event. The page reads it anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeView {
    /// What kind of thing happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: EventKind,
    /// To which data volume.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub data_volume_id: DataVolumeId,
}

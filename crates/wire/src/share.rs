//! Who else gets a data volume.

use domain::{ScopeId, ScopeType, ShareId, ShareMode, VolumePath};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the Sharing tab sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewShare {
    /// The scope to share with.
    pub scope_id: ScopeId,
    /// What they may do.
    #[serde(default)]
    pub mode: ShareMode,
    /// The folder to share; the root (nothing) for all of the volume.
    #[serde(default)]
    pub sub_path: VolumePath,
    /// Why; at most 255 characters, may be empty.
    #[serde(default)]
    pub reason: String,
    /// When it shall end by itself; `None`: when somebody takes it away.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// One share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareView {
    /// Its id.
    pub id: ShareId,
    /// What kind of scope.
    pub scope_type: ScopeType,
    /// The scope.
    pub scope_id: ScopeId,
    /// Its name.
    pub scope_name: String,
    /// What they may do.
    pub mode: ShareMode,
    /// The folder that they get; the root for all of the volume.
    pub sub_path: VolumePath,
    /// Why.
    pub reason: String,
    /// Who shared.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ends by itself, if it does.
    pub expires_at: Option<Timestamp>,
}

/// What runs on a data volume in a receiving project at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodsView {
    /// The project's name.
    pub project_name: String,
    /// Its pods that use the data volume, by name.
    pub pods: Vec<String>,
}

/// A scope in the tree of the Sharing tab, flat: parents come before their children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareTarget {
    /// Its id.
    pub id: ScopeId,
    /// The node above.
    pub parent_id: Option<ScopeId>,
    /// What kind of node.
    pub scope_type: ScopeType,
    /// Its name.
    pub name: String,
    /// The share with exactly this scope, if there is one.
    pub share_id: Option<ShareId>,
    /// Why it cannot be shared with (another cluster, the origin itself, no right); `None` if it can.
    pub refusal: Option<String>,
    /// How many projects a share with this scope reaches, the origin left out.
    pub project_count: u64,
}

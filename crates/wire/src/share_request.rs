//! Requests for shares.

use domain::{DataVolumeId, ScopeType, ShareMode, ShareRequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A request as the reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareRequestView {
    /// Its id.
    pub id: ShareRequestId,
    /// What is asked for.
    pub data_volume_id: DataVolumeId,
    /// Its name.
    pub data_volume_name: String,
    /// What kind of scope shall get it.
    pub scope_type: ScopeType,
    /// The scope's name.
    pub scope_name: String,
    /// What they may do.
    pub mode: ShareMode,
    /// Why.
    pub reason: String,
    /// When the share shall end by itself.
    pub expires_at: Option<Timestamp>,
    /// Who asks.
    pub requested_by: String,
    /// Since when.
    pub requested_at: Timestamp,
    /// What somebody answered; `None` while it waits.
    pub answer: Option<AnswerView>,
    /// Whether the reader may answer it now.
    pub may_answer: bool,
    /// Whether it is the reader's own and waits.
    pub may_withdraw: bool,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerView {
    /// Whether the share was made.
    pub is_approved: bool,
    /// Why.
    pub reason: String,
    /// Who answered.
    pub answered_by: String,
    /// When.
    pub answered_at: Timestamp,
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAnswer {
    /// Whether to share.
    pub is_approved: bool,
    /// Why; at most 255 characters. A refusal needs one.
    #[serde(default)]
    pub reason: String,
}

/// The page “Requests”.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareRequestsPage {
    /// What waits for the reader's answer, oldest first; the first hundred.
    pub waiting: Vec<ShareRequestView>,
    /// What the reader asked for, newest first; the last hundred.
    pub own: Vec<ShareRequestView>,
}

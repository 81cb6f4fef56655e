//! Requests for shares, by people who may not share themselves.

use jiff::Timestamp;

use crate::{DataVolumeId, ScopePath, ShareMode, ShareRequestId, UserId};

/// A wish that a data volume be shared with a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRequest {
    /// Its id.
    pub id: ShareRequestId,
    /// What is asked for.
    pub data_volume_id: DataVolumeId,
    /// Who shall get it.
    pub scope: ScopePath,
    /// How.
    pub mode: ShareMode,
    /// Why, in the words of the person who asks; empty if they gave none.
    pub reason: String,
    /// When the share shall end by itself.
    pub expires_at: Option<Timestamp>,
    /// Who asks.
    pub requested_by: UserId,
    /// Since when.
    pub requested_at: Timestamp,
    /// What somebody answered; `None` while it waits.
    pub answer: Option<RequestAnswer>,
}

/// What became of a request. There is one answer and it stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAnswer {
    /// Whether the share was made.
    pub is_approved: bool,
    /// Why, in the words of the person who answered; never empty for a refusal.
    pub reason: String,
    /// Who answered.
    pub answered_by: UserId,
    /// When.
    pub answered_at: Timestamp,
}

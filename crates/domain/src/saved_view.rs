//! Views of the catalogue that people saved, each for themselves.

use jiff::Timestamp;

use crate::{SavedViewId, UserId, ViewName};

/// An address of the catalogue under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: SavedViewId,
    /// Whose it is. Nobody else sees it.
    pub person_id: UserId,
    /// What they call it; each of their names is different.
    pub name: ViewName,
    /// What stands behind the `?` of its address. What a page cannot read of it any more is passed over there.
    pub query: String,
    /// When it was saved.
    pub created_at: Timestamp,
}

impl SavedView {
    /// The most that one person may have.
    pub const MOST_PER_PERSON: usize = 50;
    /// The longest query, in characters.
    pub const MAX_QUERY: usize = 4000;
}

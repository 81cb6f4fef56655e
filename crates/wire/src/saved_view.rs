//! Views of the catalogue that somebody saved.

use domain::SavedViewId;
use serde::{Deserialize, Serialize};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedViewView {
    /// Its id.
    pub id: SavedViewId,
    /// What it is called.
    pub name: String,
    /// What stands behind the `?` of its address.
    pub query: String,
}

/// A wish to save one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSavedView {
    /// What to call it: one line of at most 63 characters.
    pub name: String,
    /// What stands behind the `?` of its address; at most 4,000 characters.
    pub query: String,
}

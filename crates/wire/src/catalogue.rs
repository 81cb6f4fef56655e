//! The page “Data volumes”.

use domain::{
    Bytes, CatalogueView, ClusterKind, DataVolumeId, Persistence, PersistenceClass, Phase, ScopeId,
    ScopeType, Sharing, SortBy, SortOrder,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One page of the catalogue, as the address says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CatalogueQuery {
    /// Which part.
    pub view: CatalogueView,
    /// The chosen scope; `None` is the organisation.
    pub scope: Option<ScopeId>,
    /// Words to look for in name, description and tags; every word has to be there. At most 200 characters.
    pub search: String,
    /// Only these phases; empty: all.
    pub phases: Vec<Phase>,
    /// Only these classes of persistence; empty: all.
    pub persistence: Vec<PersistenceClass>,
    /// Sorted by.
    pub sort: SortBy,
    /// Which way.
    pub order: SortOrder,
    /// Rows to pass over.
    pub offset: u32,
    /// Rows on a page, 1 to 500.
    pub limit: u32,
}

impl CatalogueQuery {
    /// Rows on a page unless told otherwise.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// The most rows on a page.
    pub const MAX_LIMIT: u32 = 500;
    /// The longest search, in characters.
    pub const MAX_SEARCH: usize = 200;
}

impl Default for CatalogueQuery {
    fn default() -> Self {
        Self {
            view: CatalogueView::default(),
            scope: None,
            search: String::new(),
            phases: Vec::new(),
            persistence: Vec::new(),
            sort: SortBy::default(),
            order: SortOrder::default(),
            offset: 0,
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueRow {
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
    /// The most important condition that is not met; empty if all is well.
    pub phase_message: String,
    /// What becomes of the bytes; `None` until the cluster told.
    pub persistence: Option<Persistence>,
    /// Whether it can be shared; `None` until the cluster told.
    pub sharing: Option<Sharing>,
    /// Its capacity.
    pub capacity_bytes: Option<Bytes>,
    /// Bytes of all files, when last measured.
    pub used_bytes: Option<Bytes>,
    /// Number of files, when last measured.
    pub file_count: Option<u64>,
    /// The origin project.
    pub project_id: ScopeId,
    /// Its name.
    pub project_name: String,
    /// The department's name.
    pub department_name: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// The names of the scopes it is shared with, as far as the caller may see them.
    pub shared_with: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// One page of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CataloguePage {
    /// The rows.
    pub rows: Vec<CatalogueRow>,
    /// How many rows there are on all pages.
    pub total: u64,
    /// Whether the caller may make a data volume anywhere.
    pub may_create: bool,
}

/// A node of the scope tree, flat: parents come before their children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeNode {
    /// Its id.
    pub id: ScopeId,
    /// The node above; `None` for the organisation.
    pub parent_id: Option<ScopeId>,
    /// What kind of node.
    pub scope_type: ScopeType,
    /// Its name.
    pub name: String,
    /// The interface, for clusters.
    pub cluster_kind: Option<ClusterKind>,
    /// How many data volumes that the caller may see originate here and beneath.
    pub volume_count: u64,
}

//! The page “Data volumes”.

use std::str::FromStr;

use domain::{
    AccessMode, Bytes, CatalogueFilter, CatalogueView, ClusterKind, DataVolumeId, Persistence,
    PersistenceClass, Phase, ScopeId, ScopeType, Sharing, SortBy, SortOrder,
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
    /// Only what meets each of these.
    pub filters: Vec<CatalogueFilter>,
    /// What is shown beside the name; empty: [`CatalogueColumn::USUAL`].
    pub columns: Vec<CatalogueColumn>,
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
    /// The most filters.
    pub const MAX_FILTERS: usize = 20;
}

/// A column of the table. The name is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatalogueColumn {
    /// The phase.
    Status,
    /// The class of persistence.
    Persistence,
    /// Used bytes of the capacity, with a bar.
    Usage,
    /// The capacity.
    Size,
    /// The number of files.
    Files,
    /// How its claim may be mounted.
    AccessMode,
    /// The storage class of its claim.
    StorageClass,
    /// Where it lives, from the cluster down.
    Scope,
    /// The origin project.
    Project,
    /// The origin claim.
    Claim,
    /// The cluster.
    Cluster,
    /// Words to find it by.
    Tags,
    /// The scopes that it is shared with.
    SharedWith,
    /// Who made it.
    CreatedBy,
    /// When it was made.
    Created,
    /// When it was last changed.
    Updated,
}

impl CatalogueColumn {
    /// Every column, in the order of the table.
    pub const ALL: [Self; 16] = [
        Self::Status,
        Self::Persistence,
        Self::Usage,
        Self::Size,
        Self::Files,
        Self::AccessMode,
        Self::StorageClass,
        Self::Scope,
        Self::Project,
        Self::Claim,
        Self::Cluster,
        Self::Tags,
        Self::SharedWith,
        Self::CreatedBy,
        Self::Created,
        Self::Updated,
    ];
    /// What is shown until somebody chooses.
    pub const USUAL: [Self; 7] = [
        Self::Status,
        Self::Persistence,
        Self::Usage,
        Self::Files,
        Self::Project,
        Self::SharedWith,
        Self::Updated,
    ];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Persistence => "persistence",
            Self::Usage => "usage",
            Self::Size => "size",
            Self::Files => "files",
            Self::AccessMode => "access-mode",
            Self::StorageClass => "storage-class",
            Self::Scope => "scope",
            Self::Project => "project",
            Self::Claim => "claim",
            Self::Cluster => "cluster",
            Self::Tags => "tags",
            Self::SharedWith => "shared-with",
            Self::CreatedBy => "created-by",
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }
}

impl FromStr for CatalogueColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|column| column.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a column"))
    }
}

impl Default for CatalogueQuery {
    fn default() -> Self {
        Self {
            view: CatalogueView::default(),
            scope: None,
            search: String::new(),
            phases: Vec::new(),
            persistence: Vec::new(),
            filters: Vec::new(),
            columns: Vec::new(),
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
    /// How its claim may be mounted.
    pub access_modes: Vec<AccessMode>,
    /// The storage class of its claim.
    pub storage_class: String,
    /// The name of the claim that holds the bytes.
    pub claim_name: String,
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

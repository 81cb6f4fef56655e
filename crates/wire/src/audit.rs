//! The page “Audit log”.

use domain::{EventId, EventKind, ObjectType, ScopeId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AuditResult {
    /// It was done.
    Done,
    /// The caller may not.
    Refused,
}

/// A part of the audit log, newest first, as the address says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuditQuery {
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Who: a part of their name, or their whole id. At most 200 characters.
    pub person: String,
    /// To what: a part of its name, of a path or of what else was said, or its whole id. At most 200
    /// characters.
    pub object: String,
    /// Only these kinds; empty: all.
    pub kinds: Vec<EventKind>,
    /// Only these types of object; empty: all.
    pub object_types: Vec<ObjectType>,
    /// Only what ended so.
    pub result: Option<AuditResult>,
    /// Entries to pass over.
    pub offset: u32,
    /// Entries on a page, 1 to 500.
    pub limit: u32,
}

impl AuditQuery {
    /// Entries on a page unless told otherwise.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// The most entries on a page.
    pub const MAX_LIMIT: u32 = 500;
    /// The longest text of a filter, in characters.
    pub const MAX_TEXT: usize = 200;
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            person: String::new(),
            object: String::new(),
            kinds: Vec::new(),
            object_types: Vec::new(),
            result: None,
            offset: 0,
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntryView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EventId,
    /// When.
    pub happened_at: Timestamp,
    /// What kind of thing happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: EventKind,
    /// What kind of thing it happened to.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub object_type: ObjectType,
    /// Which.
    pub object_id: String,
    /// What it was called; empty where somebody tried something with what is not there.
    pub object_name: String,
    /// The scope that it lived in.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub scope_id: Option<ScopeId>,
    /// The names from the organisation down to it; empty where it is not known.
    pub scope_name: String,
    /// What exactly: a path, a scope's name, a phase.
    pub subject: String,
    /// Who, with the name of that time; `None` where the console itself did it.
    pub by: Option<String>,
    /// Their id.
    pub by_id: Option<String>,
    /// Whether that is an application.
    #[serde(default)]
    pub is_by_application: bool,
    /// The address that the request came from; empty where it came by no network.
    pub address: String,
    /// What their program called itself.
    pub user_agent: String,
    /// How it ended.
    pub result: AuditResult,
    /// What a refused caller was told; empty otherwise.
    pub reason: String,
}

/// One page of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntryView>,
    /// Where the next page begins, if there is one.
    pub next: Option<u32>,
}

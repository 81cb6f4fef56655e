//! Lists of data volumes: filtered, sorted and counted in the database, never fetched and thinned.
//!
//! What is visible here has to be exactly what `authz` lets a caller see: a volume whose origin lies
//! beneath one of the scopes they reach, or that is shared with a scope that has a project in common
//! with one of those.

use std::collections::BTreeMap;

use domain::{DataVolume, PersistenceClass, Phase, Placed, ScopeId, ScopePath, ScopeType};

use crate::rows::{TableRow, signed};
use crate::statement::Values;
use crate::{Result, Tx};

/// Which part of the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ListView {
    /// All that is visible and has to do with the chosen scope.
    #[default]
    All,
    /// What has its origin in the chosen scope.
    Originated,
    /// What projects of the chosen scope can use: their own and what is shared with them.
    Usable,
}

/// What a list is sorted by. The id breaks ties; what has no such value comes last both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The name.
    #[default]
    Name,
    /// The phase, by its word.
    Status,
    /// Capacity in bytes.
    Size,
    /// Used bytes.
    Used,
    /// Number of files.
    Files,
    /// The origin project's name.
    Project,
    /// When it was made.
    Created,
    /// When it was last changed.
    Updated,
}

/// What a list is asked for, already checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// The outermost scopes that the caller reaches; nobody sees anything without one.
    pub reach: Vec<ScopePath>,
    /// Which part.
    pub view: ListView,
    /// The chosen scope; `None` is the organisation.
    pub scope: Option<ScopePath>,
    /// Each has to occur in the name, the description or a tag, in whatever case.
    pub words: Vec<String>,
    /// Only these; empty: all.
    pub phases: Vec<Phase>,
    /// Only these; empty: all.
    pub persistence: Vec<PersistenceClass>,
    /// Sorted by.
    pub sort: Sort,
    /// Largest first.
    pub descending: bool,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to answer.
    pub limit: u64,
}

impl Sort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Status => "phase",
            Self::Size => "capacity_bytes",
            Self::Used => "used_bytes",
            Self::Files => "file_count",
            Self::Project => "project_name",
            Self::Created => "created_at",
            Self::Updated => "updated_at",
        }
    }
}

impl Tx {
    /// One page of a list, and how many rows all pages have.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn list_data_volumes(
        &mut self,
        listing: &Listing,
    ) -> Result<(Vec<Placed<DataVolume>>, u64)> {
        let mut values = Values::default();
        let condition = condition(listing, &mut values);
        let query = values.query(format!(
            "SELECT count(*) AS total FROM data_volumes v WHERE {condition}"
        ));
        let rows = self.rows(query).await?;
        let mut total = 0;
        for row in &rows {
            total = TableRow::new("data_volumes", "total", row).count("total")?;
        }

        let mut values = Values::default();
        let condition = self::condition(listing, &mut values);
        let column = listing.sort.column();
        let direction = if listing.descending { "DESC" } else { "ASC" };
        let limit = values.number(signed(listing.limit)?);
        let offset = values.number(signed(listing.offset)?);
        let query = values.query(format!(
            "SELECT v.* FROM data_volumes v WHERE {condition}
             ORDER BY v.{column} {direction} NULLS LAST, v.id {direction} LIMIT {limit} OFFSET {offset}"
        ));
        let rows = self.rows(query).await?;
        Ok((self.placed(&rows).await?, total))
    }

    /// How many visible data volumes originate at and beneath each scope, by the scope's id. Scopes
    /// without any are left out.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn count_by_scope(&mut self, reach: &[ScopePath]) -> Result<Vec<(ScopeId, u64)>> {
        let mut values = Values::default();
        let condition = visible(reach, &mut values);
        let query = values.query(format!(
            "SELECT tenant_id, cluster_id, department_id, project_id, count(*) AS total
             FROM data_volumes v WHERE {condition}
             GROUP BY tenant_id, cluster_id, department_id, project_id"
        ));
        let mut counts: BTreeMap<ScopeId, u64> = BTreeMap::new();
        for row in &self.rows(query).await? {
            let row = TableRow::new("data_volumes", "project_id", row);
            let total = row.count("total")?;
            for id in row.path()?.ids() {
                *counts.entry(id.clone()).or_default() += total;
            }
        }
        Ok(counts.into_iter().collect())
    }
}

/// A text the way that searches compare it. Letter by letter, without regard to neighbours: a word's
/// beginning has to be found in it whatever follows.
pub(crate) fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn condition(listing: &Listing, values: &mut Values) -> String {
    let mut conditions = vec![visible(&listing.reach, values)];
    if let Some(scope) = &listing.scope {
        let scope = std::slice::from_ref(scope);
        conditions.push(match listing.view {
            ListView::Originated => originated(scope, values),
            ListView::All | ListView::Usable => visible(scope, values),
        });
    }
    for word in &listing.words {
        let pattern = values.text(&pattern(word));
        conditions.push(format!("v.search_text LIKE {pattern} ESCAPE '\\'"));
    }
    if !listing.phases.is_empty() {
        let phases = values.list(listing.phases.iter().map(|phase| phase.as_str()));
        conditions.push(format!("v.phase IN {phases}"));
    }
    if !listing.persistence.is_empty() {
        let classes = values.list(listing.persistence.iter().map(|class| class.as_str()));
        conditions.push(format!("v.persistence_class IN {classes}"));
    }
    conditions.join(" AND ")
}

fn pattern(word: &str) -> String {
    let escaped = lower_case(word)
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// That the origin lies beneath one of the scopes.
fn originated(scopes: &[ScopePath], values: &mut Values) -> String {
    let conditions: Vec<String> = of_types(scopes)
        .map(|(column, ids)| format!("v.{column} IN {}", values.list(ids)))
        .collect();
    if conditions.is_empty() {
        "1 = 0".to_owned()
    } else {
        format!("({})", conditions.join(" OR "))
    }
}

/// That the origin lies beneath one of the scopes, or a share has a project in common with one.
fn visible(scopes: &[ScopePath], values: &mut Values) -> String {
    if scopes
        .iter()
        .any(|scope| scope.scope_type() == ScopeType::Tenant)
    {
        return "1 = 1".to_owned();
    }
    if scopes.is_empty() {
        return "1 = 0".to_owned();
    }
    let on_the_way = values.list(scopes.iter().flat_map(ScopePath::ids).map(ScopeId::as_str));
    let shared: Vec<String> = of_types(scopes)
        .map(|(column, ids)| format!("OR s.{column} IN {}", values.list(ids)))
        .collect();
    let originated = originated(scopes, values);
    format!(
        "({originated} OR v.id IN (SELECT s.data_volume_id FROM shares s WHERE s.scope_id IN {on_the_way} {}))",
        shared.join(" ")
    )
}

/// The ids of the scopes by the column that they stand in.
fn of_types(scopes: &[ScopePath]) -> impl Iterator<Item = (&'static str, Vec<&str>)> {
    const COLUMNS: [(ScopeType, &str); 4] = [
        (ScopeType::Tenant, "tenant_id"),
        (ScopeType::Cluster, "cluster_id"),
        (ScopeType::Department, "department_id"),
        (ScopeType::Project, "project_id"),
    ];
    COLUMNS.into_iter().filter_map(|(kind, column)| {
        let ids: Vec<&str> = scopes
            .iter()
            .filter(|scope| scope.scope_type() == kind)
            .map(|scope| scope.id().as_str())
            .collect();
        (!ids.is_empty()).then_some((column, ids))
    })
}

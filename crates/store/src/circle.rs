//! Some scopes of the tree, and the data volumes that have to do with them, as conditions on `data_volumes v` and on
//! `shares s`.
//!
//! A volume is within the circle when it originates there, or, where that counts, when it is shared in. A share knows
//! where its volume originates, so that the volumes from elsewhere are found without looking at any volume.

use domain::{ScopeId, ScopePath, ScopeType};

use crate::statement::Values;

/// Up to so many departments, their volumes are found by their projects; the volumes of more are
/// found sooner by looking at all.
const FEW_DEPARTMENTS: usize = 8;

/// Some scopes, and whether what is shared with them counts.
pub(crate) struct Circle<'l> {
    pub(crate) scopes: &'l [ScopePath],
    pub(crate) is_shared_in: bool,
}

impl<'l> Circle<'l> {
    pub(crate) fn holds_everything(&self) -> bool {
        self.scopes
            .iter()
            .any(|scope| scope.scope_type() == ScopeType::Tenant)
    }

    pub(crate) fn is_covered_by(&self, other: &Circle<'_>) -> bool {
        self.scopes
            .iter()
            .all(|scope| other.scopes.iter().any(|outer| outer.covers(scope)))
    }

    pub(crate) fn is_narrow(&self) -> bool {
        self.ids(ScopeType::Cluster).is_empty()
            && self.ids(ScopeType::Department).len() <= FEW_DEPARTMENTS
    }

    fn ids(&self, kind: ScopeType) -> Vec<&'l str> {
        ids(self.scopes, kind)
    }

    /// The scopes in which whatever lies there lies in both.
    pub(crate) fn common(&self, other: &Circle<'_>) -> Vec<ScopePath> {
        let pairs = self
            .scopes
            .iter()
            .flat_map(|ours| other.scopes.iter().map(move |theirs| (ours, theirs)));
        let common =
            pairs.filter_map(
                |(ours, theirs)| match (ours.covers(theirs), theirs.covers(ours)) {
                    (true, _) => Some(theirs),
                    (_, true) => Some(ours),
                    _ => None,
                },
            );
        common.cloned().collect()
    }

    /// Within the circle, asked of one row at a time.
    pub(crate) fn condition(&self, values: &mut Values) -> String {
        let origin = origin(self.scopes, values);
        if !self.is_shared_in {
            return origin;
        }
        let shared = self.shared(values);
        // Written so that no engine takes it for a way to find the rows, and then sorts them all.
        format!("({origin} OR CASE WHEN v.id IN ({shared}) THEN 1 ELSE 0 END = 1)")
    }

    /// Within the circle, as the rows that originate there and those that do not.
    pub(crate) fn parts(&self, is_searched: bool, values: &mut Values) -> Vec<String> {
        if is_searched && !self.is_narrow() {
            // All rows are looked at anyway: once is enough.
            return vec![self.condition(values)];
        }
        let mut parts = vec![origin(self.scopes, values)];
        if self.is_shared_in {
            parts.push(format!("v.id IN ({})", self.shared(values)));
        }
        parts
    }

    /// The volumes from elsewhere that are shared in.
    pub(crate) fn shared(&self, values: &mut Values) -> String {
        let condition = self.shared_from_elsewhere(values);
        format!("SELECT s.data_volume_id FROM shares s WHERE {condition}")
    }

    /// Shares of volumes from elsewhere whose scope has a project in common with one of ours: it lies beneath it, or
    /// on the way to it.
    pub(crate) fn shared_from_elsewhere(&self, values: &mut Values) -> String {
        let on_the_way = values.list(
            self.scopes
                .iter()
                .flat_map(ScopePath::ids)
                .map(ScopeId::as_str),
        );
        let mut here = vec![format!("s.scope_id IN {on_the_way}")];
        // A share with a project is on the way already.
        for (kind, column) in [
            (ScopeType::Cluster, "cluster_id"),
            (ScopeType::Department, "department_id"),
        ] {
            let ids = self.ids(kind);
            if !ids.is_empty() {
                here.push(format!("s.{column} IN {}", values.list(ids)));
            }
        }
        let from_here = self.origin_of_shares(values);
        format!("({}) AND NOT {from_here}", here.join(" OR "))
    }

    /// Shares of volumes that originate here.
    pub(crate) fn origin_of_shares(&self, values: &mut Values) -> String {
        let mut conditions = Vec::new();
        for (kind, column) in [
            (ScopeType::Cluster, "cluster_id"),
            (ScopeType::Department, "department_id"),
            (ScopeType::Project, "project_id"),
        ] {
            let ids = self.ids(kind);
            if !ids.is_empty() {
                conditions.push(format!("s.origin_{column} IN {}", values.list(ids)));
            }
        }
        format!("({})", conditions.join(" OR "))
    }
}

fn ids(scopes: &[ScopePath], kind: ScopeType) -> Vec<&str> {
    let scopes = scopes.iter().filter(|scope| scope.scope_type() == kind);
    scopes.map(|scope| scope.id().as_str()).collect()
}

/// Originates in one of these scopes, none of which is the organisation.
fn origin(scopes: &[ScopePath], values: &mut Values) -> String {
    let mut conditions = Vec::new();
    let clusters = ids(scopes, ScopeType::Cluster);
    if !clusters.is_empty() {
        let clusters = values.list(clusters);
        conditions.push(format!(
            "v.department_id IN (SELECT c.id FROM scopes c
             WHERE c.scope_type = 'department' AND c.cluster_id IN {clusters})"
        ));
    }
    for (kind, column) in [
        (ScopeType::Department, "department_id"),
        (ScopeType::Project, "project_id"),
    ] {
        let ids = ids(scopes, kind);
        if !ids.is_empty() {
            conditions.push(format!("v.{column} IN {}", values.list(ids)));
        }
    }
    format!("({})", conditions.join(" OR "))
}

/// How many originate there.
pub(crate) fn originating(scopes: &[ScopePath], values: &mut Values) -> String {
    let origin = origin(scopes, values);
    format!("SELECT count(*) FROM data_volumes v WHERE {origin}")
}

//! What the caller may do, and where: a summary for programs. It decides nothing.

use authz::{Action, Caller};
use domain::{ScopeId, ScopeType};

use crate::Service;

/// A kind of thing that rights are about, and what can be done to it, with Run:ai's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// `datavolumes`, `pvc-assets`, `project`, `department` or `cluster`.
    pub resource_type: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The group of types that it belongs to.
    pub group: &'static str,
    /// Each word with the action that it stands for.
    pub actions: &'static [(&'static str, Action)],
}

const VOLUME_ACTIONS: &[(&str, Action)] = &[
    ("create", Action::Create),
    ("read", Action::See),
    ("update", Action::Edit),
    ("delete", Action::Delete),
];
const READ: &[(&str, Action)] = &[("read", Action::See)];

const PERMISSIONS: [Permission; 5] = [
    permission(
        "datavolumes",
        "Data volumes",
        "workload-asset",
        VOLUME_ACTIONS,
    ),
    permission("pvc-assets", "PVC assets", "workload-asset", VOLUME_ACTIONS),
    permission("project", "Projects", "organization", READ),
    permission("department", "Departments", "organization", READ),
    permission("cluster", "Clusters", "organization", READ),
];

const fn permission(
    resource_type: &'static str,
    title: &'static str,
    group: &'static str,
    actions: &'static [(&'static str, Action)],
) -> Permission {
    Permission {
        resource_type,
        title,
        group,
        actions,
    }
}

/// The outermost scopes in which something may be done, by their type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermittedScopes {
    /// The organisation, if it is one of them.
    pub tenant: Option<ScopeId>,
    /// Clusters.
    pub clusters: Vec<ScopeId>,
    /// Departments.
    pub departments: Vec<ScopeId>,
    /// Projects.
    pub projects: Vec<ScopeId>,
}

impl Service {
    /// Every kind of thing with the words for what can be done to it.
    pub fn all_permissions() -> &'static [Permission] {
        &PERMISSIONS
    }

    /// What the caller may do somewhere.
    pub fn permissions(caller: &Caller) -> Vec<(Permission, Vec<&'static str>)> {
        let may = |action: Action| !caller.reach(action).is_empty();
        let permitted = PERMISSIONS.into_iter().map(|permission| {
            let words = permission.actions.iter().filter(|(_, action)| may(*action));
            (permission, words.map(|(word, _)| *word).collect())
        });
        permitted
            .filter(|(_, words): &(Permission, Vec<_>)| !words.is_empty())
            .collect()
    }

    /// Where the caller may do `word` to things of that type; nowhere for what does not exist.
    pub fn permitted_scopes(caller: &Caller, resource_type: &str, word: &str) -> PermittedScopes {
        let action = PERMISSIONS
            .iter()
            .filter(|permission| permission.resource_type == resource_type)
            .flat_map(|permission| permission.actions)
            .find(|(known, _)| *known == word);
        let reach = action.map(|(_, action)| caller.reach(*action));
        let mut scopes = PermittedScopes::default();
        for scope in reach.unwrap_or_default() {
            let id = scope.id().clone();
            match scope.scope_type() {
                ScopeType::Tenant => scopes.tenant = Some(id),
                ScopeType::Cluster => scopes.clusters.push(id),
                ScopeType::Department => scopes.departments.push(id),
                ScopeType::Project => scopes.projects.push(id),
            }
        }
        scopes
    }
}

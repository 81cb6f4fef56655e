//! The organisation as a configuration file describes it, for the first start.
//!
//! From then on the database holds it; the file is not read again for this.

use domain::{
    AccessRule, AccessRuleId, ClusterKind, Ids, Role, Scope, ScopeId, ScopePath, Subject,
};
use serde::Deserialize;
use store::Store;
use thiserror::Error;

/// The tree and the access rules, as in `stowage.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The organisation's name.
    pub name: String,
    /// Its clusters.
    pub clusters: Vec<Cluster>,
    /// Who has which role where.
    #[serde(default)]
    pub access_rules: Vec<Rule>,
}

/// A cluster. How to reach it stands elsewhere in the configuration, under the same name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Its name; `/` cannot stand in it.
    pub name: String,
    /// Its interface.
    pub kind: ClusterKind,
    /// Its departments.
    #[serde(default)]
    pub departments: Vec<Department>,
}

/// A department.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Its name; `/` cannot stand in it.
    pub name: String,
    /// Its projects.
    #[serde(default)]
    pub projects: Vec<Project>,
}

/// A project.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its name; `/` cannot stand in it.
    pub name: String,
    /// Its namespace or folder.
    pub folder: String,
}

/// A role for an SSO group at a scope.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The group, exactly as the identity provider sends it.
    pub group: String,
    /// The role.
    pub role: Role,
    /// The names from the cluster down, joined by `/`; empty for the whole organisation.
    #[serde(default)]
    pub scope: String,
}

/// What is wrong with an organisation.
#[derive(Debug, Error)]
pub enum SeedError {
    /// A rule names a scope that the tree does not have.
    #[error("access rule for group “{group}”: there is no scope “{scope}”")]
    UnknownScope {
        /// The rule's group.
        group: String,
        /// The scope as written.
        scope: String,
    },
    /// A project's folder or namespace is used twice in a cluster.
    #[error("the folder “{0}” belongs to two projects")]
    FolderTwice(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Puts the organisation into an empty database; leaves one that has a tree as it is. Answers whether it
/// did.
///
/// # Errors
/// [`SeedError`]; nothing is written then.
pub async fn seed(
    store: &Store,
    organisation: &Organisation,
    ids: &dyn Ids,
) -> Result<bool, SeedError> {
    let mut tx = store.begin().await?;
    if !tx.scopes().await?.is_empty() {
        return Ok(false);
    }
    let tree = tree(organisation, ids)?;
    for (_, scope) in &tree {
        tx.add_scope(scope).await?;
    }
    for rule in &organisation.access_rules {
        let (_, scope) = tree
            .iter()
            .find(|(name, _)| *name == rule.scope)
            .ok_or_else(|| SeedError::UnknownScope {
                group: rule.group.clone(),
                scope: rule.scope.clone(),
            })?;
        tx.add_access_rule(&AccessRule {
            id: AccessRuleId(ids.fresh()),
            subject: Subject::Group(rule.group.clone()),
            role: rule.role,
            scope: scope.path.clone(),
        })
        .await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Every scope with its name from the cluster down, parents first.
fn tree(organisation: &Organisation, ids: &dyn Ids) -> Result<Vec<(String, Scope)>, SeedError> {
    let mut numbers = 1001_u32..;
    let mut number = || ScopeId(numbers.next().unwrap_or_default().to_string());
    let tenant = ScopePath::tenant(ScopeId(ids.fresh().to_string()));
    let scope = |path: &ScopePath, name: &str| Scope {
        path: path.clone(),
        name: name.to_owned(),
        folder: None,
        cluster_kind: None,
    };
    let mut all = vec![(String::new(), scope(&tenant, &organisation.name))];
    for cluster in &organisation.clusters {
        let mut folders = std::collections::HashSet::new();
        let path = below(&tenant, ScopeId(ids.fresh().to_string()));
        let kind = Some(cluster.kind);
        all.push((
            cluster.name.clone(),
            Scope {
                cluster_kind: kind,
                ..scope(&path, &cluster.name)
            },
        ));
        for department in &cluster.departments {
            let path = below(&path, number());
            let full_name = format!("{}/{}", cluster.name, department.name);
            all.push((full_name.clone(), scope(&path, &department.name)));
            for project in &department.projects {
                if !folders.insert(&project.folder) {
                    return Err(SeedError::FolderTwice(project.folder.clone()));
                }
                let path = below(&path, number());
                let folder = Some(project.folder.clone());
                let full_name = format!("{full_name}/{}", project.name);
                all.push((
                    full_name,
                    Scope {
                        folder,
                        ..scope(&path, &project.name)
                    },
                ));
            }
        }
    }
    Ok(all)
}

/// A child; the four levels of the file are the four levels of the tree.
fn below(path: &ScopePath, id: ScopeId) -> ScopePath {
    path.child(id)
        .expect("projects have no children in the file")
}

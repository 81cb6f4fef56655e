//! The scope tree: organisation → cluster → department → project.
//!
//! A thing never travels without its place: [`Placed`] carries the value together with the path of
//! the scope it lives in and the scopes it was shared with, so that nothing can be loaded without
//! what is needed to ask who may see it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Reach, ScopeId};

/// What kind of node a scope is, outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScopeType {
    /// The organisation; the root.
    Tenant,
    /// A Kubernetes or file-system cluster.
    Cluster,
    /// A department of a cluster.
    Department,
    /// A project of a department; owns a namespace or a folder.
    Project,
}

impl ScopeType {
    /// All kinds, outermost first.
    pub const ALL: [Self; 4] = [Self::Tenant, Self::Cluster, Self::Department, Self::Project];

    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Cluster => "cluster",
            Self::Department => "department",
            Self::Project => "project",
        }
    }
}

impl fmt::Display for ScopeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScopeType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a type of scope"))
    }
}

/// Which interface a cluster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClusterKind {
    /// Volumes are directories of a mounted file system.
    Filesystem,
    /// Volumes are PersistentVolumeClaims.
    Kubernetes,
}

impl ClusterKind {
    /// The word used in the configuration and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filesystem => "filesystem",
            Self::Kubernetes => "kubernetes",
        }
    }
}

impl FromStr for ClusterKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "filesystem" => Ok(Self::Filesystem),
            "kubernetes" => Ok(Self::Kubernetes),
            _ => Err(format!("“{text}” is not a kind of cluster")),
        }
    }
}

/// The ids from the organisation down to a scope, that scope included. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopePath(Vec<ScopeId>);

impl ScopePath {
    /// The organisation itself.
    pub fn tenant(id: ScopeId) -> Self {
        Self(vec![id])
    }

    /// The child `id` of this scope; `None` beneath a project.
    pub fn child(&self, id: ScopeId) -> Option<Self> {
        (self.0.len() < ScopeType::ALL.len()).then(|| {
            let mut ids = self.0.clone();
            ids.push(id);
            Self(ids)
        })
    }

    /// What kind of node the path ends at.
    pub fn scope_type(&self) -> ScopeType {
        ScopeType::ALL[self.0.len() - 1]
    }

    /// The scope that the path ends at.
    pub fn id(&self) -> &ScopeId {
        &self.0[self.0.len() - 1]
    }

    /// The scope above; `None` for the organisation.
    pub fn parent_id(&self) -> Option<&ScopeId> {
        self.0.len().checked_sub(2).map(|index| &self.0[index])
    }

    /// The id of the node of that kind on the way, if the path goes that deep.
    pub fn at(&self, kind: ScopeType) -> Option<&ScopeId> {
        self.0.get(kind as usize)
    }

    /// All ids, outermost first.
    pub fn ids(&self) -> &[ScopeId] {
        &self.0
    }

    /// Whether `other` is this scope or lies beneath it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Whether the two have a project in common: one covers the other.
    pub fn meets(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

/// A node of the scope tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Where it is; ends with its own id.
    pub path: ScopePath,
    /// What people call it.
    pub name: String,
    /// The namespace (Kubernetes) or folder (file system) of a project; `None` for other kinds.
    pub folder: Option<String>,
    /// The interface of a cluster; `None` for other kinds.
    pub cluster_kind: Option<ClusterKind>,
}

impl Scope {
    /// Its own id.
    pub fn id(&self) -> &ScopeId {
        self.path.id()
    }

    /// What kind of node it is.
    pub fn scope_type(&self) -> ScopeType {
        self.path.scope_type()
    }
}

/// Something that has a place in the scope tree, so that rights on it can be asked.
pub trait Standing {
    /// The scope it lives in.
    fn place(&self) -> &ScopePath;

    /// How far shares bring it beyond that.
    fn reaches(&self) -> &[Reach] {
        &[]
    }

    /// Who made it, where that gives a right (“own” in the table of roles).
    fn owner(&self) -> Option<crate::UserId> {
        None
    }
}

impl Standing for Scope {
    fn place(&self) -> &ScopePath {
        &self.path
    }
}

impl Standing for ScopePath {
    fn place(&self) -> &ScopePath {
        self
    }
}

/// A value with its place and with the scopes that it was shared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub thing: T,
    /// The scope that it lives in.
    pub place: ScopePath,
    /// The scopes that shares offer it to.
    pub reaches: Vec<Reach>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(ids: &[&str]) -> ScopePath {
        ids[1..]
            .iter()
            .fold(ScopePath::tenant(ids[0].into()), |p, id| {
                p.child((*id).into()).unwrap()
            })
    }

    #[test]
    fn a_department_covers_its_projects_and_no_others() {
        let vision = path(&["acme", "east", "vision"]);
        assert!(vision.covers(&path(&["acme", "east", "vision", "1"])));
        assert!(!vision.covers(&path(&["acme", "east", "speech", "2"])));
        assert!(!vision.covers(&path(&["acme", "east"])));
        assert!(vision.meets(&path(&["acme", "east"])));
    }

    #[test]
    fn nothing_lies_beneath_a_project() {
        let project = path(&["acme", "east", "vision", "1"]);
        assert_eq!(project.scope_type(), ScopeType::Project);
        assert_eq!(project.at(ScopeType::Department), Some(&"vision".into()));
        assert_eq!(project.child("x".into()), None);
    }
}

//! Clusters, departments and projects, as far as the caller may see them.

use authz::Caller;
use domain::{ClusterKind, ScopeId, ScopeType};
use wire::NewProject;

use crate::error::Kind;
use crate::{Error, Result, Service};

/// The longest search, in characters.
const MAX_SEARCH: usize = 200;
/// The most units on a page.
const MAX_LIMIT: u64 = 500;

/// Which units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgUnitsQuery {
    /// Clusters, departments or projects.
    pub scope_type: ScopeType,
    /// Only those with this in their name, in whatever case; empty: all.
    pub search: String,
    /// Units to pass over.
    pub offset: u64,
    /// Units on a page, 1 to 500.
    pub limit: u64,
    /// Whether names go from Z to A.
    pub is_descending: bool,
}

/// A cluster, department or project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgUnit {
    /// Its id.
    pub id: ScopeId,
    /// Its name.
    pub name: String,
    /// The unit above.
    pub parent_id: Option<ScopeId>,
    /// The cluster that it lies in, or is.
    pub cluster_id: Option<ScopeId>,
    /// The interface of a cluster.
    pub cluster_kind: Option<ClusterKind>,
    /// The namespace or folder of a project.
    pub folder: Option<String>,
}

impl Service {
    /// One page of units by name, and how many there are on all pages.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a limit or a search out of bounds.
    pub async fn list_org_units(
        &self,
        caller: &Caller,
        query: OrgUnitsQuery,
    ) -> Result<(Vec<OrgUnit>, u64)> {
        if !(1..=MAX_LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", "A page has 1 to 500 entries."));
        }
        if query.search.chars().count() > MAX_SEARCH {
            return Err(Error::invalid(
                "search",
                "A search has at most 200 characters.",
            ));
        }
        let search = query.search.to_lowercase();
        let tree = self.tree().await?;
        let mut found: Vec<OrgUnit> = tree
            .all()
            .iter()
            .filter(|scope| {
                scope.scope_type() == query.scope_type
                    && caller.sees_scope(&scope.path)
                    && scope.name.to_lowercase().contains(&search)
            })
            .map(org_unit)
            .collect();
        if query.is_descending {
            found.reverse();
        }
        let total = found.len() as u64;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok((found.into_iter().skip(offset).take(limit).collect(), total))
    }

    /// One unit.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such unit of that type.
    pub async fn show_org_unit(
        &self,
        caller: &Caller,
        scope_type: ScopeType,
        id: &ScopeId,
    ) -> Result<OrgUnit> {
        let scope = self.0.store.read().await?.scope(id).await?;
        scope
            .filter(|scope| scope.scope_type() == scope_type && caller.sees_scope(&scope.path))
            .map(|scope| org_unit(&scope))
            .ok_or(Error::NotFound(Kind::Scope))
    }

    /// Makes a project in a department of that cluster.
    ///
    /// # Errors
    /// As [`Service::create_project`]; [`Error::NotFound`] when the department is another cluster's.
    pub async fn create_project_in(
        &self,
        caller: &Caller,
        cluster: &ScopeId,
        new: NewProject,
    ) -> Result<OrgUnit> {
        let department = self.show_org_unit(caller, ScopeType::Department, &new.department_id);
        if let Ok(department) = department.await
            && department.cluster_id.as_ref() != Some(cluster)
        {
            return Err(Error::NotFound(Kind::Scope));
        }
        let made = self.create_project(caller, new).await?;
        self.show_org_unit(caller, ScopeType::Project, &made.id)
            .await
    }

    /// Gives a department or a project another name.
    ///
    /// # Errors
    /// As [`Service::rename_department`].
    pub async fn rename_org_unit(
        &self,
        caller: &Caller,
        scope_type: ScopeType,
        id: ScopeId,
        name: &str,
    ) -> Result<OrgUnit> {
        match scope_type {
            ScopeType::Department => self.rename_department(caller, id.clone(), name).await?,
            _ => self.rename_project(caller, id.clone(), name).await?,
        }
        self.show_org_unit(caller, scope_type, &id).await
    }
}

fn org_unit(scope: &domain::Scope) -> OrgUnit {
    OrgUnit {
        id: scope.id().clone(),
        name: scope.name.clone(),
        parent_id: scope.path.parent_id().cloned(),
        cluster_id: scope.path.at(ScopeType::Cluster).cloned(),
        cluster_kind: scope.cluster_kind,
        folder: scope.folder.clone(),
    }
}

//! Clusters and what they offer, departments and projects, as Run:ai's API has them.

use axum::extract::State;
use axum::{Extension, Json};
use domain::ScopeType;
use serde::{Deserialize, Serialize};
use service::{ClusterStorageClass, OrgUnit, OrgUnitsQuery, Service};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{DepartmentView, Problem};

use crate::Refused;
use crate::data_volumes::{Asking, Persistence, SharingAnswer, Way};
use crate::read::{Asked, UnitId};

/// What stands under `/api/v1`.
pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_clusters))
        .routes(routes!(show_cluster))
        .routes(routes!(list_departments))
        .routes(routes!(show_department))
        .routes(routes!(list_projects))
        .routes(routes!(show_project))
}

/// What stands under `/api/v2`.
pub(crate) fn router_v2() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(list_storage_classes))
}

/// Which units.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UnitsQuery {
    /// Entries to pass over.
    offset: Option<u32>,
    /// Entries to answer.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// Which way, by name.
    #[param(inline)]
    sort_order: Option<Way>,
    /// Only those with this in their name, in whatever case.
    search: Option<String>,
}

impl UnitsQuery {
    fn of(&self, scope_type: ScopeType) -> OrgUnitsQuery {
        OrgUnitsQuery {
            scope_type,
            search: self.search.clone().unwrap_or_default(),
            offset: self.offset.unwrap_or_default().into(),
            limit: self.limit.unwrap_or(50).into(),
            is_descending: matches!(self.sort_order, Some(Way::Desc)),
        }
    }

    /// The offset of the next page, where there is one.
    fn next(&self, total: u64) -> Option<u64> {
        let read = u64::from(self.offset.unwrap_or_default()) + u64::from(self.limit.unwrap_or(50));
        (read < total).then_some(read)
    }
}

/// What clients of Run:ai may ask for beside a cluster.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ClustersQuery {
    /// Known, without effect.
    #[serde(rename = "verbosity")]
    _verbosity: Option<String>,
    /// Known, without effect.
    #[serde(rename = "includeRequestedForDelete")]
    _include_requested_for_delete: Option<bool>,
}

/// A cluster.
#[derive(Serialize, ToSchema)]
struct Cluster {
    /// Its id.
    uuid: String,
    /// Its name.
    name: String,
    /// Its interface: `filesystem` or `kubernetes`.
    kind: Option<&'static str>,
}

/// A department.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Department {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// The cluster's id.
    cluster_id: Option<String>,
}

/// One page of departments.
#[derive(Serialize, ToSchema)]
struct Departments {
    /// The departments, by name.
    departments: Vec<Department>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// A project.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Project {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// The department's id.
    parent_id: Option<String>,
    /// The cluster's id.
    cluster_id: Option<String>,
    /// Its namespace or folder.
    requested_namespace: Option<String>,
}

/// One page of projects.
#[derive(Serialize, ToSchema)]
struct Projects {
    /// The projects, by name.
    projects: Vec<Project>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Which storage classes.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StorageClassesQuery {
    /// The cluster's id.
    cluster_id: String,
    /// The one with this name.
    name: Option<String>,
    /// Known, without effect: there is always a storage class.
    #[serde(rename = "includeNone")]
    _include_none: Option<bool>,
}

/// All storage classes of a cluster.
#[derive(Serialize, ToSchema)]
struct StorageClasses {
    /// The storage classes.
    items: Vec<StorageClass>,
}

/// A storage class.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StorageClass {
    /// The cluster that offers it.
    cluster_id: String,
    /// Its name.
    #[serde(rename = "storageClassName")]
    name: String,
    /// What it is.
    spec: StorageClassSpec,
    /// One line about it.
    description: String,
    /// What becomes of the bytes.
    persistence: Persistence,
    /// Whether its volumes can be shared.
    sharing: SharingAnswer,
    /// How much is free now, if the storage tells.
    available_bytes: Option<u64>,
}

/// What a storage class is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StorageClassSpec {
    /// What makes its volumes.
    provisioner: &'static str,
    /// Whether volumes can grow later: not through this API.
    allow_volume_expansion: bool,
    /// Whether it is taken when nothing is chosen.
    is_default: bool,
}

impl From<OrgUnit> for Cluster {
    fn from(unit: OrgUnit) -> Self {
        Self {
            uuid: unit.id.0,
            name: unit.name,
            kind: unit.cluster_kind.map(domain::ClusterKind::as_str),
        }
    }
}

impl From<OrgUnit> for Department {
    fn from(unit: OrgUnit) -> Self {
        Self {
            id: unit.id.0,
            name: unit.name,
            cluster_id: unit.cluster_id.map(|id| id.0),
        }
    }
}

impl From<DepartmentView> for Department {
    fn from(made: DepartmentView) -> Self {
        Self {
            id: made.id.0,
            name: made.name,
            cluster_id: Some(made.cluster_id.0),
        }
    }
}

impl From<OrgUnit> for Project {
    fn from(unit: OrgUnit) -> Self {
        Self {
            id: unit.id.0,
            name: unit.name,
            parent_id: unit.parent_id.map(|id| id.0),
            cluster_id: unit.cluster_id.map(|id| id.0),
            requested_namespace: unit.folder,
        }
    }
}

impl From<ClusterStorageClass> for StorageClass {
    fn from(offered: ClusterStorageClass) -> Self {
        let class = offered.class;
        Self {
            cluster_id: offered.cluster_id.0,
            name: class.name,
            spec: StorageClassSpec {
                provisioner: offered.provisioner,
                allow_volume_expansion: false,
                is_default: class.is_default,
            },
            description: class.description,
            persistence: class.persistence.into(),
            sharing: class.sharing.into(),
            available_bytes: class.available_bytes.map(|bytes| bytes.0),
        }
    }
}

/// The clusters that the caller may see.
#[utoipa::path(
    get, path = "/clusters", operation_id = "list_clusters", tag = "Organisation",
    params(ClustersQuery),
    responses((status = 200, description = "The clusters, at most 500, by name.", body = Vec<Cluster>)),
)]
async fn list_clusters(
    (State(service), Extension(caller)): Asking,
    Asked(_): Asked<ClustersQuery>,
) -> Result<Json<Vec<Cluster>>, Refused> {
    let query = OrgUnitsQuery {
        scope_type: ScopeType::Cluster,
        search: String::new(),
        offset: 0,
        limit: 500,
        is_descending: false,
    };
    let (clusters, _) = service.list_org_units(&caller, query).await?;
    Ok(Json(clusters.into_iter().map(Cluster::from).collect()))
}

/// One cluster.
#[utoipa::path(
    get, path = "/clusters/{id}", operation_id = "show_cluster", tag = "Organisation",
    params(("id" = String, Path, description = "Its id."), ClustersQuery),
    responses(
        (status = 200, description = "The cluster.", body = Cluster),
        (status = 404, description = "There is no such cluster here.", body = Problem),
    ),
)]
async fn show_cluster(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
    Asked(_): Asked<ClustersQuery>,
) -> Result<Json<Cluster>, Refused> {
    let unit = service.show_org_unit(&caller, ScopeType::Cluster, &id);
    Ok(Json(unit.await?.into()))
}

/// The departments that the caller may see.
#[utoipa::path(
    get, path = "/org-unit/departments", operation_id = "list_departments", tag = "Organisation",
    params(UnitsQuery),
    responses(
        (status = 200, description = "One page.", body = Departments),
        (status = 400, description = "A parameter is wrong.", body = Problem),
    ),
)]
async fn list_departments(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<UnitsQuery>,
) -> Result<Json<Departments>, Refused> {
    let asked = query.of(ScopeType::Department);
    let (departments, total) = service.list_org_units(&caller, asked).await?;
    Ok(Json(Departments {
        departments: departments.into_iter().map(Department::from).collect(),
        next: query.next(total),
    }))
}

/// One department.
#[utoipa::path(
    get, path = "/org-unit/departments/{id}", operation_id = "show_department", tag = "Organisation",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The department.", body = Department),
        (status = 404, description = "There is no such department here.", body = Problem),
    ),
)]
async fn show_department(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
) -> Result<Json<Department>, Refused> {
    let unit = service.show_org_unit(&caller, ScopeType::Department, &id);
    Ok(Json(unit.await?.into()))
}

/// The projects that the caller may see.
#[utoipa::path(
    get, path = "/org-unit/projects", operation_id = "list_projects", tag = "Organisation",
    params(UnitsQuery),
    responses(
        (status = 200, description = "One page.", body = Projects),
        (status = 400, description = "A parameter is wrong.", body = Problem),
    ),
)]
async fn list_projects(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<UnitsQuery>,
) -> Result<Json<Projects>, Refused> {
    let asked = query.of(ScopeType::Project);
    let (projects, total) = service.list_org_units(&caller, asked).await?;
    Ok(Json(Projects {
        projects: projects.into_iter().map(Project::from).collect(),
        next: query.next(total),
    }))
}

/// One project.
#[utoipa::path(
    get, path = "/org-unit/projects/{id}", operation_id = "show_project", tag = "Organisation",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The project.", body = Project),
        (status = 404, description = "There is no such project here.", body = Problem),
    ),
)]
async fn show_project(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
) -> Result<Json<Project>, Refused> {
    let unit = service.show_org_unit(&caller, ScopeType::Project, &id);
    Ok(Json(unit.await?.into()))
}

/// The storage classes of a cluster.
#[utoipa::path(
    get, path = "/storage-classes", operation_id = "list_storage_classes", tag = "Storage",
    params(StorageClassesQuery),
    responses(
        (status = 200, description = "The storage classes.", body = StorageClasses),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 404, description = "There is no such cluster here.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
async fn list_storage_classes(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<StorageClassesQuery>,
) -> Result<Json<StorageClasses>, Refused> {
    let cluster = query.cluster_id.as_str().into();
    let classes = service.list_storage_classes(&caller, &cluster).await?;
    let classes = classes.into_iter().map(StorageClass::from);
    let wanted = |class: &StorageClass| {
        let name = query.name.as_ref();
        name.is_none_or(|name| *name == class.name)
    };
    Ok(Json(StorageClasses {
        items: classes.filter(wanted).collect(),
    }))
}

//! Departments and projects made, renamed and removed, as Run:ai's API has it.
//!
//! What Run:ai's requests say about GPUs and scheduling is known and without effect: Stowage schedules nothing.

use axum::extract::State;
use axum::{Extension, Json};
use domain::ScopeType;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use service::Service;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{NewDepartment, NewProject, Problem};

use crate::Refused;
use crate::clusters::{Department, Project};
use crate::data_volumes::Asking;
use crate::problem::bad_request;
use crate::read::{Sent, UnitId};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(create_department))
        .routes(routes!(rename_department, delete_department))
        .routes(routes!(create_project))
        .routes(routes!(rename_project, delete_project))
}

/// A department to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DepartmentCreation {
    /// Its name; no other department of the cluster has it.
    name: String,
    /// The cluster's id.
    cluster_id: String,
    /// Departments have none here.
    description: Option<String>,
    /// Known, without effect.
    #[serde(rename = "resources")]
    #[schema(value_type = Option<Vec<Object>>)]
    _resources: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "schedulingRules")]
    #[schema(value_type = Option<Object>)]
    _scheduling_rules: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "defaultNodePools")]
    #[schema(value_type = Option<Vec<String>>)]
    _default_node_pools: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "nodeTypes")]
    #[schema(value_type = Option<Object>)]
    _node_types: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "overtimeData")]
    #[schema(value_type = Option<Object>)]
    _overtime: Option<Value>,
}

/// A project to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProjectCreation {
    /// Its name; no other project of the department has it.
    name: String,
    /// The cluster's id.
    cluster_id: String,
    /// The department's id.
    parent_id: Option<String>,
    /// Its namespace or folder, where one is there already. Only who manages the cluster's departments may choose
    /// it.
    requested_namespace: Option<String>,
    /// Projects have none here.
    description: Option<String>,
    /// Known, without effect.
    #[serde(rename = "resources")]
    #[schema(value_type = Option<Vec<Object>>)]
    _resources: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "schedulingRules")]
    #[schema(value_type = Option<Object>)]
    _scheduling_rules: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "defaultNodePools")]
    #[schema(value_type = Option<Vec<String>>)]
    _default_node_pools: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "nodeTypes")]
    #[schema(value_type = Option<Object>)]
    _node_types: Option<Value>,
    /// Known, without effect.
    #[serde(rename = "enforceRunaiScheduler")]
    _enforces_scheduler: Option<bool>,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OrgUnitUpdate {
    /// The name.
    name: String,
}

fn refuse_description(description: Option<&String>) -> Result<(), Refused> {
    match description {
        Some(text) if !text.is_empty() => Err(bad_request(
            "description",
            "Departments and projects have no description here. Leave it out.",
        )),
        _ => Ok(()),
    }
}

impl DepartmentCreation {
    fn checked(self) -> Result<NewDepartment, Refused> {
        refuse_description(self.description.as_ref())?;
        Ok(NewDepartment {
            cluster_id: self.cluster_id.as_str().into(),
            name: self.name,
        })
    }
}

impl ProjectCreation {
    fn checked(self) -> Result<(domain::ScopeId, NewProject), Refused> {
        refuse_description(self.description.as_ref())?;
        let department = self
            .parent_id
            .ok_or_else(|| bad_request("parentId", "Name the department."))?;
        let new = NewProject {
            department_id: department.as_str().into(),
            name: self.name,
            folder: self.requested_namespace,
        };
        Ok((self.cluster_id.as_str().into(), new))
    }
}

/// Makes a department in a cluster.
#[utoipa::path(
    post, path = "/org-unit/departments", operation_id = "create_department", tag = "Organisation",
    request_body = DepartmentCreation,
    responses(
        (status = 201, description = "The department.", body = Department),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such cluster here.", body = Problem),
        (status = 409, description = "The name is taken.", body = Problem),
    ),
)]
async fn create_department(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<DepartmentCreation>,
) -> Result<(StatusCode, Json<Department>), Refused> {
    let made = service.create_department(&caller, new.checked()?).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Gives a department another name.
#[utoipa::path(
    put, path = "/org-unit/departments/{id}", operation_id = "rename_department", tag = "Organisation",
    params(("id" = String, Path, description = "Its id.")),
    request_body = OrgUnitUpdate,
    responses(
        (status = 200, description = "The department.", body = Department),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such department here.", body = Problem),
        (status = 409, description = "The name is taken.", body = Problem),
    ),
)]
async fn rename_department(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
    Sent(update): Sent<OrgUnitUpdate>,
) -> Result<Json<Department>, Refused> {
    let unit = service.rename_org_unit(&caller, ScopeType::Department, id, &update.name);
    Ok(Json(unit.await?.into()))
}

/// Removes an empty department.
#[utoipa::path(
    delete, path = "/org-unit/departments/{id}", operation_id = "delete_department", tag = "Organisation",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such department here.", body = Problem),
        (status = 409, description = "It is not empty.", body = Problem),
    ),
)]
async fn delete_department(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
) -> Result<StatusCode, Refused> {
    service.delete_department(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a project in a department. What is shared with the department or the cluster is mounted in it soon.
#[utoipa::path(
    post, path = "/org-unit/projects", operation_id = "create_project", tag = "Organisation",
    request_body = ProjectCreation,
    responses(
        (status = 201, description = "The project.", body = Project),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such department here.", body = Problem),
        (status = 409, description = "The name or the namespace is taken.", body = Problem),
    ),
)]
async fn create_project(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<ProjectCreation>,
) -> Result<(StatusCode, Json<Project>), Refused> {
    let (cluster, new) = new.checked()?;
    let made = service.create_project_in(&caller, &cluster, new).await;
    let made =
        made.map_err(|error| Refused::from(error).renamed("folder", "requestedNamespace"))?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Gives a project another name. Its namespace or folder keeps the old one.
#[utoipa::path(
    put, path = "/org-unit/projects/{id}", operation_id = "rename_project", tag = "Organisation",
    params(("id" = String, Path, description = "Its id.")),
    request_body = OrgUnitUpdate,
    responses(
        (status = 200, description = "The project.", body = Project),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
        (status = 409, description = "The name is taken.", body = Problem),
    ),
)]
async fn rename_project(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
    Sent(update): Sent<OrgUnitUpdate>,
) -> Result<Json<Project>, Refused> {
    let unit = service.rename_org_unit(&caller, ScopeType::Project, id, &update.name);
    Ok(Json(unit.await?.into()))
}

/// Removes an empty project. Its namespace or folder stays, with all that is in it.
#[utoipa::path(
    delete, path = "/org-unit/projects/{id}", operation_id = "delete_project", tag = "Organisation",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
        (status = 409, description = "It is not empty.", body = Problem),
    ),
)]
async fn delete_project(
    (State(service), Extension(caller)): Asking,
    UnitId(id): UnitId,
) -> Result<StatusCode, Refused> {
    service.delete_project(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

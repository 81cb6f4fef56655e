//! Departments and projects.

use domain::ScopeId;
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{DepartmentView, NewDepartment, NewProject, Problem, ProjectView};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The departments that the caller may see.
///
/// # Errors
/// 401 when nobody is signed in.
#[server(prefix = "/fn", endpoint = "departments/list", input = GetUrl, output = JsonText)]
pub async fn list_departments() -> Result<Vec<DepartmentView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_departments(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// The projects that the caller may see.
///
/// # Errors
/// 401 when nobody is signed in.
#[server(prefix = "/fn", endpoint = "projects/list", input = GetUrl, output = JsonText)]
pub async fn list_projects() -> Result<Vec<ProjectView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_projects(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Makes a department in a cluster.
///
/// # Errors
/// 400 naming the field that is wrong, 403 when the caller does not manage departments, 409 when the name
/// is taken.
#[server(prefix = "/fn", endpoint = "departments/create", input = Json, output = JsonText)]
pub async fn create_department(new: NewDepartment) -> Result<DepartmentView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .create_department(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Gives a department another name.
///
/// # Errors
/// As [`create_department`].
#[server(prefix = "/fn", endpoint = "departments/rename", output = JsonText)]
pub async fn rename_department(id: ScopeId, name: String) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .rename_department(&caller, id, &name)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Removes an empty department.
///
/// # Errors
/// 409 when it is not empty.
#[server(prefix = "/fn", endpoint = "departments/delete", output = JsonText)]
pub async fn delete_department(id: ScopeId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .delete_department(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Makes a project in a department.
///
/// # Errors
/// As [`create_department`].
#[server(prefix = "/fn", endpoint = "projects/create", input = Json, output = JsonText)]
pub async fn create_project(new: NewProject) -> Result<ProjectView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .create_project(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Gives a project another name.
///
/// # Errors
/// As [`create_department`].
#[server(prefix = "/fn", endpoint = "projects/rename", output = JsonText)]
pub async fn rename_project(id: ScopeId, name: String) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .rename_project(&caller, id, &name)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Removes an empty project.
///
/// # Errors
/// 409 when it is not empty.
#[server(prefix = "/fn", endpoint = "projects/delete", output = JsonText)]
pub async fn delete_project(id: ScopeId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .delete_project(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

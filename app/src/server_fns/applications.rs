//! Applications: programs that act for themselves.

use domain::ApplicationId;
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{ApplicationView, ApplicationsPage, KeyPatch, MadeKey, NewKey, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The applications, by name.
///
/// # Errors
/// 403 when the caller may not manage them.
#[server(prefix = "/fn", endpoint = "applications/list", input = GetUrl, output = JsonText)]
pub async fn list_applications(offset: u32, limit: u32) -> Result<ApplicationsPage, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_applications(&caller, offset, limit)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Makes an application. Its secret is in this answer and nowhere else.
///
/// # Errors
/// 400 for a name that is none, 403 when the caller may not, 409 for a name that is taken.
#[server(prefix = "/fn", endpoint = "applications/create", input = Json, output = JsonText)]
pub async fn create_application(new: NewKey) -> Result<MadeKey, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .create_application(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Enables or disables an application.
///
/// # Errors
/// 404 when there is none that the caller may see.
#[server(prefix = "/fn", endpoint = "applications/edit", input = Json, output = JsonText)]
pub async fn edit_application(
    id: ApplicationId,
    patch: KeyPatch,
) -> Result<ApplicationView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .edit_application(&caller, id, patch)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Removes an application with its access rules.
///
/// # Errors
/// 404 when there is none that the caller may see.
#[server(prefix = "/fn", endpoint = "applications/delete", input = Json, output = JsonText)]
pub async fn delete_application(id: ApplicationId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .delete_application(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

//! What is pulled into a data volume.

use domain::{DataVolumeId, ImportId};
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{ImportView, ImportsView, NewImport, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The imports into a data volume, newest first.
///
/// # Errors
/// 403 when the caller may not read its files, 404 when there is none that they may see.
#[server(prefix = "/fn", endpoint = "imports/list", input = GetUrl, output = JsonText)]
pub async fn list_imports(id: DataVolumeId) -> Result<ImportsView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_imports(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Has files pulled into a data volume.
///
/// # Errors
/// 400 naming the field that is wrong, 403 when the caller may not change files there, 409 when it cannot be now.
#[server(prefix = "/fn", endpoint = "imports/start", input = Json, output = JsonText)]
pub async fn start_import(id: DataVolumeId, new: NewImport) -> Result<ImportView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .start_import(&caller, id, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Stops an import.
///
/// # Errors
/// 409 when it is over.
#[server(prefix = "/fn", endpoint = "imports/cancel", input = Json, output = JsonText)]
pub async fn cancel_import(id: DataVolumeId, import: ImportId) -> Result<ImportView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .cancel_import(&caller, id, import)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Begins an import anew.
///
/// # Errors
/// 409 while it is not over.
#[server(prefix = "/fn", endpoint = "imports/run", input = Json, output = JsonText)]
pub async fn run_import_again(id: DataVolumeId, import: ImportId) -> Result<ImportView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .run_import_again(&caller, id, import)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Takes an import off the list.
///
/// # Errors
/// 409 while it is not over.
#[server(prefix = "/fn", endpoint = "imports/remove", input = Json, output = JsonText)]
pub async fn remove_import(id: DataVolumeId, import: ImportId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .remove_import(&caller, id, import)
        .await
        .map_err(|error| ssr::refuse(&error))
}

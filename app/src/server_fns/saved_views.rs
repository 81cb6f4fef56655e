//! One's own views of the catalogue.

use domain::SavedViewId;
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{NewSavedView, Problem, SavedViewView};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The reader's views.
///
/// # Errors
/// 401 when nobody is signed in, 403 for a program.
#[server(prefix = "/fn", endpoint = "saved-views/list", input = GetUrl, output = JsonText)]
pub async fn list_saved_views() -> Result<Vec<SavedViewView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_saved_views(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Saves a view.
///
/// # Errors
/// 400 for a name that is none, 409 for one that is taken.
#[server(prefix = "/fn", endpoint = "saved-views/save", input = Json, output = JsonText)]
pub async fn save_view(new: NewSavedView) -> Result<SavedViewView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .save_view(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Removes a view.
///
/// # Errors
/// 404 when the reader has no such view.
#[server(prefix = "/fn", endpoint = "saved-views/delete", input = Json, output = JsonText)]
pub async fn delete_saved_view(id: SavedViewId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .delete_saved_view(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

//! The catalogue and the scope tree beside it.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
use wire::{CataloguePage, CatalogueQuery, Problem, ScopeNode};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The scopes that the caller may see, parents before children.
///
/// # Errors
/// 401 when nobody is signed in.
#[server(prefix = "/fn", endpoint = "scopes/tree", input = GetUrl, output = JsonText)]
pub async fn scope_tree() -> Result<Vec<ScopeNode>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .scope_tree(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// One page of the data volumes that the caller may see.
///
/// # Errors
/// 400 when the query breaks a limit, 404 when the scope is not theirs to know.
#[server(prefix = "/fn", endpoint = "data-volumes/list", input = GetUrl, output = JsonText)]
pub async fn list_data_volumes(query: CatalogueQuery) -> Result<CataloguePage, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_data_volumes(&caller, query)
        .await
        .map_err(|error| ssr::refuse(&error))
}

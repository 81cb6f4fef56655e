//! One's own access keys, for programs.

use domain::AccessKeyId;
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{AccessKeysView, MadeKey, NewKey, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The reader's access keys.
///
/// # Errors
/// 401 when nobody is signed in, 403 for a program.
#[server(prefix = "/fn", endpoint = "access-keys/list", input = GetUrl, output = JsonText)]
pub async fn list_access_keys() -> Result<AccessKeysView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_access_keys(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Makes an access key. Its secret is in this answer and nowhere else.
///
/// # Errors
/// 400 for a name that is none, 409 for one that is taken.
#[server(prefix = "/fn", endpoint = "access-keys/create", input = Json, output = JsonText)]
pub async fn create_access_key(new: NewKey) -> Result<MadeKey, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .create_access_key(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Removes an access key.
///
/// # Errors
/// 404 when the reader has no such key.
#[server(prefix = "/fn", endpoint = "access-keys/delete", input = Json, output = JsonText)]
pub async fn delete_access_key(id: AccessKeyId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .delete_access_key(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

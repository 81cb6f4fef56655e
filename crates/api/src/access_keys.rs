//! One's own access keys.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use service::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{AccessKeyView, AccessKeysView, KeyPatch, MadeKey, NewKey, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::read::{KeyId, Sent};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_access_keys, create_access_key))
        .routes(routes!(show_access_key, edit_access_key, delete_access_key))
        .routes(routes!(rotate_access_key_secret))
}

/// One's own access keys.
#[utoipa::path(
    get, path = "/access-keys", operation_id = "list_access_keys", tag = "Programs",
    responses(
        (status = 200, description = "The access keys, by name.", body = AccessKeysView),
        (status = 403, description = "This is for people who are signed in.", body = Problem),
    ),
)]
async fn list_access_keys(
    (State(service), Extension(caller)): Asking,
) -> Result<Json<AccessKeysView>, Refused> {
    Ok(Json(service.list_access_keys(&caller).await?))
}

/// Makes an access key, and shows its secret this once.
#[utoipa::path(
    post, path = "/access-keys", operation_id = "create_access_key", tag = "Programs",
    request_body = NewKey,
    responses(
        (status = 201, description = "The key with its secret.", body = MadeKey),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "This is for people who are signed in.", body = Problem),
        (status = 409, description = "The name is taken, or there are too many.", body = Problem),
    ),
)]
async fn create_access_key(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Refused> {
    let made = service.create_access_key(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One of one's own access keys.
#[utoipa::path(
    get, path = "/access-keys/{access_key_id}", operation_id = "show_access_key", tag = "Programs",
    params(("access_key_id" = String, Path, description = "The access key's id.")),
    responses(
        (status = 200, description = "The access key.", body = AccessKeyView),
        (status = 403, description = "This is for people who are signed in.", body = Problem),
        (status = 404, description = "You have no such access key.", body = Problem),
    ),
)]
async fn show_access_key(
    (State(service), Extension(caller)): Asking,
    KeyId(id): KeyId,
) -> Result<Json<AccessKeyView>, Refused> {
    Ok(Json(service.show_access_key(&caller, id).await?))
}

/// Enables or disables one of one's own access keys.
#[utoipa::path(
    patch, path = "/access-keys/{access_key_id}", operation_id = "edit_access_key", tag = "Programs",
    params(("access_key_id" = String, Path, description = "The access key's id.")),
    request_body = KeyPatch,
    responses(
        (status = 200, description = "The access key.", body = AccessKeyView),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "This is for people who are signed in.", body = Problem),
        (status = 404, description = "You have no such access key.", body = Problem),
    ),
)]
async fn edit_access_key(
    (State(service), Extension(caller)): Asking,
    KeyId(id): KeyId,
    Sent(patch): Sent<KeyPatch>,
) -> Result<Json<AccessKeyView>, Refused> {
    Ok(Json(service.edit_access_key(&caller, id, patch).await?))
}

/// Removes one of one's own access keys.
#[utoipa::path(
    delete, path = "/access-keys/{access_key_id}", operation_id = "delete_access_key", tag = "Programs",
    params(("access_key_id" = String, Path, description = "The access key's id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 403, description = "This is for people who are signed in.", body = Problem),
        (status = 404, description = "You have no such access key.", body = Problem),
    ),
)]
async fn delete_access_key(
    (State(service), Extension(caller)): Asking,
    KeyId(id): KeyId,
) -> Result<StatusCode, Refused> {
    service.delete_access_key(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives one of one's own access keys another secret, and shows it this once.
#[utoipa::path(
    post, path = "/access-keys/{access_key_id}/secret", operation_id = "rotate_access_key_secret", tag = "Programs",
    params(("access_key_id" = String, Path, description = "The access key's id.")),
    responses(
        (status = 200, description = "The key with its secret.", body = MadeKey),
        (status = 403, description = "This is for people who are signed in.", body = Problem),
        (status = 404, description = "You have no such access key.", body = Problem),
    ),
)]
async fn rotate_access_key_secret(
    (State(service), Extension(caller)): Asking,
    KeyId(id): KeyId,
) -> Result<Json<MadeKey>, Refused> {
    let made = service.rotate_access_key_secret(&caller, id).await?;
    Ok(Json(made))
}

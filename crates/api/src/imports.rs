//! Imports into a data volume.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use service::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{ImportView, ImportsView, NewImport, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::read::{ImportIdOf, Sent, VolumeId};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_imports, start_import))
        .routes(routes!(show_import, remove_import))
        .routes(routes!(cancel_import))
        .routes(routes!(run_import_again))
}

/// The imports into a data volume, newest first, and the credentials that a new one may name.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/imports", operation_id = "list_imports", tag = "Imports",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    responses(
        (status = 200, description = "The newest 100.", body = ImportsView),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume here.", body = Problem),
    ),
)]
async fn list_imports(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
) -> Result<Json<ImportsView>, Refused> {
    Ok(Json(service.list_imports(&caller, id).await?))
}

/// Has files pulled into a data volume: the objects of an S3 bucket, files over HTTP, or a repository of Hugging Face.
/// It goes on without the caller, with their rights.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/imports", operation_id = "start_import", tag = "Imports",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    request_body = NewImport,
    responses(
        (status = 201, description = "It is asked for.", body = ImportView),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume here.", body = Problem),
        (status = 409, description = "It is being deleted, or has too many imports.", body = Problem),
    ),
)]
async fn start_import(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Sent(new): Sent<NewImport>,
) -> Result<(StatusCode, Json<ImportView>), Refused> {
    let import = service.start_import(&caller, id, new).await?;
    Ok((StatusCode::CREATED, Json(import)))
}

/// How far an import is.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/imports/{import_id}", operation_id = "show_import", tag = "Imports",
    params(
        ("data_volume_id" = String, Path, description = "The data volume's id."),
        ("import_id" = String, Path, description = "The import's id."),
    ),
    responses(
        (status = 200, description = "The import.", body = ImportView),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume or import here.", body = Problem),
    ),
)]
async fn show_import(
    (State(service), Extension(caller)): Asking,
    ImportIdOf { volume, import }: ImportIdOf,
) -> Result<Json<ImportView>, Refused> {
    Ok(Json(service.show_import(&caller, volume, import).await?))
}

/// Takes an import that is over off the list. Files stay.
#[utoipa::path(
    delete, path = "/datavolumes/{data_volume_id}/imports/{import_id}", operation_id = "remove_import", tag = "Imports",
    params(
        ("data_volume_id" = String, Path, description = "The data volume's id."),
        ("import_id" = String, Path, description = "The import's id."),
    ),
    responses(
        (status = 204, description = "It is listed no more."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume or import here.", body = Problem),
        (status = 409, description = "It is not over.", body = Problem),
    ),
)]
async fn remove_import(
    (State(service), Extension(caller)): Asking,
    ImportIdOf { volume, import }: ImportIdOf,
) -> Result<StatusCode, Refused> {
    service.remove_import(&caller, volume, import).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops an import. What it stored stays.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/imports/{import_id}/cancel", operation_id = "cancel_import",
    tag = "Imports",
    params(
        ("data_volume_id" = String, Path, description = "The data volume's id."),
        ("import_id" = String, Path, description = "The import's id."),
    ),
    responses(
        (status = 200, description = "It is stopped.", body = ImportView),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume or import here.", body = Problem),
        (status = 409, description = "It is over already.", body = Problem),
    ),
)]
async fn cancel_import(
    (State(service), Extension(caller)): Asking,
    ImportIdOf { volume, import }: ImportIdOf,
) -> Result<Json<ImportView>, Refused> {
    Ok(Json(service.cancel_import(&caller, volume, import).await?))
}

/// Begins an import that is over anew, with the rights of the caller: it fetches what is new or changed at the source.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/imports/{import_id}/run", operation_id = "run_import_again",
    tag = "Imports",
    params(
        ("data_volume_id" = String, Path, description = "The data volume's id."),
        ("import_id" = String, Path, description = "The import's id."),
    ),
    responses(
        (status = 200, description = "It is asked for.", body = ImportView),
        (status = 400, description = "Its credential is there no more.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume or import here.", body = Problem),
        (status = 409, description = "It is not over, or there are too many others.", body = Problem),
    ),
)]
async fn run_import_again(
    (State(service), Extension(caller)): Asking,
    ImportIdOf { volume, import }: ImportIdOf,
) -> Result<Json<ImportView>, Refused> {
    Ok(Json(
        service.run_import_again(&caller, volume, import).await?,
    ))
}

//! Folders and names of files.

use axum::extract::State;
use axum::{Extension, Json};
use domain::VolumePath;
use http::StatusCode;
use serde::Deserialize;
use service::Service;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{FolderView, NewFolder, Problem, RenameFile};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::problem::bad_request;
use crate::read::{Asked, Sent, VolumeId};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_folder, delete_file))
        .routes(routes!(make_folder))
        .routes(routes!(rename_file))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FolderQuery {
    /// The folder; empty is the volume itself.
    #[serde(default)]
    path: String,
    /// Entries to pass over.
    #[serde(default)]
    offset: u64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// The file or folder.
    path: String,
}

/// One folder, or a page of it.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/files", operation_id = "list_folder", tag = "Files",
    params(("data_volume_id" = String, Path, description = "The data volume's id."), FolderQuery),
    responses(
        (status = 200, description = "The entries.", body = FolderView),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Its storage is not there.", body = Problem),
    ),
)]
async fn list_folder(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Asked(query): Asked<FolderQuery>,
) -> Result<Json<FolderView>, Refused> {
    let path = volume_path(&query.path)?;
    Ok(Json(
        service.list_folder(&caller, id, path, query.offset).await?,
    ))
}

/// Makes a folder, and those on the way to it.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/files/folder", operation_id = "make_folder", tag = "Files",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    request_body = NewFolder,
    responses(
        (status = 201, description = "It is there."),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "The name is taken, or its storage is not there.", body = Problem),
    ),
)]
async fn make_folder(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Sent(new): Sent<NewFolder>,
) -> Result<StatusCode, Refused> {
    service.make_folder(&caller, id, new).await?;
    Ok(StatusCode::CREATED)
}

/// Gives a file or folder another name or place. Nothing is replaced.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/files/rename", operation_id = "rename_file", tag = "Files",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    request_body = RenameFile,
    responses(
        (status = 204, description = "Done."),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "The name is taken, or its storage is not there.", body = Problem),
    ),
)]
async fn rename_file(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Sent(rename): Sent<RenameFile>,
) -> Result<StatusCode, Refused> {
    service.rename_file(&caller, id, rename).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a file, or a folder with all that is in it.
#[utoipa::path(
    delete, path = "/datavolumes/{data_volume_id}/files", operation_id = "delete_file", tag = "Files",
    params(("data_volume_id" = String, Path, description = "The data volume's id."), FileQuery),
    responses(
        (status = 204, description = "Gone."),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Its storage is not there.", body = Problem),
    ),
)]
async fn delete_file(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Asked(query): Asked<FileQuery>,
) -> Result<StatusCode, Refused> {
    service
        .delete_file(&caller, id, volume_path(&query.path)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn volume_path(text: &str) -> Result<VolumePath, Refused> {
    text.parse()
        .map_err(|error: domain::PathError| bad_request("path", error.to_string()))
}

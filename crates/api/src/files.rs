//! Folders and names of files.

use authz::Caller;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use domain::{DataVolumeId, VolumePath};
use http::StatusCode;
use serde::Deserialize;
use service::Service;
use wire::{FolderView, NewFolder, RenameFile};

use crate::Refused;
use crate::problem::bad_request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FolderQuery {
    #[serde(default)]
    path: String,
    #[serde(default)]
    offset: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileQuery {
    path: String,
}

type InVolume = (State<Service>, Extension<Caller>, Path<DataVolumeId>);

pub(crate) async fn list_folder(
    (State(service), Extension(caller), Path(id)): InVolume,
    Query(query): Query<FolderQuery>,
) -> Result<Json<FolderView>, Refused> {
    let path = volume_path(&query.path)?;
    Ok(Json(
        service.list_folder(&caller, id, path, query.offset).await?,
    ))
}

pub(crate) async fn make_folder(
    (State(service), Extension(caller), Path(id)): InVolume,
    Json(new): Json<NewFolder>,
) -> Result<StatusCode, Refused> {
    service.make_folder(&caller, id, new).await?;
    Ok(StatusCode::CREATED)
}

pub(crate) async fn rename_file(
    (State(service), Extension(caller), Path(id)): InVolume,
    Json(rename): Json<RenameFile>,
) -> Result<StatusCode, Refused> {
    service.rename_file(&caller, id, rename).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn delete_file(
    (State(service), Extension(caller), Path(id)): InVolume,
    Query(query): Query<FileQuery>,
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

//! One data volume: planned, made, shown, edited, deleted.

use domain::{DataVolumeId, ScopeId};
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{
    DataVolumeEdit, DataVolumePlan, DataVolumeView, DeletionConsequences, NewDataVolume, Problem,
    ProjectChoice, StorageChoices,
};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// One data volume, whole, with what the caller may do to it.
///
/// # Errors
/// 404 when there is none that the caller may see.
#[server(prefix = "/fn", endpoint = "data-volumes/show", input = GetUrl, output = JsonText)]
pub async fn show_data_volume(id: DataVolumeId) -> Result<DataVolumeView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .show_data_volume(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// The projects in which the caller may make data volumes.
///
/// # Errors
/// 401 when nobody is signed in.
#[server(prefix = "/fn", endpoint = "data-volumes/project-choices", input = GetUrl, output = JsonText)]
pub async fn project_choices() -> Result<Vec<ProjectChoice>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .project_choices(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What a project offers to make a data volume from.
///
/// # Errors
/// 404 when the caller may not see the project, 403 when they may not create there.
#[server(name = AskStorageChoices, prefix = "/fn", endpoint = "data-volumes/storage-choices", input = GetUrl, output = JsonText)]
pub async fn storage_choices(project_id: ScopeId) -> Result<StorageChoices, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .storage_choices(&caller, project_id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What “Create” would do, without doing it.
///
/// # Errors
/// As for [`create_data_volume`].
#[server(prefix = "/fn", endpoint = "data-volumes/plan", input = Json, output = JsonText)]
pub async fn plan_data_volume(new: NewDataVolume) -> Result<DataVolumePlan, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .plan_data_volume(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Makes a data volume; its storage follows.
///
/// # Errors
/// 400 naming the field that is wrong, 403 when the caller may not create in the project, 409 when the
/// name is taken in the cluster.
#[server(prefix = "/fn", endpoint = "data-volumes/create", input = Json, output = JsonText)]
pub async fn create_data_volume(new: NewDataVolume) -> Result<DataVolumeView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .create_data_volume(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Asks for more room, so many bytes in all.
///
/// # Errors
/// 403 when the caller may not edit it, 409 when the storage cannot grow like this.
#[server(prefix = "/fn", endpoint = "data-volumes/grow", output = JsonText)]
pub async fn grow_data_volume(
    id: DataVolumeId,
    size_bytes: u64,
) -> Result<DataVolumeView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .grow_data_volume(&caller, id, domain::Bytes(size_bytes))
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Changes description and tags.
///
/// # Errors
/// 400 naming the field that is wrong, 403 when the caller may not edit it.
#[server(prefix = "/fn", endpoint = "data-volumes/edit", input = Json, output = JsonText)]
pub async fn edit_data_volume(
    id: DataVolumeId,
    edit: DataVolumeEdit,
) -> Result<DataVolumeView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .edit_data_volume(&caller, id, edit)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What a deletion would destroy and for whom.
///
/// # Errors
/// 403 when the caller may not delete it.
#[server(name = AskDeletionConsequences, prefix = "/fn", endpoint = "data-volumes/deletion-consequences", input = GetUrl, output = JsonText)]
pub async fn deletion_consequences(id: DataVolumeId) -> Result<DeletionConsequences, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .deletion_consequences(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Deletes a data volume; `name` and `seen_mount_count` are what confirms it.
///
/// # Errors
/// 400 when the name is another one, 403 when the caller may not delete it, 409 when more projects would
/// lose it than the person saw.
#[server(prefix = "/fn", endpoint = "data-volumes/delete", output = JsonText)]
pub async fn delete_data_volume(
    id: DataVolumeId,
    name: String,
    seen_mount_count: u64,
) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    let confirmed = wire::DeleteDataVolume {
        name,
        seen_mount_count,
    };
    service
        .delete_data_volume(&caller, id, confirmed)
        .await
        .map_err(|error| ssr::refuse(&error))
}

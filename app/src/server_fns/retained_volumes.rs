//! Volumes that data volumes left behind.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{DataVolumeView, Problem, RetainedVolumesView, TakeBackVolume};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The volumes that were kept on the clusters which the caller manages.
///
/// # Errors
/// 403 when the caller manages no cluster.
#[server(prefix = "/fn", endpoint = "retained-volumes/list", input = GetUrl, output = JsonText)]
pub async fn list_retained_volumes() -> Result<RetainedVolumesView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_retained_volumes(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Makes a data volume of one that was kept.
///
/// # Errors
/// 400 naming the field that is wrong, 403 when the caller does not manage the cluster, 409 when the name is
/// taken or the volume is not free.
#[server(prefix = "/fn", endpoint = "retained-volumes/take-back", input = Json, output = JsonText)]
pub async fn take_retained_volume_back(wish: TakeBackVolume) -> Result<DataVolumeView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .take_retained_volume_back(&caller, wish)
        .await
        .map_err(|error| ssr::refuse(&error))
}

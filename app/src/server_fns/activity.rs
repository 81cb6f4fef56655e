//! What happened to a data volume.

use domain::DataVolumeId;
use leptos::prelude::*;
use server_fn::codec::GetUrl;
use wire::{ActivityView, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The log of a data volume, newest first.
///
/// # Errors
/// 404 when there is no such data volume that the caller may see.
#[server(prefix = "/fn", endpoint = "data-volumes/activity", input = GetUrl, output = JsonText)]
pub async fn list_activity(id: DataVolumeId) -> Result<Vec<ActivityView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_activity(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

//! Who else gets a data volume.

use domain::{DataVolumeId, ScopeId, ScopeType, ShareId};
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{NewShare, PodsView, Problem, ShareTarget, ShareView};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The scopes that a data volume can be shared with, and those that it cannot, with the reason.
///
/// # Errors
/// 404 when there is no such data volume that the caller may see.
#[server(prefix = "/fn", endpoint = "data-volumes/share-targets", input = GetUrl, output = JsonText)]
pub async fn share_targets(id: DataVolumeId) -> Result<Vec<ShareTarget>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .share_targets(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Shares a data volume with one more scope.
///
/// # Errors
/// 403 when the caller may not share it, or not with that scope; 409 when it is being deleted.
#[server(prefix = "/fn", endpoint = "data-volumes/share", input = Json, output = JsonText)]
pub async fn share_data_volume(id: DataVolumeId, with: NewShare) -> Result<ShareView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .share_data_volume(&caller, id, with)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Adds and takes back shares, all of them or none; each scope comes with the type that it is shown as.
///
/// # Errors
/// As for one; 400 for more than 50 of either.
#[server(prefix = "/fn", endpoint = "data-volumes/change-shares", input = Json, output = JsonText)]
pub async fn change_shares(
    id: DataVolumeId,
    add: Vec<(ScopeType, NewShare)>,
    remove: Vec<(ScopeType, ScopeId)>,
) -> Result<Vec<ShareView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .change_shares(&caller, id, service::ShareChanges { add, remove })
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What runs on a data volume now in the projects beneath these scopes.
///
/// # Errors
/// 403 when the caller may not share it, 503 when the cluster is away.
#[server(prefix = "/fn", endpoint = "data-volumes/pods", input = Json, output = JsonText)]
pub async fn pods_beneath(
    id: DataVolumeId,
    scopes: Vec<ScopeId>,
) -> Result<Vec<PodsView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .pods_beneath(&caller, id, &scopes)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Takes a share back.
///
/// # Errors
/// 403 when the caller may not share the data volume, 404 when the share is gone.
#[server(prefix = "/fn", endpoint = "data-volumes/unshare", output = JsonText)]
pub async fn unshare_data_volume(id: DataVolumeId, share_id: ShareId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .unshare_data_volume(&caller, id, share_id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

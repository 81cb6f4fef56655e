//! Volumes that administrators of a cluster made by hand, and to whom they are offered.

use domain::VolumeOfferId;
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{NewVolumeOffer, Problem, StaticVolumesView, VolumeOfferView};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The static volumes of the clusters that the caller manages, and to whom they are offered.
///
/// # Errors
/// 403 when the caller manages no cluster.
#[server(prefix = "/fn", endpoint = "static-volumes/list", input = GetUrl, output = JsonText)]
pub async fn list_static_volumes() -> Result<StaticVolumesView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_static_volumes(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Offers a static volume to the projects of a scope.
///
/// # Errors
/// 400 naming the field that is wrong, 403 when the caller does not manage the cluster, 409 when the volume is not
/// free or is offered already.
#[server(prefix = "/fn", endpoint = "static-volumes/offer", input = Json, output = JsonText)]
pub async fn offer_static_volume(new: NewVolumeOffer) -> Result<VolumeOfferView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .offer_static_volume(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Takes an offer back.
///
/// # Errors
/// 404 when there is none that the caller may see.
#[server(prefix = "/fn", endpoint = "static-volumes/withdraw", input = Json, output = JsonText)]
pub async fn withdraw_volume_offer(id: VolumeOfferId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .withdraw_volume_offer(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

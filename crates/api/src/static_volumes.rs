//! Volumes that administrators of a cluster made by hand, and to whom they are offered.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use serde::Deserialize;
use service::Service;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{NewVolumeOffer, OfferedVolumesView, Problem, StaticVolumesView, VolumeOfferView};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::read::{Asked, OfferId, Sent};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_static_volumes))
        .routes(routes!(list_offered_volumes, offer_static_volume))
        .routes(routes!(withdraw_volume_offer))
}

/// For which project.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OffersQuery {
    /// The project's id.
    project_id: String,
}

/// The static volumes of the clusters which one manages, and to whom they are offered.
#[utoipa::path(
    get, path = "/static-volumes", operation_id = "list_static_volumes", tag = "Clusters",
    responses(
        (status = 200, description = "Volumes, offers, and the clusters that do not answer.", body = StaticVolumesView),
        (status = 403, description = "This is for administrators of a cluster.", body = Problem),
    ),
)]
async fn list_static_volumes(
    (State(service), Extension(caller)): Asking,
) -> Result<Json<StaticVolumesView>, Refused> {
    Ok(Json(service.list_static_volumes(&caller).await?))
}

/// The static volumes that a project may make data volumes of.
#[utoipa::path(
    get, path = "/static-volumes/offers", operation_id = "list_offered_volumes", tag = "Clusters",
    params(OffersQuery),
    responses(
        (status = 200, description = "The volumes that are offered to it and free.", body = OfferedVolumesView),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
async fn list_offered_volumes(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<OffersQuery>,
) -> Result<Json<OfferedVolumesView>, Refused> {
    let project = query.project_id.as_str().into();
    Ok(Json(service.list_offered_volumes(&caller, &project).await?))
}

/// Offers a static volume to the projects of a scope.
#[utoipa::path(
    post, path = "/static-volumes/offers", operation_id = "offer_static_volume", tag = "Clusters",
    request_body = NewVolumeOffer,
    responses(
        (status = 201, description = "It is offered.", body = VolumeOfferView),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "This is for administrators of the cluster.", body = Problem),
        (status = 404, description = "There is no such cluster or scope here.", body = Problem),
        (status = 409, description = "The volume is not free, or is offered already.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
async fn offer_static_volume(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<NewVolumeOffer>,
) -> Result<(StatusCode, Json<VolumeOfferView>), Refused> {
    let offer = service.offer_static_volume(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(offer)))
}

/// Takes an offer back.
#[utoipa::path(
    delete, path = "/static-volumes/offers/{offer_id}", operation_id = "withdraw_volume_offer", tag = "Clusters",
    params(("offer_id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "It is offered no more."),
        (status = 404, description = "There is no such offer here.", body = Problem),
    ),
)]
async fn withdraw_volume_offer(
    (State(service), Extension(caller)): Asking,
    OfferId(id): OfferId,
) -> Result<StatusCode, Refused> {
    service.withdraw_volume_offer(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

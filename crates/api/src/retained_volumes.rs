//! Volumes that data volumes left behind.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::StatusCode;
use service::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{Problem, RetainedVolumesView, TakeBackVolume};

use crate::Refused;
use crate::data_volumes::{Asking, DataVolume, tagged};
use crate::read::Sent;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(list_retained_volumes, take_retained_volume_back))
}

/// The volumes that were kept on the clusters which one manages.
#[utoipa::path(
    get, path = "/retained-volumes", operation_id = "list_retained_volumes", tag = "Clusters",
    responses(
        (status = 200, description = "The volumes, and the clusters that do not answer.", body = RetainedVolumesView),
        (status = 403, description = "This is for administrators of a cluster.", body = Problem),
    ),
)]
async fn list_retained_volumes(
    (State(service), Extension(caller)): Asking,
) -> Result<Json<RetainedVolumesView>, Refused> {
    Ok(Json(service.list_retained_volumes(&caller).await?))
}

/// Makes a data volume of one that was kept, with all that lies in it.
#[utoipa::path(
    post, path = "/retained-volumes", operation_id = "take_retained_volume_back", tag = "Clusters",
    request_body = TakeBackVolume,
    responses(
        (status = 201, description = "The project has it.", body = DataVolume),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "This is for administrators of the cluster.", body = Problem),
        (status = 404, description = "There is no such cluster or project here.", body = Problem),
        (status = 409, description = "The name is taken, or the volume is not free.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
async fn take_retained_volume_back(
    (State(service), Extension(caller)): Asking,
    Sent(wish): Sent<TakeBackVolume>,
) -> Result<impl IntoResponse, Refused> {
    let view = service.take_retained_volume_back(&caller, wish).await?;
    Ok((StatusCode::CREATED, tagged(view)))
}

//! Data volumes, with the paths, fields and answers of Run:ai's public API.

mod bodies;
mod list;
mod new;
mod size;

use authz::Caller;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use domain::Phase;
use http::{HeaderMap, StatusCode, header};
use service::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{DataVolumeView, Problem};

use crate::Refused;
use crate::read::{Asked, Sent, VolumeId};

pub(crate) use bodies::{DataVolume, Persistence, SharingAnswer};
pub(crate) use list::Way;

use bodies::{DataVolumePatch, DataVolumePhase, NameQuery, Settings};
use new::NewDataVolume;

/// Who asks whom.
pub(crate) type Asking = (State<Service>, Extension<Caller>);

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list::list_data_volumes, create_data_volume))
        .routes(routes!(list::count_data_volumes))
        .routes(routes!(check_name_availability))
        .routes(routes!(show_settings))
        .routes(routes!(
            show_data_volume,
            edit_data_volume,
            delete_data_volume
        ))
        .routes(routes!(size::grow_data_volume))
}

/// Makes a data volume of a claim that is there, or of a new one.
#[utoipa::path(
    post, path = "/datavolumes", operation_id = "create_data_volume", tag = "Data volumes",
    request_body = NewDataVolume,
    responses(
        (status = 201, description = "It is being made.", body = DataVolume),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
        (status = 409, description = "The name or the claim is taken or cannot be had.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
async fn create_data_volume(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<NewDataVolume>,
) -> Result<impl IntoResponse, Refused> {
    let view = service.create_data_volume(&caller, new.checked()?).await?;
    Ok((StatusCode::CREATED, tagged(view)))
}

/// One data volume.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}", operation_id = "show_data_volume", tag = "Data volumes",
    params(("data_volume_id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The data volume.", body = DataVolume,
         headers(("etag" = String, description = "For `If-Match`."))),
        (status = 404, description = "There is no such data volume here.", body = Problem),
    ),
)]
async fn show_data_volume(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
) -> Result<impl IntoResponse, Refused> {
    Ok(tagged(service.show_data_volume(&caller, id).await?))
}

/// Changes description and tags; what is not sent stays.
#[utoipa::path(
    patch, path = "/datavolumes/{data_volume_id}", operation_id = "edit_data_volume", tag = "Data volumes",
    params(
        ("data_volume_id" = String, Path, description = "Its id."),
        ("if-match" = Option<String>, Header, description = "The `ETag` that was read: refused with 412 if it is another one by now."),
    ),
    request_body = DataVolumePatch,
    responses(
        (status = 200, description = "The data volume as it is now.", body = DataVolume),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume here.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
async fn edit_data_volume(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    headers: HeaderMap,
    Sent(patch): Sent<DataVolumePatch>,
) -> Result<impl IntoResponse, Refused> {
    let amendment = patch.amending(bodies::seen_at(&headers)?);
    Ok(tagged(
        service.amend_data_volume(&caller, id, amendment).await?,
    ))
}

/// Deletes a data volume that nobody else has. A claim that was there before stays, with its files.
#[utoipa::path(
    delete, path = "/datavolumes/{data_volume_id}", operation_id = "delete_data_volume", tag = "Data volumes",
    params(("data_volume_id" = String, Path, description = "Its id.")),
    responses(
        (status = 202, description = "The cluster works on it; when it is gone, asking for it answers 404."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume here.", body = Problem),
        (status = 409, description = "It is shared; the message names the scopes.", body = Problem),
    ),
)]
async fn delete_data_volume(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
) -> Result<StatusCode, Refused> {
    service.delete_unshared_data_volume(&caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Whether a name is free on a cluster.
#[utoipa::path(
    get, path = "/datavolumes/name-availability", operation_id = "check_name_availability", tag = "Data volumes",
    params(NameQuery),
    responses(
        (status = 204, description = "It is free."),
        (status = 400, description = "It cannot be a name.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such cluster here.", body = Problem),
        (status = 409, description = "It is taken.", body = Problem),
    ),
)]
async fn check_name_availability(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<NameQuery>,
) -> Result<StatusCode, Refused> {
    service
        .check_name_is_free(&caller, &query.cluster_id.as_str().into(), &query.data_name)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether data volumes are switched on: always.
#[utoipa::path(
    get, path = "/datavolumes/settings", operation_id = "show_data_volume_settings", tag = "Data volumes",
    responses((status = 200, description = "The settings.", body = Settings)),
)]
async fn show_settings() -> Json<Settings> {
    Json(Settings {
        enable_data_volumes: true,
    })
}

/// A data volume with the tag that `If-Match` is compared with.
pub(crate) fn tagged(view: DataVolumeView) -> impl IntoResponse {
    let tag = bodies::etag(view.updated_at);
    ([(header::ETAG, tag)], Json(DataVolume::whole(view)))
}

impl From<Phase> for DataVolumePhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Ready => Self::Ready,
            Phase::NotReady => Self::NotReady,
            Phase::Creating => Self::Creating,
            Phase::Deleting => Self::Deleting,
            Phase::Unknown => Self::Unknown,
        }
    }
}

//! How much room a data volume has.

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::Bytes;
use serde::Deserialize;
use utoipa::ToSchema;
use wire::Problem;

use super::{Asking, DataVolume, tagged};
use crate::Refused;
use crate::read::{Sent, VolumeId};

/// More room.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewSize {
    /// How much it is to have in all.
    size_bytes: u64,
}

/// Asks for more room; the capacity follows when the storage has grown.
#[utoipa::path(
    put, path = "/datavolumes/{data_volume_id}/size", operation_id = "grow_data_volume", tag = "Data volumes",
    params(("data_volume_id" = String, Path, description = "Its id.")),
    request_body = NewSize,
    responses(
        (status = 200, description = "It was asked for.", body = DataVolume),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume here.", body = Problem),
        (status = 409, description = "The storage is not ready, or cannot grow like this; the message says why.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
pub(super) async fn grow_data_volume(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Sent(new): Sent<NewSize>,
) -> Result<impl IntoResponse, Refused> {
    let size = Bytes(new.size_bytes);
    Ok(tagged(service.grow_data_volume(&caller, id, size).await?))
}

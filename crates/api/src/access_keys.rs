//! One's own access keys.

use authz::Caller;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use domain::AccessKeyId;
use http::StatusCode;
use service::{Error, Kind, Service};
use wire::{AccessKeyView, AccessKeysView, KeyPatch, MadeKey, NewKey};

use crate::Refused;
use crate::problem::Body;

type Asked = (State<Service>, Extension<Caller>);
type AskedOne = (State<Service>, Extension<Caller>, Path<String>);

/// `GET /api/v1/access-keys`
pub(crate) async fn list_access_keys(
    (State(service), Extension(caller)): Asked,
) -> Result<Json<AccessKeysView>, Refused> {
    Ok(Json(service.list_access_keys(&caller).await?))
}

/// `POST /api/v1/access-keys`
pub(crate) async fn create_access_key(
    (State(service), Extension(caller)): Asked,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Refused> {
    let made = service.create_access_key(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// `GET /api/v1/access-keys/{access_key_id}`
pub(crate) async fn show_access_key(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<Json<AccessKeyView>, Refused> {
    Ok(Json(service.show_access_key(&caller, read(&id)?).await?))
}

/// `PATCH /api/v1/access-keys/{access_key_id}`
pub(crate) async fn edit_access_key(
    (State(service), Extension(caller), Path(id)): AskedOne,
    Body(patch): Body<KeyPatch>,
) -> Result<Json<AccessKeyView>, Refused> {
    let edited = service.edit_access_key(&caller, read(&id)?, patch).await?;
    Ok(Json(edited))
}

/// `DELETE /api/v1/access-keys/{access_key_id}`
pub(crate) async fn delete_access_key(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<StatusCode, Refused> {
    service.delete_access_key(&caller, read(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/access-keys/{access_key_id}/secret`
pub(crate) async fn rotate_access_key_secret(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<Json<MadeKey>, Refused> {
    let made = service.rotate_access_key_secret(&caller, read(&id)?);
    Ok(Json(made.await?))
}

/// An id that is none is a key that is not there.
fn read(id: &str) -> Result<AccessKeyId, Refused> {
    id.parse()
        .map_err(|_| Error::NotFound(Kind::AccessKey).into())
}

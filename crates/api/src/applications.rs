//! Applications, under the two names that Run:ai has for them: `/apps` and `/service-accounts`. They differ in what
//! an answer calls the secret and the list.

use authz::Caller;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use domain::ApplicationId;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Error, Kind, Service};
use wire::{ApplicationView, ApplicationsPage, KeyPatch, MadeKey, NewKey};

use crate::Refused;
use crate::problem::{Body, bad_request};

const MOST_LISTED: u32 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    #[serde(default)]
    offset: u32,
    #[serde(default = "fifty")]
    limit: u32,
}

fn fifty() -> u32 {
    50
}

type Asked = (State<Service>, Extension<Caller>);
type AskedOne = (State<Service>, Extension<Caller>, Path<String>);

/// `GET /api/v1/apps`
pub(crate) async fn list_applications(
    (State(service), Extension(caller)): Asked,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<ApplicationsPage>, Refused> {
    let Query(query) = query.map_err(|error| bad_request("query", error.body_text()))?;
    if !(1..=MOST_LISTED).contains(&query.limit) {
        return Err(bad_request("limit", "The limit is a number from 1 to 500."));
    }
    let page = service
        .list_applications(&caller, query.offset, query.limit)
        .await?;
    Ok(Json(page))
}

/// `GET /api/v1/service-accounts`
pub(crate) async fn list_service_accounts(
    asked: Asked,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Refused> {
    let Json(page) = list_applications(asked, query).await?;
    Ok(Json(
        json!({ "serviceAccounts": page.applications, "next": page.next }),
    ))
}

/// `POST /api/v1/apps`
pub(crate) async fn create_application(
    (State(service), Extension(caller)): Asked,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let made = service.create_application(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(as_application(&made))))
}

/// `POST /api/v1/service-accounts`
pub(crate) async fn create_service_account(
    (State(service), Extension(caller)): Asked,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Refused> {
    let made = service.create_application(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// `GET /api/v1/apps/{app_id}`
pub(crate) async fn show_application(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<Json<ApplicationView>, Refused> {
    Ok(Json(service.show_application(&caller, read(&id)?).await?))
}

/// `PATCH /api/v1/apps/{app_id}`
pub(crate) async fn edit_application(
    (State(service), Extension(caller), Path(id)): AskedOne,
    Body(patch): Body<KeyPatch>,
) -> Result<Json<ApplicationView>, Refused> {
    let edited = service.edit_application(&caller, read(&id)?, patch).await?;
    Ok(Json(edited))
}

/// `DELETE /api/v1/apps/{app_id}`
pub(crate) async fn delete_application(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<StatusCode, Refused> {
    service.delete_application(&caller, read(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/apps/{app_id}/secret`
pub(crate) async fn rotate_application_secret(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<Json<Value>, Refused> {
    let made = service
        .rotate_application_secret(&caller, read(&id)?)
        .await?;
    Ok(Json(as_application(&made)))
}

/// `POST /api/v1/service-accounts/{app_id}/secret`
pub(crate) async fn rotate_service_account_secret(
    (State(service), Extension(caller), Path(id)): AskedOne,
) -> Result<Json<MadeKey>, Refused> {
    let made = service.rotate_application_secret(&caller, read(&id)?);
    Ok(Json(made.await?))
}

/// What Run:ai calls `secret` here, it calls `clientSecret` elsewhere.
fn as_application(made: &MadeKey) -> Value {
    json!({ "id": made.id, "name": made.name, "clientId": made.client_id, "secret": made.client_secret })
}

/// An id that is none is an application that is not there.
fn read(id: &str) -> Result<ApplicationId, Refused> {
    id.parse()
        .map_err(|_| Error::NotFound(Kind::Application).into())
}

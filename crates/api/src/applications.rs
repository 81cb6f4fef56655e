//! Applications, under the two names that Run:ai has for them: `/apps` and `/service-accounts`. They differ in what
//! an answer calls the secret and the list.

use axum::extract::State;
use axum::{Extension, Json};
use domain::AccessKeyId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use service::Service;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{ApplicationView, ApplicationsPage, KeyPatch, MadeKey, NewKey, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::problem::bad_request;
use crate::read::{AppId, Asked, Sent};

const MOST_LISTED: u32 = 500;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_applications, create_application))
        .routes(routes!(
            show_application,
            edit_application,
            delete_application
        ))
        .routes(routes!(rotate_application_secret))
        .routes(routes!(list_service_accounts, create_service_account))
        .routes(routes!(
            show_service_account,
            edit_service_account,
            delete_service_account
        ))
        .routes(routes!(rotate_service_account_secret))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Entries to pass over.
    offset: Option<u32>,
    /// Entries to answer.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
}

/// One page of applications, as service accounts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceAccounts {
    /// By name.
    service_accounts: Vec<ApplicationView>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

/// An application's client id and secret: the only answer that ever holds it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MadeApplication {
    /// Its id.
    #[schema(value_type = String)]
    id: AccessKeyId,
    /// What it is called.
    name: String,
    /// What to send beside the secret.
    #[schema(value_type = String)]
    client_id: AccessKeyId,
    /// The secret.
    secret: String,
}

impl From<MadeKey> for MadeApplication {
    fn from(made: MadeKey) -> Self {
        Self {
            id: made.id,
            name: made.name,
            client_id: made.client_id,
            secret: made.client_secret,
        }
    }
}

/// The applications.
#[utoipa::path(
    get, path = "/apps", operation_id = "list_applications", tag = "Programs",
    params(PageQuery),
    responses(
        (status = 200, description = "One page.", body = ApplicationsPage),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "They are not the caller's to see.", body = Problem),
    ),
)]
async fn list_applications(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<ApplicationsPage>, Refused> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST_LISTED).contains(&limit) {
        return Err(bad_request("limit", "The limit is a number from 1 to 500."));
    }
    let page = service.list_applications(&caller, query.offset.unwrap_or_default(), limit);
    Ok(Json(page.await?))
}

/// Makes an application, and shows its secret this once. It may nothing before an access rule names it.
#[utoipa::path(
    post, path = "/apps", operation_id = "create_application", tag = "Programs",
    request_body = NewKey,
    responses(
        (status = 201, description = "The application with its secret.", body = MadeApplication),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Not allowed.", body = Problem),
        (status = 409, description = "The name is taken.", body = Problem),
    ),
)]
async fn create_application(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<NewKey>,
) -> Result<(StatusCode, Json<MadeApplication>), Refused> {
    let made = service.create_application(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// One application.
#[utoipa::path(
    get, path = "/apps/{app_id}", operation_id = "show_application", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    responses(
        (status = 200, description = "The application.", body = ApplicationView),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn show_application(
    (State(service), Extension(caller)): Asking,
    AppId(id): AppId,
) -> Result<Json<ApplicationView>, Refused> {
    Ok(Json(service.show_application(&caller, id).await?))
}

/// Enables or disables an application. What it is doing ends within seconds.
#[utoipa::path(
    patch, path = "/apps/{app_id}", operation_id = "edit_application", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    request_body = KeyPatch,
    responses(
        (status = 200, description = "The application.", body = ApplicationView),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn edit_application(
    (State(service), Extension(caller)): Asking,
    AppId(id): AppId,
    Sent(patch): Sent<KeyPatch>,
) -> Result<Json<ApplicationView>, Refused> {
    Ok(Json(service.edit_application(&caller, id, patch).await?))
}

/// Removes an application with the access rules that name it.
#[utoipa::path(
    delete, path = "/apps/{app_id}", operation_id = "delete_application", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn delete_application(
    (State(service), Extension(caller)): Asking,
    AppId(id): AppId,
) -> Result<StatusCode, Refused> {
    service.delete_application(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an application another secret, and shows it this once.
#[utoipa::path(
    post, path = "/apps/{app_id}/secret", operation_id = "rotate_application_secret", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    responses(
        (status = 200, description = "The application with its secret.", body = MadeApplication),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn rotate_application_secret(
    (State(service), Extension(caller)): Asking,
    AppId(id): AppId,
) -> Result<Json<MadeApplication>, Refused> {
    let made = service.rotate_application_secret(&caller, id).await?;
    Ok(Json(made.into()))
}

/// The applications, as service accounts.
#[utoipa::path(
    get, path = "/service-accounts", operation_id = "list_service_accounts", tag = "Programs",
    params(PageQuery),
    responses(
        (status = 200, description = "One page.", body = ServiceAccounts),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "They are not the caller's to see.", body = Problem),
    ),
)]
async fn list_service_accounts(
    asking: Asking,
    query: Asked<PageQuery>,
) -> Result<Json<ServiceAccounts>, Refused> {
    let Json(page) = list_applications(asking, query).await?;
    Ok(Json(ServiceAccounts {
        service_accounts: page.applications,
        next: page.next,
    }))
}

/// Makes an application, and shows its secret this once.
#[utoipa::path(
    post, path = "/service-accounts", operation_id = "create_service_account", tag = "Programs",
    request_body = NewKey,
    responses(
        (status = 201, description = "The application with its secret.", body = MadeKey),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Not allowed.", body = Problem),
        (status = 409, description = "The name is taken.", body = Problem),
    ),
)]
async fn create_service_account(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Refused> {
    let made = service.create_application(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// The same as `show_application`.
#[utoipa::path(
    get, path = "/service-accounts/{app_id}", operation_id = "show_service_account", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    responses(
        (status = 200, description = "The application.", body = ApplicationView),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn show_service_account(asking: Asking, id: AppId) -> Result<Json<ApplicationView>, Refused> {
    show_application(asking, id).await
}

/// The same as `edit_application`.
#[utoipa::path(
    patch, path = "/service-accounts/{app_id}", operation_id = "edit_service_account", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    request_body = KeyPatch,
    responses(
        (status = 200, description = "The application.", body = ApplicationView),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn edit_service_account(
    asking: Asking,
    id: AppId,
    patch: Sent<KeyPatch>,
) -> Result<Json<ApplicationView>, Refused> {
    edit_application(asking, id, patch).await
}

/// The same as `delete_application`.
#[utoipa::path(
    delete, path = "/service-accounts/{app_id}", operation_id = "delete_service_account", tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn delete_service_account(asking: Asking, id: AppId) -> Result<StatusCode, Refused> {
    delete_application(asking, id).await
}

/// Gives an application another secret, and shows it this once.
#[utoipa::path(
    post, path = "/service-accounts/{app_id}/secret", operation_id = "rotate_service_account_secret",
    tag = "Programs",
    params(("app_id" = String, Path, description = "The application's id.")),
    responses(
        (status = 200, description = "The application with its secret.", body = MadeKey),
        (status = 404, description = "There is no such application here.", body = Problem),
    ),
)]
async fn rotate_service_account_secret(
    (State(service), Extension(caller)): Asking,
    AppId(id): AppId,
) -> Result<Json<MadeKey>, Refused> {
    let made = service.rotate_application_secret(&caller, id).await?;
    Ok(Json(made))
}

//! REST: handlers that read, call one function of the service, and convert.
//!
//! A caller is put into the request by the layer of the crate `identity`; without one every address
//! here answers 401, whether it exists or not.

mod access_keys;
mod applications;
mod audit_export;
mod caller;
mod events;
mod files;
mod problem;
mod transfer;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{any, get, post};
use service::Service;

pub use problem::Refused;

/// Every address under `/api/v1`.
pub fn router(service: Service) -> Router {
    let volume = Router::new()
        .route("/files", get(files::list_folder).delete(files::delete_file))
        .route("/files/content", get(transfer::download))
        .route("/files/details", get(transfer::look))
        .route("/files/folder", post(files::make_folder))
        .route("/files/rename", post(files::rename_file))
        .route("/manifest", get(transfer::look))
        .route("/uploads", any(transfer::upload))
        .route("/uploads/archive", post(transfer::upload))
        .route("/uploads/batch", post(transfer::upload))
        .route("/uploads/{upload_id}", any(transfer::upload));
    let v1 = Router::new()
        .route("/events", get(events::changes))
        .merge(programs())
        .route("/audit/export.csv", get(audit_export::csv))
        .route("/audit/export.json", get(audit_export::json))
        .nest("/datavolumes/{data_volume_id}", volume)
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn(caller::require))
        .with_state(service);
    Router::new().nest("/api/v1", v1)
}

/// Applications under both of their names, and one's own access keys.
fn programs() -> Router<Service> {
    let application = get(applications::show_application)
        .patch(applications::edit_application)
        .delete(applications::delete_application);
    Router::new()
        .route(
            "/apps",
            get(applications::list_applications).post(applications::create_application),
        )
        .route("/apps/{app_id}", application.clone())
        .route(
            "/apps/{app_id}/secret",
            post(applications::rotate_application_secret),
        )
        .route(
            "/service-accounts",
            get(applications::list_service_accounts).post(applications::create_service_account),
        )
        .route("/service-accounts/{app_id}", application)
        .route(
            "/service-accounts/{app_id}/secret",
            post(applications::rotate_service_account_secret),
        )
        .route(
            "/access-keys",
            get(access_keys::list_access_keys).post(access_keys::create_access_key),
        )
        .route(
            "/access-keys/{access_key_id}",
            get(access_keys::show_access_key)
                .patch(access_keys::edit_access_key)
                .delete(access_keys::delete_access_key),
        )
        .route(
            "/access-keys/{access_key_id}/secret",
            post(access_keys::rotate_access_key_secret),
        )
}

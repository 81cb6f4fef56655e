//! REST: handlers that read, call one function of the service, and convert.
//!
//! A caller is put into the request by the layer of the crate `identity`; without one every address
//! here answers 401, whether it exists or not.

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
        .nest("/datavolumes/{data_volume_id}", volume)
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn(caller::require))
        .with_state(service);
    Router::new().nest("/api/v1", v1)
}

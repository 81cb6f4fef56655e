//! REST: handlers that read, call one function of the service, and convert.
//!
//! A caller is put into the request by the layer of the crate `identity`; without one every address
//! here answers 401, whether it exists or not. What is routed is described: [`document`] is made of the
//! same handlers, and [`docs`] shows it.

mod access_keys;
mod access_rules;
mod applications;
mod audit_export;
mod audit_log;
mod authorization;
mod caller;
mod catalogue_export;
mod claims;
mod clusters;
mod data_volumes;
mod docs;
mod events;
mod export;
mod files;
mod imports;
mod org_units;
mod problem;
mod read;
mod repeats;
mod retained_volumes;
mod shared_scopes;
mod static_volumes;
mod tokens;
mod transfer;
mod versions;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use service::Service;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use docs::ADDRESSES as DOCS;
pub use problem::Refused;

/// Every address under `/api`, except those of tokens.
pub fn router(service: Service) -> Router {
    let (router, _) = described().split_for_parts();
    let handlers = router.clone().with_state(service.clone());
    let router = router
        .layer(from_fn_with_state(handlers, versions::guard))
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(service.clone(), repeats::repeat))
        .layer(from_fn(caller::require))
        .with_state(service);
    docs::router(&document()).nest("/api", router)
}

/// What the API is, as an `OpenAPI` 3.1 document.
pub fn document() -> OpenApi {
    let mut document = OpenApiRouter::with_openapi(docs::heading())
        .nest("/api", described())
        .to_openapi();
    repeats::describe(&mut document);
    versions::describe(&mut document);
    document.merge_from(tokens::document())
}

/// Each handler with its address beneath `/api` and its description.
fn described() -> OpenApiRouter<Service> {
    let v1 = OpenApiRouter::new()
        .merge(data_volumes::router())
        .merge(catalogue_export::router())
        .merge(shared_scopes::router())
        .merge(files::router())
        .merge(transfer::router())
        .merge(events::router())
        .merge(claims::router())
        .merge(clusters::router())
        .merge(retained_volumes::router())
        .merge(imports::router())
        .merge(static_volumes::router())
        .merge(org_units::router())
        .merge(authorization::router())
        .merge(access_rules::router())
        .merge(applications::router())
        .merge(access_keys::router())
        .merge(audit_log::router())
        .merge(audit_export::router());
    OpenApiRouter::new()
        .nest("/v1", v1)
        .nest("/v2", clusters::router_v2())
}

//! Every door of the console, in one place.

use app::{App, shell};
use axum::Router;
use http::{HeaderName, HeaderValue, header};
use identity::Identity;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use service::Service;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::site;

/// Pages, server functions, the API, signing in and the site's files.
pub(crate) fn router(service: Service, identity: &Identity, options: &LeptosOptions) -> Router {
    let context = {
        let service = service.clone();
        let sign_in_options = identity.sign_in_options();
        move || {
            provide_context(service.clone());
            provide_context(sign_in_options.clone());
        }
    };
    let pages = Router::new()
        .leptos_routes_with_context(options, generate_route_list(App), context.clone(), {
            let options = options.clone();
            move || shell(options.clone())
        })
        .fallback(leptos_axum::file_and_error_handler_with_context::<
            LeptosOptions,
            _,
        >(context, shell))
        .with_state(options.clone())
        .layer(always(header::CACHE_CONTROL, "no-store"));
    let guarded = Router::new()
        .merge(api::router(service))
        .merge(identity.router())
        .merge(pages)
        .layer(identity.layer());
    Router::new()
        .merge(site::router(options))
        .merge(guarded)
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "same-origin"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        .layer(always(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .layer(TraceLayer::new_for_http())
}

/// A header on every answer that has not got it yet.
fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

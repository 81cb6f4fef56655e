//! Every door of the console, in one place.

use app::{App, FormTargets, shell};
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
        let form_targets = FormTargets(identity.provider_origins());
        move || {
            provide_context(form_targets.clone());
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
        .with_state(options.clone());
    let guarded = Router::new()
        .merge(api::router(service))
        .merge(identity.router())
        .merge(pages)
        .layer(identity.layer())
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::CONTENT_SECURITY_POLICY, NO_PAGE));
    let everything = Router::new().merge(site::router(options)).merge(guarded);
    with_headers(everything, identity.is_secure()).layer(TraceLayer::new_for_http())
}

/// What holds for every answer. A page says for itself what it may load; what is none may load nothing.
fn with_headers(router: Router, is_secure: bool) -> Router {
    let router = HEADERS.into_iter().fold(router, |router, (name, value)| {
        router.layer(always(HeaderName::from_static(name), value))
    });
    if is_secure {
        router.layer(always(header::STRICT_TRANSPORT_SECURITY, ONE_YEAR))
    } else {
        router
    }
}

/// For answers that are no pages, should a browser show one as if it were.
const NO_PAGE: &str =
    "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const ONE_YEAR: &str = "max-age=31536000";
const HEADERS: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// A header on every answer that has not got it yet.
fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

//! The site's files: WASM, JavaScript and styles, under names that change with their content.
//!
//! They are compressed when they are built, so serving costs no CPU, and kept by browsers for a year.

use std::path::Path;

use axum::Router;
use http::{HeaderValue, header};
use leptos::config::LeptosOptions;
use tower_http::set_header::SetResponseHeaderLayer;

#[cfg(feature = "embedded-site")]
mod embedded;

/// Any file. Not a fallback: when routers are merged, the pages' own fallback would take its place.
const ANY: &str = "/{*name}";

/// Where Leptos finds the names of the files: inside the binary, or as the environment says.
#[cfg(feature = "embedded-site")]
pub(crate) fn options(data: &Path) -> anyhow::Result<LeptosOptions> {
    embedded::options(data)
}

/// Where Leptos finds the names of the files: inside the binary, or as the environment says.
#[cfg(not(feature = "embedded-site"))]
pub(crate) fn options(_data: &Path) -> anyhow::Result<LeptosOptions> {
    Ok(leptos::config::get_configuration(None)?.leptos_options)
}

/// The addresses of the site's files.
pub(crate) fn router(options: &LeptosOptions) -> Router {
    let address = format!("/{}", options.site_pkg_dir);
    #[cfg(feature = "embedded-site")]
    let files = Router::new().route(ANY, axum::routing::get(embedded::file));
    #[cfg(not(feature = "embedded-site"))]
    let files = Router::new().route_service(
        ANY,
        tower_http::services::ServeDir::new(format!("{}{address}", options.site_root))
            .precompressed_br()
            .precompressed_gzip(),
    );
    Router::new()
        .nest(&address, files)
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ))
}

//! The only answer that signing in and out gives: go there.

use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};

/// Sends the browser on with a GET. The addresses here hold codes and states: nothing of them may stay in a cache
/// or travel on as a referrer.
pub(crate) fn redirect(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    let no_store = HeaderValue::from_static("no-store");
    let no_referrer = HeaderValue::from_static("no-referrer");
    (
        StatusCode::SEE_OTHER,
        [
            (LOCATION, to),
            (CACHE_CONTROL, no_store),
            (REFERRER_POLICY, no_referrer),
        ],
    )
        .into_response()
}

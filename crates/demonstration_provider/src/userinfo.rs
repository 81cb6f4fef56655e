//! Who an access token is about, as of now: groups changed since the sign-in are told here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::claims;
use crate::provider::Provider;

/// GET or POST `/userinfo`, with the access token in the `Authorization` header and nowhere else.
pub(crate) async fn userinfo(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
) -> Response {
    let Some(token) = bearer(&headers) else {
        return (
            StatusCode::UNAUTHORIZED,
            [(WWW_AUTHENTICATE, "Bearer realm=\"demonstration provider\"")],
        )
            .into_response();
    };
    let now = provider.now();
    let ledger = provider.ledger();
    match ledger.bearer(token, now) {
        Some((person, scopes)) => Json(claims::userinfo(person, scopes)).into_response(),
        None => (
            StatusCode::UNAUTHORIZED,
            [(
                WWW_AUTHENTICATE,
                "Bearer realm=\"demonstration provider\", error=\"invalid_token\"",
            )],
        )
            .into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

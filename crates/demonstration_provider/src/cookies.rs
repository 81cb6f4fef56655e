//! The provider's own cookies. A browser sends cookies of one host to every port of it, so the console on the next port
//! sees them too: their names say whose they are, and nothing in them means anything elsewhere.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Names the browser's session; whoever has it is signed in.
pub(crate) const SESSION: &str = "demonstration_provider_session";
/// Ties a form to the browser it was shown in.
pub(crate) const BROWSER: &str = "demonstration_provider_browser";

pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= 64)
        .map(|(_, value)| value)
}

/// Not `Secure`: loopback is plain HTTP, and not every browser takes a secure cookie from it.
pub(crate) fn set(name: &str, value: &str, lives_seconds: i64) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lives_seconds}")
}

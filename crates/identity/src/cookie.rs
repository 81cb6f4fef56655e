//! The cookie of a session.
//!
//! Behind https its name begins with `__Host-`: browsers then take it only with `Secure`, for this host alone and
//! for all paths. They take its removal only with `Secure` too, which `tower-sessions` leaves out.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

const SECURE_NAME: &str = "__Host-stowage";
const PLAIN_NAME: &str = "stowage";

pub(crate) fn name(is_secure: bool) -> &'static str {
    if is_secure { SECURE_NAME } else { PLAIN_NAME }
}

/// Whether the request carries a session cookie, good or bad.
pub(crate) fn is_sent(headers: &HeaderMap, name: &str) -> bool {
    headers.get_all(COOKIE).iter().any(|header| {
        // Bytes that are no text could hide the cookie from here but not from a later reader.
        header.to_str().map_or(true, |cookies| {
            cookies.split(';').any(|cookie| {
                cookie
                    .trim()
                    .split('=')
                    .next()
                    .is_some_and(|key| key.trim() == name)
            })
        })
    })
}

/// Gives the removal of the `__Host-` cookie the attributes that browsers ask for.
pub(crate) async fn complete_removal(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if !headers.get_all(SET_COOKIE).iter().any(is_bare_removal) {
        return response;
    }
    let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    headers.remove(SET_COOKIE);
    for cookie in cookies {
        let complete = is_bare_removal(&cookie).then(|| {
            HeaderValue::from_bytes(
                &[cookie.as_bytes(), b"; Secure; HttpOnly; SameSite=Lax"].concat(),
            )
            .ok()
        });
        headers.append(SET_COOKIE, complete.flatten().unwrap_or(cookie));
    }
    response
}

fn is_bare_removal(cookie: &HeaderValue) -> bool {
    let removal = cookie.as_bytes().strip_prefix(SECURE_NAME.as_bytes());
    removal.is_some_and(|rest| rest.starts_with(b"=;"))
        && !cookie.to_str().is_ok_and(|text| text.contains("Secure"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_wherever_it_stands() {
        for (text, found) in [
            ("stowage=1", true),
            ("a=b; stowage=1", true),
            ("a=b;stowage=", true),
            ("stowage", true),
            ("a=stowage", false),
            ("xstowage=1", false),
            ("__Host-stowage=1", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(text).unwrap())]);
            assert_eq!(is_sent(&headers, "stowage"), found, "{text}");
        }
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(b"\xff").unwrap())]);
        assert!(is_sent(&headers, "stowage"));
    }
}

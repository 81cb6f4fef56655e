//! Whether a request that changes something was made by a page of this console (request forgery).
//!
//! Decided by `Sec-Fetch-Site`, which no page can set, and by `Origin` where the browser sends no such header.
//! `Host` is never asked. `none` (the address bar, a bookmark) is not enough: nothing there changes anything.

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use http::{HeaderMap, Method, StatusCode};
use wire::Problem;

use crate::{bearer, cookie};

/// What the guard compares with.
#[derive(Debug, Clone)]
pub(crate) struct RequestGuard {
    pub(crate) origin: String,
    pub(crate) cookie_name: &'static str,
}

pub(crate) async fn guard(
    State(guard): State<RequestGuard>,
    mut request: Request,
    next: Next,
) -> Response {
    if bearer::is_sent(request.headers()) {
        // No page of another site can make a browser send this header. What the request may do, it may by its
        // token alone: a session that came along does not count.
        request.headers_mut().remove(COOKIE);
        return next.run(request).await;
    }
    if guard.lets_through(request.method(), request.headers()) {
        if changes_something(request.method(), request.headers())
            && !has_known_type(request.headers())
        {
            let problem = Problem::new(
                415,
                "This kind of body is not taken here. Send JSON, or a form.",
            )
            .with_details("Content-Type");
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Json(problem)).into_response();
        }
        return next.run(request).await;
    }
    tracing::warn!(method = %request.method(), path = request.uri().path(), "refused a request from elsewhere");
    let problem = Problem::new(
        403,
        "This request did not come from a page of this console, so nothing was changed. Open the console in its own \
         tab and do it there.",
    );
    (StatusCode::FORBIDDEN, Json(problem)).into_response()
}

impl RequestGuard {
    /// A program sends neither header and no cookie; it may pass, and is asked who it is later on.
    fn lets_through(&self, method: &Method, headers: &HeaderMap) -> bool {
        if !changes_something(method, headers) {
            return true;
        }
        let sites: Vec<_> = headers.get_all("sec-fetch-site").iter().collect();
        let origins: Vec<_> = headers.get_all(ORIGIN).iter().collect();
        match (sites.as_slice(), origins.as_slice()) {
            ([site], _) => *site == "same-origin",
            ([], [origin]) => *origin == self.origin.as_str(),
            ([], []) => !cookie::is_sent(headers, self.cookie_name),
            _ => false,
        }
    }
}

/// What pages and the identity provider send. Not `text/plain`, the one kind besides forms that a page of another site
/// can send without asking.
const KNOWN_TYPES: [&str; 7] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/octet-stream",
    "application/offset+octet-stream",
    "application/vnd.stowage.batch",
    "application/x-ndjson",
];

/// Whether the body is of a kind that is taken here, or of none.
fn has_known_type(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_TYPE).iter().all(|sent| {
        let sent = sent.to_str().unwrap_or_default();
        let kind = sent.split(';').next().unwrap_or_default().trim();
        KNOWN_TYPES
            .iter()
            .any(|known| kind.eq_ignore_ascii_case(known))
    })
}

/// The method that counts is the strongest of those named: a method override makes a POST of a GET, never the
/// other way round.
fn changes_something(method: &Method, headers: &HeaderMap) -> bool {
    let is_harmless = |method: &[u8]| matches!(method, b"GET" | b"HEAD" | b"OPTIONS");
    let overrides = headers.get_all("x-http-method-override");
    !is_harmless(method.as_str().as_bytes())
        || overrides
            .iter()
            .any(|method| !is_harmless(&method.as_bytes().to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const HERE: (&str, &str) = ("sec-fetch-site", "same-origin");
    const COOKIE: (&str, &str) = ("cookie", "stowage=abc");

    fn passes(method: &str, headers: &[(&str, &str)]) -> bool {
        let guard = RequestGuard {
            origin: "http://127.0.0.1:8080".to_owned(),
            cookie_name: "stowage",
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        guard.lets_through(&method.parse().unwrap(), &map)
    }

    #[test]
    fn reading_is_open_to_all() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(passes(
                method,
                &[
                    COOKIE,
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://evil.example")
                ]
            ));
        }
    }

    #[test]
    fn a_page_of_the_console_may_change_things() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert!(passes(method, &[COOKIE, HERE]));
            assert!(passes(
                method,
                &[COOKIE, ("origin", "http://127.0.0.1:8080")]
            ));
        }
    }

    #[test]
    fn a_page_from_elsewhere_may_not() {
        for headers in [
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("sec-fetch-site", "")],
            vec![
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://127.0.0.1:8080"),
            ],
            vec![HERE, ("sec-fetch-site", "cross-site")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", "http://127.0.0.1:8080.evil.example")],
            vec![
                ("origin", "http://127.0.0.1:8080"),
                ("origin", "https://evil.example"),
            ],
            vec![("origin", "https://evil.example"), ("host", "evil.example")],
            vec![],
        ] {
            for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
                let with_cookie: Vec<_> = headers.iter().copied().chain([COOKIE]).collect();
                assert!(!passes(method, &with_cookie), "{method} {with_cookie:?}");
            }
        }
    }

    #[test]
    fn a_program_without_a_cookie_is_asked_later_who_it_is() {
        assert!(passes("POST", &[]));
        assert!(passes("POST", &[("cookie", "other=1")]));
        assert!(!passes("POST", &[("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_body_is_of_a_kind_from_the_list() {
        let takes = |kind: &str| {
            let kind = HeaderValue::from_str(kind).unwrap();
            has_known_type(&HeaderMap::from_iter([(CONTENT_TYPE, kind)]))
        };
        assert!(has_known_type(&HeaderMap::new()));
        assert!(takes("application/json; charset=utf-8"));
        assert!(takes("Application/X-WWW-Form-Urlencoded"));
        assert!(takes("multipart/form-data; boundary=x"));
        for kind in [
            "",
            "text/plain",
            "text/html",
            "application/xml",
            "application/json2",
            "*/*",
        ] {
            assert!(!takes(kind), "{kind}");
        }
    }

    #[test]
    fn an_override_makes_a_change_of_a_look_and_never_the_other_way_round() {
        let elsewhere = ("sec-fetch-site", "cross-site");
        assert!(!passes(
            "GET",
            &[COOKIE, elsewhere, ("x-http-method-override", "DELETE")]
        ));
        assert!(!passes(
            "GET",
            &[COOKIE, elsewhere, ("x-http-method-override", "patch")]
        ));
        assert!(!passes(
            "POST",
            &[COOKIE, elsewhere, ("x-http-method-override", "GET")]
        ));
        assert!(passes(
            "GET",
            &[COOKIE, elsewhere, ("x-http-method-override", "head")]
        ));
    }
}

//! `ETag` and `If-Match`: a change of what somebody else changed meanwhile is refused.
//!
//! The tag of a thing is made of what the caller reads of it, but for when it was last used, which is no change. It is
//! compared just before the change is done: two at the very same moment are not told apart. Data volumes have tags of
//! their own, which are compared in the transaction.

use authz::{Caller, CallerNow};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::Origin;
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type,
};
use wire::Problem;

use crate::Refused;

/// What can be changed or removed where it is read, beneath `/api`.
const CHANGEABLE: [&str; 10] = [
    "/v1/access-keys/{access_key_id}",
    "/v1/apps/{app_id}",
    "/v1/asset/datasource/pvc/{asset_id}",
    "/v1/authorization/access-rules/{access_rule_id}",
    "/v1/datavolumes/{data_volume_id}",
    "/v1/datavolumes/{data_volume_id}/shared-scopes",
    "/v1/datavolumes/{data_volume_id}/sharedScopes",
    "/v1/org-unit/departments/{id}",
    "/v1/org-unit/projects/{id}",
    "/v1/service-accounts/{app_id}",
];
/// Changes with every use, and nobody changed it.
const LAST_USED: &str = "lastLogin";
/// More than any one thing takes.
const MOST_BYTES: usize = 16 << 20;

/// Gives what can be changed a tag, and holds a change against the tag that its sender read. `handlers` are those
/// around which this stands.
pub(crate) async fn guard(
    State(handlers): State<Router>,
    request: Request,
    next: Next,
) -> Response {
    let Some(address) = changeable(&request) else {
        return next.run(request).await;
    };
    let method = request.method().clone();
    // A data volume's own change compares in its transaction.
    let is_compared = method == Method::PATCH && address == "/v1/datavolumes/{data_volume_id}";
    if (method == Method::PUT || method == Method::PATCH || method == Method::DELETE)
        && !is_compared
        && let Some(seen) = seen(request.headers())
    {
        let shown = show(&handlers, request.uri().clone(), request.extensions()).await;
        // What cannot be shown is refused by the change itself, in the same words as ever.
        if let Some(tag) = shown.headers().get(header::ETAG)
            && !seen.contains(tag)
        {
            return Refused::from(service::Error::Changed).into_response();
        }
    }
    tagged(next.run(request).await).await
}

/// The address of the request, if what is there can be changed. Asked of the router: an export stands where an id
/// could, and is never gathered.
fn changeable(request: &Request) -> Option<&'static str> {
    let matched = request.extensions().get::<MatchedPath>()?.as_str();
    let matched = matched.strip_prefix("/api").unwrap_or(matched);
    CHANGEABLE.into_iter().find(|address| *address == matched)
}

/// The tags that the sender read; `None` where any will do.
fn seen(headers: &HeaderMap) -> Option<Vec<HeaderValue>> {
    let mut tags = Vec::new();
    for value in headers.get_all(header::IF_MATCH) {
        let text = value.to_str().unwrap_or_default();
        for tag in text.split(',').map(str::trim) {
            if tag == "*" {
                return None;
            }
            tags.extend(HeaderValue::from_str(tag));
        }
    }
    headers.contains_key(header::IF_MATCH).then_some(tags)
}

/// What the caller reads at the address now.
async fn show(handlers: &Router, address: Uri, extensions: &Extensions) -> Response {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = address;
    if let Some(caller) = extensions.get::<Caller>() {
        request.extensions_mut().insert(caller.clone());
    }
    if let Some(caller) = extensions.get::<CallerNow>() {
        request.extensions_mut().insert(caller.clone());
    }
    if let Some(origin) = extensions.get::<Origin>() {
        request.extensions_mut().insert(origin.clone());
    }
    match handlers.clone().oneshot(request).await {
        Ok(response) => tagged(response).await,
        Err(never) => match never {},
    }
}

/// The same answer with a tag, if it shows something and has none yet.
async fn tagged(response: Response) -> Response {
    if response.status() != StatusCode::OK || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        let problem = Problem::new(500, "The console cannot write this down.");
        return Refused(problem).into_response();
    };
    if let Some(tag) = tag(&body) {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(body))
}

fn tag(body: &Bytes) -> Option<HeaderValue> {
    let mut shown: Value = serde_json::from_slice(body).ok()?;
    if let Some(fields) = shown.as_object_mut() {
        fields.remove(LAST_USED);
    }
    let hash = Sha256::digest(shown.to_string());
    let hash = hash[..16]
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    HeaderValue::from_str(&format!("\"{hash}\"")).ok()
}

/// Says of everything that has a tag that it has, and of its changes that they are held against it.
pub(crate) fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let path = path.strip_prefix("/api").unwrap_or(path);
        if !CHANGEABLE.contains(&path) {
            continue;
        }
        let shown = [&mut item.get, &mut item.put, &mut item.patch];
        shown.into_iter().flatten().for_each(describe_tag);
        let changed = [&mut item.put, &mut item.patch, &mut item.delete];
        changed.into_iter().flatten().for_each(describe_change);
    }
}

fn describe_tag(operation: &mut Operation) {
    if let Some(RefOr::T(shown)) = operation.responses.responses.get_mut("200") {
        let tag = HeaderBuilder::new()
            .description(Some("For `If-Match`."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        shown
            .headers
            .entry("etag".to_owned())
            .or_insert(RefOr::T(tag));
    }
}

fn describe_change(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let is_known = parameters.iter().any(
        |known| matches!(known, RefOr::T(known) if known.name.eq_ignore_ascii_case("if-match")),
    );
    if !is_known {
        let parameter = ParameterBuilder::new()
            .name("if-match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "The `ETag` that was read: refused with 412 if it is another one by now.",
            ))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        parameters.push(RefOr::T(parameter));
    }
    let responses = &mut operation.responses.responses;
    responses.entry("412".to_owned()).or_insert_with(|| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        let problem = ResponseBuilder::new()
            .description("It was changed meanwhile.")
            .content("application/json", content.build());
        RefOr::T(problem.build())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_use_is_no_change() {
        let of = |text: &'static str| tag(&Bytes::from_static(text.as_bytes()));
        let unused = of(r#"{"name": "nightly", "lastLogin": null}"#);
        assert_eq!(
            unused,
            of(r#"{"lastLogin": "2026-01-01T00:00:00Z", "name": "nightly"}"#)
        );
        assert_ne!(unused, of(r#"{"name": "hourly", "lastLogin": null}"#));
    }

    #[test]
    fn several_tags_may_be_named_and_a_star_is_any() {
        let sent = |values: &[&'static str]| {
            let values = values.iter().map(|value| HeaderValue::from_static(value));
            seen(&values.map(|value| (header::IF_MATCH, value)).collect())
        };
        assert_eq!(sent(&[]), None);
        assert_eq!(sent(&["\"a\", *"]), None);
        assert_eq!(
            sent(&["\"a\", \"b\"", "\"c\""]).map(|tags| tags.len()),
            Some(3)
        );
    }
}

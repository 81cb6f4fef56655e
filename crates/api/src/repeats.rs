//! `Idempotency-Key`: a request that changes something and is sent again, because its answer was lost, is done once.
//!
//! For every POST but those of uploads, which have offsets for that and bodies of any size.

use authz::Caller;
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use service::{KeptAnswer, Service};
use sha2::{Digest as _, Sha256};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type,
};
use wire::Problem;

use crate::Refused;
use crate::problem::bad_request;

const KEY: &str = "idempotency-key";
/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST_KEY: usize = 255;
/// As for every body that is read whole.
const MOST_BYTES: usize = 2 << 20;
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// Gives the first answer again to a request that comes with the same key.
pub(crate) async fn repeat(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    match key(&request) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => match once(service, caller, key, request, next).await {
            Ok(response) => response,
            Err(refused) => refused.into_response(),
        },
        Err(refused) => refused.into_response(),
    }
}

/// The key of a request that may come twice.
fn key(request: &Request) -> Result<Option<String>, Refused> {
    if request.method() != Method::POST || is_of_uploads(request.uri().path()) {
        return Ok(None);
    }
    let mut keys = request.headers().get_all(KEY).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let is_fit = |text: &str| {
        (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match key.to_str() {
        Ok(text) if is_fit(text) && keys.next().is_none() => Ok(Some(text.to_owned())),
        _ => Err(bad_request(
            "Idempotency-Key",
            "Send one key of 1 to 255 visible ASCII characters, such as a UUID.",
        )),
    }
}

fn is_of_uploads(path: &str) -> bool {
    path.split('/').any(|part| part == "uploads")
}

async fn once(
    service: Service,
    caller: Caller,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES)
        .await
        .map_err(|_| Refused(Problem::new(413, "The body is larger than 2 MiB.")))?;
    let fingerprint = fingerprint(&caller, &parts.uri, &body);
    if let Some(kept) = service
        .begin_repeatable(&caller, &key, &fingerprint)
        .await?
    {
        return Ok(given_again(kept));
    }
    let request = Request::from_parts(parts, Body::from(body));
    // Whoever asked may go away meanwhile: what was begun is done to its end, and its answer kept.
    let done = tokio::spawn(async move {
        let response = next.run(request).await;
        kept(&service, &caller, &key, &fingerprint, response).await
    });
    match done.await {
        Ok(response) => response,
        Err(error) => Err(service::Error::BadAnswer(error.into()).into()),
    }
}

/// The same response, after it was kept. A failure of the console's is no answer: it may come again.
async fn kept(
    service: &Service,
    caller: &Caller,
    key: &str,
    fingerprint: &str,
    response: Response,
) -> Result<Response, Refused> {
    if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        service.forget_repeatable(caller, key, fingerprint).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MOST_BYTES)
        .await
        .map_err(|error| service::Error::BadAnswer(error.into()))?;
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    let answer = KeptAnswer {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    service
        .keep_answer(caller, key, fingerprint, &answer)
        .await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn given_again(kept: KeptAnswer) -> Response {
    let mut response = kept.body.into_response();
    *response.status_mut() =
        StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// What was asked for: all methods here are POST. A person's program is not the person: it is not answered what their
/// browser was.
fn fingerprint(caller: &Caller, uri: &http::Uri, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    if let Some(id) = caller.access_key_id() {
        hash.update(id.to_string());
    }
    hash.update(" ");
    hash.update(uri.path());
    hash.update("?");
    hash.update(uri.query().unwrap_or_default());
    hash.update("\n");
    hash.update(body);
    hash.finalize()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Says of every POST that may come with a key that it may.
pub(crate) fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        if let Some(operation) = item.post.as_mut().filter(|_| !is_of_uploads(path)) {
            describe_one(operation);
        }
    }
}

fn describe_one(operation: &mut Operation) {
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A name for this request: the same request with the same name is done once, and its answer is given again \
             for 24 hours.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(parameter));
    let problem = |words: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        ResponseBuilder::new()
            .description(words)
            .content("application/json", content.build())
            .build()
    };
    let responses = &mut operation.responses.responses;
    for (status, words) in [
        ("400", "The `Idempotency-Key` is wrong."),
        ("409", "The `Idempotency-Key` was used for another request."),
    ] {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(problem(words)));
    }
}

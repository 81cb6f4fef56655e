//! The API's own description: as a document for programs, and as a page for people.
//!
//! It says what is there, never what somebody may do, and is the same for all; hence nobody has to sign in
//! to read it. The page needs no script.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{Content, Info, OpenApi, RefOr, Schema};

/// Where the description is read, with the method.
pub const ADDRESSES: [(&str, &str); 3] = [("GET", DOCUMENT), ("GET", PAGE), ("GET", PAGE_STYLE)];
const DOCUMENT: &str = "/api/v1/openapi.json";
const PAGE: &str = "/api/docs";
const PAGE_STYLE: &str = "/api/docs.css";
const STYLE: &str = include_str!("docs.css");

/// The document without any address.
pub(crate) fn heading() -> OpenApi {
    let mut info = Info::new("Stowage", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Data volumes on AI clusters. The part about data volumes has the paths, fields and status codes of \
         NVIDIA Run:ai's public API; what that has no word for stands beside it."
            .to_owned(),
    );
    let mut document = OpenApi::new(info, utoipa::openapi::Paths::new());
    document.components = Some(utoipa::openapi::Components::new());
    document
}

/// Where the description is read.
pub(crate) fn router(document: &OpenApi) -> Router {
    let page: Arc<str> = page(document).into();
    let json: Arc<str> = document.to_json().unwrap_or_default().into();
    let served = |text: Arc<str>, content_type: &'static str| {
        get(async move || {
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::CACHE_CONTROL, "no-cache"),
            ];
            (headers, text.to_string()).into_response()
        })
    };
    Router::new()
        .route(DOCUMENT, served(json, "application/json"))
        .route(PAGE, served(page, "text/html; charset=utf-8"))
        .route(PAGE_STYLE, served(STYLE.into(), "text/css; charset=utf-8"))
}

fn page(document: &OpenApi) -> String {
    let mut body = String::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            write_operation(&mut body, method, path, operation);
        }
    }
    body.push_str("<h2>Bodies</h2>");
    let schemas = document.components.iter().flat_map(|all| &all.schemas);
    for (name, schema) in schemas {
        write_schema(&mut body, name, schema);
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Stowage API</title>\
         <link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main><h1>Stowage API {}</h1>\
         <p>{}</p><p>Sign in with <code>Authorization: Bearer</code>, or with a session of the console. \
         The same as a document: <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>{body}</main></body></html>",
        escaped(&document.info.version),
        escaped(document.info.description.as_deref().unwrap_or_default()),
    )
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
        ("HEAD", &item.head),
        ("OPTIONS", &item.options),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn write_operation(page: &mut String, method: &str, path: &str, operation: &Operation) {
    let words = operation
        .summary
        .as_deref()
        .or(operation.description.as_deref())
        .unwrap_or_default();
    // Writing into a string cannot fail.
    let _ = write!(
        page,
        "<details><summary><b>{method}</b> <code>{}</code> {}</summary>",
        escaped(path),
        escaped(words)
    );
    if let Some(parameters) = &operation.parameters {
        page.push_str("<h3>Parameters</h3><dl>");
        for parameter in parameters {
            if let RefOr::T(parameter) = parameter {
                write_parameter(page, parameter);
            }
        }
        page.push_str("</dl>");
    }
    if let Some(RefOr::T(body)) = &operation.request_body {
        let _ = write!(page, "<h3>Body</h3><p>{}</p>", first_of(&body.content));
    }
    page.push_str("<h3>Answers</h3><dl>");
    for (status, response) in &operation.responses.responses {
        if let RefOr::T(response) = response {
            let _ = write!(
                page,
                "<dt>{}</dt><dd>{} {}</dd>",
                escaped(status),
                escaped(&response.description),
                first_of(&response.content)
            );
        }
    }
    page.push_str("</dl></details>");
}

fn write_parameter(page: &mut String, parameter: &Parameter) {
    let place = match parameter.parameter_in {
        ParameterIn::Path => "path",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
        _ => "query",
    };
    let _ = write!(
        page,
        "<dt><code>{}</code> ({place})</dt><dd>{}</dd>",
        escaped(&parameter.name),
        escaped(parameter.description.as_deref().unwrap_or_default())
    );
}

fn write_schema(page: &mut String, name: &str, schema: &RefOr<Schema>) {
    let text = serde_json::to_string_pretty(schema).unwrap_or_default();
    let name = escaped(name);
    let _ = write!(
        page,
        "<details id=\"{name}\"><summary><code>{name}</code></summary><pre>{}</pre></details>",
        escaped(&text)
    );
}

/// The schema of a body: each has one kind of content.
fn first_of<'c>(contents: impl IntoIterator<Item = (&'c String, &'c RefOr<Content>)>) -> String {
    match contents.into_iter().next() {
        Some((_, RefOr::T(content))) => described(content.schema.as_ref()),
        _ => String::new(),
    }
}

/// A link to the schema that is referred to, or the schema itself.
fn described(schema: Option<&RefOr<Schema>>) -> String {
    let Some(schema) = schema else {
        return String::new();
    };
    let text = serde_json::to_string(schema).unwrap_or_default();
    match text
        .split_once("#/components/schemas/")
        .and_then(|(_, rest)| rest.split('"').next())
    {
        Some(name) => format!("<a href=\"#{0}\"><code>{0}</code></a>", escaped(name)),
        None => format!("<code>{}</code>", escaped(&text)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

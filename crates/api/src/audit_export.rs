//! `GET /api/v1/audit/export.csv` and `.json`: all entries of the audit log that the filters leave.
//!
//! They are streamed: however many there are, few are in memory. An export that breaks off ends the
//! connection, so that nobody takes a part for the whole.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{EventKind, ObjectType};
use futures::{Stream, StreamExt, stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;
use serde::Deserialize;
use service::{Error, Service};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{AuditEntryView, AuditPage, AuditQuery, AuditResult, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::problem::bad_request;
use crate::read::Asked;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(export_audit_csv))
        .routes(routes!(export_audit_json))
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Not before.
    since: Option<Timestamp>,
    /// Before.
    until: Option<Timestamp>,
    /// Who: a part of their name, or their whole id.
    #[serde(default)]
    person: String,
    /// To what: a part of its name, or its whole id.
    #[serde(default)]
    object: String,
    /// Only these kinds, joined by commas.
    #[serde(default)]
    kinds: String,
    /// Only these types of object, joined by commas.
    #[serde(default)]
    object_types: String,
    /// Only what ended so.
    #[param(inline)]
    result: Option<AuditResult>,
}

/// All entries of the audit log that the filters leave, as a table.
#[utoipa::path(
    get, path = "/audit/export.csv", operation_id = "export_audit_csv", tag = "Audit log",
    params(ExportQuery),
    responses(
        (status = 200, description = "The entries, newest first.", content_type = "text/csv"),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "None of the log is the caller's to read.", body = Problem),
    ),
)]
async fn export_audit_csv(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Refused> {
    let entries = service
        .export_audit_entries(&caller, filters(query)?)
        .await?;
    let head = line(&HEAD.map(str::to_owned));
    let rows = entries.map(|entry| row(&entry?));
    let body = stream::once(std::future::ready(head)).chain(rows);
    Ok(attachment("text/csv; charset=utf-8", "audit-log.csv", body))
}

/// All entries of the audit log that the filters leave.
#[utoipa::path(
    get, path = "/audit/export.json", operation_id = "export_audit_json", tag = "Audit log",
    params(ExportQuery),
    responses(
        (status = 200, description = "The entries, newest first.", body = AuditPage),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "None of the log is the caller's to read.", body = Problem),
    ),
)]
async fn export_audit_json(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Refused> {
    let entries = service
        .export_audit_entries(&caller, filters(query)?)
        .await?;
    let rows = entries.enumerate().map(|(index, entry)| {
        let entry = entry?;
        let mut text = if index == 0 { "\n" } else { ",\n" }.as_bytes().to_vec();
        serde_json::to_writer(&mut text, &entry).map_err(|error| Error::BadAnswer(error.into()))?;
        Ok(text)
    });
    let part = |text: &str| stream::once(std::future::ready(Ok(text.as_bytes().to_vec())));
    let body = part("{\"entries\":[").chain(rows).chain(part("\n]}\n"));
    Ok(attachment("application/json", "audit-log.json", body))
}

fn filters(query: ExportQuery) -> Result<AuditQuery, Refused> {
    Ok(AuditQuery {
        since: query.since,
        until: query.until,
        person: query.person,
        object: query.object,
        kinds: words("kinds", &query.kinds, str::parse::<EventKind>)?,
        object_types: words("objectTypes", &query.object_types, str::parse::<ObjectType>)?,
        result: query.result,
        ..AuditQuery::default()
    })
}

fn words<T>(
    field: &str,
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Refused> {
    text.split(',')
        .filter(|word| !word.is_empty())
        .map(|word| read(word).map_err(|message| bad_request(field, message)))
        .collect()
}

pub(crate) fn attachment(
    content_type: &'static str,
    name: &str,
    body: impl Stream<Item = service::Result<Vec<u8>>> + Send + 'static,
) -> Response {
    // Logged where it becomes an answer; here there is none any more, the connection just ends.
    let body = body.map(|part| part.map(Bytes::from).map_err(|error| Problem::from(&error)));
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (CONTENT_TYPE, content_type.to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ],
        Body::from_stream(body),
    )
        .into_response()
}

const HEAD: [&str; 14] = [
    "happenedAt",
    "result",
    "by",
    "byId",
    "kind",
    "objectType",
    "objectId",
    "objectName",
    "subject",
    "scopeName",
    "reason",
    "address",
    "userAgent",
    "id",
];

fn row(entry: &AuditEntryView) -> service::Result<Vec<u8>> {
    let result = match entry.result {
        AuditResult::Done => "done",
        AuditResult::Refused => "refused",
    };
    line(&[
        entry.happened_at.to_string(),
        result.to_owned(),
        harmless(entry.by.as_deref().unwrap_or("Stowage")),
        entry.by_id.clone().unwrap_or_default(),
        entry.kind.as_str().to_owned(),
        entry.object_type.as_str().to_owned(),
        harmless(&entry.object_id),
        harmless(&entry.object_name),
        harmless(&entry.subject),
        harmless(&entry.scope_name),
        harmless(&entry.reason),
        entry.address.clone(),
        harmless(&entry.user_agent),
        entry.id.to_string(),
    ])
}

/// Names are other people's text, and a spreadsheet would run one that begins like a formula.
pub(crate) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn line(fields: &[String; 14]) -> service::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(fields)
        .map_err(|error| Error::BadAnswer(error.into()))?;
    writer
        .into_inner()
        .map_err(|error| Error::BadAnswer(error.into_error().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_like_a_formula_stays_text() {
        assert_eq!(harmless("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(harmless("a=b"), "a=b");
    }

    #[test]
    fn words_between_commas_are_a_list() {
        let read = |text| words("kinds", text, str::parse::<EventKind>);
        assert_eq!(read("").ok(), Some(vec![]));
        assert_eq!(
            read("created,file-read").ok(),
            Some(vec![EventKind::Created, EventKind::FileRead])
        );
        let Err(Refused(problem)) = read("created,x") else {
            panic!("x is no kind");
        };
        assert_eq!((problem.code, problem.details.as_str()), (400, "kinds"));
    }
}

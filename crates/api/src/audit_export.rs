//! `GET /api/v1/audit/export.csv` and `.json`: all entries of the audit log that the filters leave.
//!
//! Lists of words come joined by commas, as in the address of the log's page.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::{EventKind, ObjectType};
use jiff::Timestamp;
use serde::Deserialize;
use service::Service;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{AuditEntryView, AuditPage, AuditQuery, AuditResult, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::export::{self, harmless};
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
    Ok(export::csv("audit-log.csv", HEAD, entries, fields))
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
    Ok(export::json("audit-log.json", "entries", entries))
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

fn fields(entry: &AuditEntryView) -> [String; 14] {
    let result = match entry.result {
        AuditResult::Done => "done",
        AuditResult::Refused => "refused",
    };
    [
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
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

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

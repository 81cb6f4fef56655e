//! `GET /api/v1/audit/log`: the audit log, in the shape of Run:ai's.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::Service;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{AuditEntryView, AuditQuery, AuditResult, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::problem::bad_request;
use crate::read::Asked;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(list_audit_entries))
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// Not before.
    start: Option<Timestamp>,
    /// Before.
    end: Option<Timestamp>,
    /// Entries to pass over.
    offset: Option<u32>,
    /// Entries to answer.
    #[param(minimum = 1, maximum = 500, default = 50)]
    number_of_samples: Option<u32>,
    /// Field, operator and value, each field once; more than one in a row or joined by commas: `subject=@`,
    /// `entityName=@` (a part of the name), `subjectId==`, `entityId==` (the whole id), `action==`, `entityType==`,
    /// `result==Succeeded`, `result==Failed`.
    #[serde(default)]
    filter_by: Vec<String>,
    /// The log has only the order of its times.
    #[serde(rename = "sortBy")]
    #[param(inline)]
    _sort_by: Option<LogField>,
    /// The newest entry comes first.
    #[serde(rename = "sortOrder")]
    #[param(inline)]
    _sort_order: Option<LogOrder>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum LogField {
    Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum LogOrder {
    Desc,
}

/// One page of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditLog {
    /// The entries, newest first.
    audit_logs: Vec<AuditLogEntry>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

/// One entry of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditLogEntry {
    /// Its id.
    id: String,
    /// When.
    timestamp: Timestamp,
    /// The organisation.
    tenant_id: String,
    /// Who, with the name of that time.
    subject: String,
    /// `User`, `Application`, or `System` where the console itself did it.
    subject_type: &'static str,
    /// The address that the request came from.
    source_ip: String,
    /// What kind of thing happened.
    action: &'static str,
    /// What kind of thing it happened to.
    entity_type: &'static str,
    /// What it was called.
    entity_name: String,
    /// Which.
    entity_id: String,
    /// `Succeeded`, or `Failed` where the caller was refused.
    result: &'static str,
    /// What else is known: `subjectId`, `scopeName`, `detail`, `reason`, `userAgent`.
    metadata: BTreeMap<&'static str, String>,
}

impl AuditLogEntry {
    fn of(entry: AuditEntryView, tenant: &str) -> Self {
        let subject_type = match (&entry.by_id, entry.is_by_application) {
            (None, _) => "System",
            (Some(_), true) => "Application",
            (Some(_), false) => "User",
        };
        let metadata = [
            ("subjectId", entry.by_id.unwrap_or_default()),
            ("scopeName", entry.scope_name),
            ("detail", entry.subject),
            ("reason", entry.reason),
            ("userAgent", entry.user_agent),
        ];
        Self {
            id: entry.id.to_string(),
            timestamp: entry.happened_at,
            tenant_id: tenant.to_owned(),
            subject: entry.by.unwrap_or_else(|| "Stowage".to_owned()),
            subject_type,
            source_ip: entry.address,
            action: entry.kind.as_str(),
            entity_type: entry.object_type.as_str(),
            entity_name: entry.object_name,
            entity_id: entry.object_id,
            result: match entry.result {
                AuditResult::Done => "Succeeded",
                AuditResult::Refused => "Failed",
            },
            metadata: metadata
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .collect(),
        }
    }
}

impl LogQuery {
    fn checked(self) -> Result<AuditQuery, Refused> {
        let mut query = AuditQuery {
            since: self.start,
            until: self.end,
            offset: self.offset.unwrap_or_default(),
            limit: self.number_of_samples.unwrap_or(AuditQuery::DEFAULT_LIMIT),
            ..AuditQuery::default()
        };
        let filters = self.filter_by.iter().flat_map(|text| text.split(','));
        for filter in filters.filter(|text| !text.is_empty()) {
            narrow(&mut query, filter)?;
        }
        Ok(query)
    }
}

/// Holds the query to one filter. A field that was filtered by before is refused: both would have to hold.
fn narrow(query: &mut AuditQuery, filter: &str) -> Result<(), Refused> {
    let wrong = |message: String| bad_request("filterBy", message);
    let twice = || {
        wrong(format!(
            "“{filter}” filters by something that is filtered by already."
        ))
    };
    let parts = filter
        .split_once("==")
        .map(|(field, value)| (field, "==", value));
    let parts = parts.or_else(|| {
        let (field, value) = filter.split_once("=@")?;
        Some((field, "=@", value))
    });
    let once = |place: &mut String, value: &str| {
        if !place.is_empty() {
            return Err(twice());
        }
        value.clone_into(place);
        Ok(())
    };
    match parts {
        Some(("subject", "=@", value) | ("subjectId", "==", value)) => {
            once(&mut query.person, value)
        }
        Some(("entityName", "=@", value) | ("entityId", "==", value)) => {
            once(&mut query.object, value)
        }
        Some(("action", "==", value)) if query.kinds.is_empty() => {
            query.kinds.push(value.parse().map_err(wrong)?);
            Ok(())
        }
        Some(("entityType", "==", value)) if query.object_types.is_empty() => {
            query.object_types.push(value.parse().map_err(wrong)?);
            Ok(())
        }
        Some(("result", "==", value)) if query.result.is_none() => {
            query.result = Some(match value {
                "Succeeded" => AuditResult::Done,
                "Failed" => AuditResult::Refused,
                _ => return Err(wrong(format!("“{value}” is neither Succeeded nor Failed."))),
            });
            Ok(())
        }
        Some(("action" | "entityType" | "result", "==", _)) => Err(twice()),
        _ => Err(wrong(format!("“{filter}” cannot be filtered by here."))),
    }
}

/// The audit log of the scopes whose log the caller may read.
#[utoipa::path(
    get, path = "/audit/log", operation_id = "list_audit_entries", tag = "Audit log",
    params(LogQuery),
    responses(
        (status = 200, description = "One page.", body = AuditLog),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "None of the log is the caller's to read.", body = Problem),
    ),
)]
async fn list_audit_entries(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<LogQuery>,
) -> Result<Json<AuditLog>, Refused> {
    let answer = service.show_audit_log(&caller, query.checked()?).await;
    let (tenant, page) =
        answer.map_err(|error| Refused::from(error).renamed("limit", "numberOfSamples"))?;
    let entries = page.entries.into_iter();
    Ok(Json(AuditLog {
        audit_logs: entries
            .map(|entry| AuditLogEntry::of(entry, tenant.as_str()))
            .collect(),
        next: page.next,
    }))
}

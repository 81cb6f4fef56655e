//! `GET /api/v1/datavolumes/export.csv` and `.json`: every data volume of the list that a page shows.
//!
//! The query is the one of the page, with a name for each value of a list.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::{CatalogueFilter, PersistenceClass, ScopeId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};
use service::Service;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CatalogueQuery, CatalogueRow, Problem};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::export::{self, harmless};
use crate::problem::bad_request;
use crate::read::Asked;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(export_data_volumes_csv))
        .routes(routes!(export_data_volumes_json))
}

/// The list as the address of its page says it.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Which part: `all`, `originated` or `usable`.
    view: String,
    /// The id of the chosen scope; the organisation, if absent.
    scope: String,
    /// Words to look for in name, description and tags.
    search: String,
    /// Only these phases.
    phases: Vec<String>,
    /// Only these classes of persistence.
    persistence: Vec<String>,
    /// Only what meets each of these, such as `name=@image`.
    filter: Vec<String>,
    /// Sorted by `name`, `status`, `size`, `used`, `files`, `project`, `created`, `updated` or `creator`.
    sort: String,
    /// `asc` or `desc`.
    order: String,
}

/// Every data volume of a list that the caller may see, as a table.
#[utoipa::path(
    get, path = "/datavolumes/export.csv", operation_id = "export_data_volumes_csv", tag = "Data volumes",
    params(ExportQuery),
    responses(
        (status = 200, description = "The data volumes, in the order of the list.", content_type = "text/csv"),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 404, description = "There is no such scope that the caller may see.", body = Problem),
    ),
)]
async fn export_data_volumes_csv(
    (State(service), Extension(caller)): Asking,
    Asked(asked): Asked<ExportQuery>,
) -> Result<Response, Refused> {
    let rows = service.export_data_volumes(&caller, query(asked)?).await?;
    Ok(export::csv("data-volumes.csv", HEAD, rows, fields))
}

/// Every data volume of a list that the caller may see.
#[utoipa::path(
    get, path = "/datavolumes/export.json", operation_id = "export_data_volumes_json", tag = "Data volumes",
    params(ExportQuery),
    responses(
        (
            status = 200,
            description = "The data volumes, in the order of the list, under `dataVolumes`.",
            content_type = "application/json",
        ),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 404, description = "There is no such scope that the caller may see.", body = Problem),
    ),
)]
async fn export_data_volumes_json(
    (State(service), Extension(caller)): Asking,
    Asked(asked): Asked<ExportQuery>,
) -> Result<Response, Refused> {
    let rows = service.export_data_volumes(&caller, query(asked)?).await?;
    Ok(export::json("data-volumes.json", "dataVolumes", rows))
}

/// Unknown words are refused: a program that mistypes a filter must not get everything.
fn query(asked: ExportQuery) -> Result<CatalogueQuery, Refused> {
    let usual = CatalogueQuery::default();
    let one = |text: &String| !text.is_empty();
    let filters = asked.filter.iter().filter(|text| one(text)).map(|text| {
        text.parse::<CatalogueFilter>()
            .map_err(|error| bad_request("filter", error.to_string()))
    });
    Ok(CatalogueQuery {
        view: word("view", &asked.view)?.unwrap_or_default(),
        scope: Some(ScopeId(asked.scope)).filter(|scope| one(&scope.0)),
        search: asked.search,
        phases: words("phases", &asked.phases)?,
        persistence: words("persistence", &asked.persistence)?,
        filters: filters.collect::<Result<_, _>>()?,
        sort: word("sort", &asked.sort.replace('-', ""))?.unwrap_or_default(),
        order: word("order", &asked.order)?.unwrap_or_default(),
        ..usual
    })
}

fn words<T: DeserializeOwned>(name: &str, texts: &[String]) -> Result<Vec<T>, Refused> {
    let read = texts.iter().map(|text| word(name, text));
    let read: Vec<Option<T>> = read.collect::<Result<_, _>>()?;
    Ok(read.into_iter().flatten().collect())
}

/// The value that a word stands for; forms send empty ones for what is as usual.
fn word<T: DeserializeOwned>(name: &str, word: &str) -> Result<Option<T>, Refused> {
    if word.is_empty() {
        return Ok(None);
    }
    T::deserialize(StrDeserializer::<WordError>::new(word))
        .map(Some)
        .map_err(|_| bad_request(name, "This word is not known here."))
}

const HEAD: [&str; 20] = [
    "id",
    "name",
    "description",
    "tags",
    "status",
    "statusMessage",
    "persistence",
    "capacityBytes",
    "usedBytes",
    "files",
    "accessModes",
    "storageClass",
    "cluster",
    "department",
    "project",
    "originClaim",
    "sharedWith",
    "createdBy",
    "createdAt",
    "updatedAt",
];

fn fields(row: &CatalogueRow) -> [String; 20] {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let modes: Vec<&str> = row.access_modes.iter().map(|mode| mode.as_str()).collect();
    let class = row
        .persistence
        .as_ref()
        .map(|persistence| persistence.class);
    [
        row.id.to_string(),
        harmless(&row.name),
        harmless(&row.description),
        harmless(&row.tags.join(", ")),
        row.phase.as_str().to_owned(),
        harmless(&row.phase_message),
        class
            .map(PersistenceClass::as_str)
            .unwrap_or_default()
            .to_owned(),
        number(row.capacity_bytes.map(|bytes| bytes.0)).unwrap_or_default(),
        number(row.used_bytes.map(|bytes| bytes.0)).unwrap_or_default(),
        number(row.file_count).unwrap_or_default(),
        modes.join(", "),
        harmless(&row.storage_class),
        harmless(&row.cluster_name),
        harmless(&row.department_name),
        harmless(&row.project_name),
        harmless(&row.claim_name),
        harmless(&row.shared_with.join(", ")),
        harmless(&row.created_by),
        row.created_at.to_string(),
        row.updated_at.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use domain::{Phase, SortBy};
    use wire::CatalogueView;

    use super::*;

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_query_of_the_page_is_read() {
        let read = query(ExportQuery {
            view: "usable".into(),
            phases: list(&["Ready", "NotReady", ""]),
            filter: list(&["name=@a"]),
            sort: "project-id".into(),
            ..ExportQuery::default()
        });
        let expected = CatalogueQuery {
            view: CatalogueView::Usable,
            phases: vec![Phase::Ready, Phase::NotReady],
            filters: vec!["name=@a".parse().unwrap()],
            sort: SortBy::ProjectId,
            ..CatalogueQuery::default()
        };
        assert_eq!(read.ok(), Some(expected));
    }

    #[test]
    fn what_is_not_known_is_refused_by_its_name() {
        let refused = |asked: ExportQuery| {
            let Err(Refused(problem)) = query(asked) else {
                panic!("it is read");
            };
            (problem.code, problem.details)
        };
        let phases = ExportQuery {
            phases: list(&["Nonsense"]),
            ..ExportQuery::default()
        };
        assert_eq!(refused(phases), (400, "phases".to_owned()));
        let filter = ExportQuery {
            filter: list(&["size==1"]),
            ..ExportQuery::default()
        };
        assert_eq!(refused(filter), (400, "filter".to_owned()));
    }
}

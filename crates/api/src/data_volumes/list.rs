//! Lists of data volumes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::{CatalogueFilter, CatalogueView, FilterError, SortBy, SortOrder};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use service::Answer;
use utoipa::{IntoParams, ToSchema};
use wire::{CatalogueQuery, Problem};

use super::Asking;
use super::bodies::DataVolume;
use crate::Refused;
use crate::problem::bad_request;
use crate::read::Asked;

/// Which data volumes.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `Originated`: what originates in the caller's scopes. `UsableInProject`: what a project can use. `All`: what
    /// the caller may see, which Run:ai does not have.
    #[param(inline)]
    request_type: RequestType,
    /// The project, with `UsableInProject` only.
    usable_in_project_id: Option<String>,
    /// Field, operator and value, as in `name=@image`; more than one in a row or joined by commas. Fields:
    /// `name`, `projectId`, `projectName`, `departmentId`, `clusterId`, `createdBy`, `phase`, `createdAt`.
    /// Operators: `==` `!=` `<=` `>=` `=@` contains, `!@` does not contain, `=^` starts with, `=$` ends
    /// with; times, as in ISO 8601, with the first four only.
    #[serde(default)]
    filter_by: Vec<String>,
    /// Words that all have to stand in name, description or tags; at most 200 characters.
    search: Option<String>,
}

/// Which data volumes, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `Originated`: what originates in the caller's scopes. `UsableInProject`: what a project can use. `All`: what
    /// the caller may see, which Run:ai does not have.
    #[param(inline)]
    request_type: RequestType,
    /// The project, with `UsableInProject` only.
    usable_in_project_id: Option<String>,
    /// Entries to pass over.
    offset: Option<u32>,
    /// Entries to answer.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// What to sort by.
    #[param(inline)]
    sort_by: Option<SortField>,
    /// Which way.
    #[param(inline)]
    sort_order: Option<Way>,
    /// As for `count`: `name=@image`.
    #[serde(default)]
    filter_by: Vec<String>,
    /// Words that all have to stand in name, description or tags; at most 200 characters.
    search: Option<String>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
enum RequestType {
    Originated,
    UsableInProject,
    All,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum SortField {
    Name,
    ProjectId,
    ClusterId,
    DepartmentId,
    ProjectName,
    CreatedAt,
    CreatedBy,
    Phase,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    Asc,
    Desc,
}

/// One page of data volumes.
#[derive(Serialize, ToSchema)]
pub(crate) struct DataVolumes {
    /// The data volumes, without their shares and mounts.
    datavolumes: Vec<DataVolume>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// A number of things.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Count {
    /// How many.
    count: u64,
}

/// The data volumes that the caller may see.
#[utoipa::path(
    get, path = "/datavolumes", operation_id = "list_data_volumes", tag = "Data volumes",
    params(ListQuery),
    responses(
        (status = 200, description = "One page.", body = DataVolumes),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
    ),
)]
pub(crate) async fn list_data_volumes(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Refused> {
    let (query, filters) = query.checked()?;
    let read = u64::from(query.offset) + u64::from(query.limit);
    let page = service
        .page_of_data_volumes(&caller, query, filters, |volumes, total| {
            ListText::of(&DataVolumes {
                datavolumes: volumes.into_iter().map(DataVolume::listed).collect(),
                next: (read < total).then_some(read),
            })
        })
        .await?;
    page.response()
}

/// How many data volumes a list would have on all its pages.
#[utoipa::path(
    get, path = "/datavolumes/count", operation_id = "count_data_volumes", tag = "Data volumes",
    params(Which),
    responses(
        (status = 200, description = "The number.", body = Count),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
    ),
)]
pub(crate) async fn count_data_volumes(
    (State(service), Extension(caller)): Asking,
    Asked(which): Asked<Which>,
) -> Result<Json<Count>, Refused> {
    let (query, filters) = which.checked()?;
    let count = service
        .page_of_data_volumes(&caller, query, filters, |_, total| Count { count: total })
        .await?;
    Ok(Json(Arc::unwrap_or_clone(count)))
}

/// A page as it is sent: the text of one that did not change is not written again.
struct ListText(Option<Bytes>);

impl ListText {
    fn of(page: &DataVolumes) -> Self {
        Self(serde_json::to_vec(page).ok().map(Bytes::from))
    }

    fn response(&self) -> Result<Response, Refused> {
        let unwritten = || Problem::new(500, "The console cannot write this list down.");
        let text = self.0.clone().ok_or_else(|| Refused(unwritten()))?;
        let kind = HeaderValue::from_static("application/json");
        Ok(([(CONTENT_TYPE, kind)], text).into_response())
    }
}

impl Answer for ListText {
    fn size_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, Bytes::len)
    }
}

impl Answer for Count {
    fn size_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl Which {
    fn checked(self) -> Result<(CatalogueQuery, Vec<CatalogueFilter>), Refused> {
        let (view, scope) = match (self.request_type, self.usable_in_project_id) {
            (RequestType::Originated, None) => (CatalogueView::Originated, None),
            (RequestType::All, None) => (CatalogueView::All, None),
            (RequestType::UsableInProject, Some(project)) => {
                (CatalogueView::Usable, Some(project.as_str().into()))
            }
            (RequestType::Originated | RequestType::All, Some(_)) => {
                return Err(bad_request(
                    "usableInProjectId",
                    "A project is named with UsableInProject only.",
                ));
            }
            (RequestType::UsableInProject, None) => {
                return Err(bad_request("usableInProjectId", "Name the project."));
            }
        };
        let query = CatalogueQuery {
            view,
            scope,
            search: self.search.unwrap_or_default(),
            limit: 1,
            ..CatalogueQuery::default()
        };
        Ok((query, filters(&self.filter_by)?))
    }
}

impl ListQuery {
    fn checked(self) -> Result<(CatalogueQuery, Vec<CatalogueFilter>), Refused> {
        let which = Which {
            request_type: self.request_type,
            usable_in_project_id: self.usable_in_project_id,
            filter_by: self.filter_by,
            search: self.search,
        };
        let (query, filters) = which.checked()?;
        let query = CatalogueQuery {
            sort: self.sort_by.map(SortBy::from).unwrap_or_default(),
            order: self.sort_order.map(SortOrder::from).unwrap_or_default(),
            offset: self.offset.unwrap_or_default(),
            limit: self.limit.unwrap_or(CatalogueQuery::DEFAULT_LIMIT),
            ..query
        };
        Ok((query, filters))
    }
}

/// Filters as they are sent: one for each parameter, or several in one, joined by commas.
fn filters(texts: &[String]) -> Result<Vec<CatalogueFilter>, Refused> {
    texts
        .iter()
        .flat_map(|text| text.split(','))
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse()
                .map_err(|error: FilterError| bad_request("filterBy", error.to_string()))
        })
        .collect()
}

impl From<SortField> for SortBy {
    fn from(field: SortField) -> Self {
        match field {
            SortField::Name => Self::Name,
            SortField::ProjectId => Self::ProjectId,
            SortField::ClusterId => Self::ClusterId,
            SortField::DepartmentId => Self::DepartmentId,
            SortField::ProjectName => Self::Project,
            SortField::CreatedAt => Self::Created,
            SortField::CreatedBy => Self::Creator,
            SortField::Phase => Self::Status,
        }
    }
}

impl From<Way> for SortOrder {
    fn from(way: Way) -> Self {
        match way {
            Way::Asc => Self::Asc,
            Way::Desc => Self::Desc,
        }
    }
}

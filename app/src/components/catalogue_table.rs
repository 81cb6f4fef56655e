//! The table of the page “Data volumes”. Columns fall away by importance where there is no room; the CSS
//! file of the same name says in which order.

use leptos::prelude::*;
use wire::{CatalogueQuery, CatalogueRow, SortBy, SortOrder};

use super::persistence_badge::PersistenceBadge;
use super::phase_badge::PhaseBadge;
use super::usage_meter::UsageMeter;
use crate::routes;
use crate::ui::{Heading, MiddleCut, Sorted, Table, Time, count};

/// One page of the catalogue.
#[component]
pub(crate) fn CatalogueTable(
    /// The rows, in the order of the query.
    rows: Vec<CatalogueRow>,
    /// What was asked for; the headings lead to the same in another order.
    query: CatalogueQuery,
) -> impl IntoView {
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! {
        <Table caption="Data volumes" class="catalogue" head=headings(&query)>{rows}</Table>
    }
}

fn headings(query: &CatalogueQuery) -> AnyView {
    let heading = |title: &'static str, by: Option<SortBy>, class: &'static str| {
        let sorted = (by == Some(query.sort)).then_some(match query.order {
            SortOrder::Asc => Sorted::Ascending,
            SortOrder::Desc => Sorted::Descending,
        });
        match by {
            Some(by) => {
                let href = sorted_by(query, by);
                match sorted {
                    Some(sorted) => view! { <Heading title href sorted class/> }.into_any(),
                    None => view! { <Heading title href class/> }.into_any(),
                }
            }
            None => view! { <Heading title class/> }.into_any(),
        }
    };
    view! {
        {heading("Name", Some(SortBy::Name), "catalogue__name")}
        {heading("Status", Some(SortBy::Status), "catalogue__status")}
        {heading("Persistence", None, "catalogue__persistence")}
        {heading("Used / Size", Some(SortBy::Used), "catalogue__usage")}
        {heading("Files", Some(SortBy::Files), "catalogue__files number")}
        {heading("Project", Some(SortBy::Project), "catalogue__project")}
        {heading("Shared with", None, "catalogue__shared")}
        {heading("Updated", Some(SortBy::Updated), "catalogue__updated")}
    }
    .into_any()
}

/// The same catalogue sorted by `by`: the other way round if it is already. Amounts and times begin with
/// the largest.
fn sorted_by(query: &CatalogueQuery, by: SortBy) -> String {
    let first = match by {
        SortBy::Name
        | SortBy::Status
        | SortBy::Project
        | SortBy::ProjectId
        | SortBy::DepartmentId
        | SortBy::ClusterId
        | SortBy::Creator => SortOrder::Asc,
        SortBy::Size | SortBy::Used | SortBy::Files | SortBy::Created | SortBy::Updated => {
            SortOrder::Desc
        }
    };
    let order = match (query.sort == by, query.order) {
        (false, _) => first,
        (true, SortOrder::Asc) => SortOrder::Desc,
        (true, SortOrder::Desc) => SortOrder::Asc,
    };
    routes::data_volumes(&CatalogueQuery {
        sort: by,
        order,
        offset: 0,
        ..query.clone()
    })
}

fn row(row: CatalogueRow) -> impl IntoView {
    let place = format!(
        "{} / {} / {}",
        row.cluster_name, row.department_name, row.project_name
    );
    let description = (!row.description.is_empty())
        .then(|| view! { <span class="catalogue__description">{row.description}</span> });
    view! {
        <tr>
            <th scope="row" class="catalogue__name">
                <a href=routes::data_volume(row.id)><MiddleCut text=row.name/></a>
                {description}
            </th>
            <td class="catalogue__status"><PhaseBadge phase=row.phase message=row.phase_message/></td>
            <td class="catalogue__persistence"><PersistenceBadge persistence=row.persistence/></td>
            <td class="catalogue__usage"><UsageMeter used=row.used_bytes capacity=row.capacity_bytes/></td>
            <td class="catalogue__files number">{row.file_count.map_or_else(|| "–".to_owned(), count)}</td>
            <td class="catalogue__project"><span title=place>{row.project_name}</span></td>
            <td class="catalogue__shared">{shared_with(&row.shared_with)}</td>
            <td class="catalogue__updated"><Time at=row.updated_at/></td>
        </tr>
    }
}

fn shared_with(names: &[String]) -> AnyView {
    match names {
        [] => view! { <span class="absent">"–"</span> }.into_any(),
        [only] => only.clone().into_any(),
        [first, rest @ ..] => {
            view! { <span title=names.join(", ")>{format!("{first}, +{}", rest.len())}</span> }
                .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_turns_the_order_that_holds_and_starts_amounts_with_the_largest() {
        let by_name = CatalogueQuery {
            offset: 50,
            ..CatalogueQuery::default()
        };
        assert_eq!(
            sorted_by(&by_name, SortBy::Name),
            "/data-volumes?order=desc"
        );
        assert_eq!(
            sorted_by(&by_name, SortBy::Used),
            "/data-volumes?sort=used&order=desc"
        );
        let by_used = CatalogueQuery {
            sort: SortBy::Used,
            order: SortOrder::Desc,
            ..by_name
        };
        assert_eq!(sorted_by(&by_used, SortBy::Used), "/data-volumes?sort=used");
    }
}

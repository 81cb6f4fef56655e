//! The table of the page “Data volumes”. Columns fall away by importance where there is no room; the CSS
//! file of the same name says in which order.

use leptos::prelude::*;
use wire::{CatalogueColumn, CatalogueQuery, CatalogueRow, SortBy, SortOrder};

use super::byte_size::ByteSize;
use super::column_choice::shown;
use super::persistence_badge::PersistenceBadge;
use super::phase_badge::PhaseBadge;
use super::usage_meter::UsageMeter;
use crate::routes;
use crate::ui::{Heading, MiddleCut, Sorted, Table, Tag, Time, count};

/// One page of the catalogue.
#[component]
pub(crate) fn CatalogueTable(
    /// The rows, in the order of the query.
    rows: Vec<CatalogueRow>,
    /// What was asked for; the headings lead to the same in another order.
    query: CatalogueQuery,
) -> impl IntoView {
    let class = if query.columns.is_empty() {
        "catalogue"
    } else {
        "catalogue catalogue--chosen"
    };
    let columns = shown(&query);
    let rows: Vec<_> = rows
        .into_iter()
        .map(|of| row(&of, &query, columns))
        .collect();
    view! {
        <Table caption="Data volumes" class=class head=headings(&query)>{rows}</Table>
    }
}

/// What a column is called.
pub(crate) fn column_title(column: CatalogueColumn) -> &'static str {
    match column {
        CatalogueColumn::Status => "Status",
        CatalogueColumn::Persistence => "Persistence",
        CatalogueColumn::Usage => "Used / Size",
        CatalogueColumn::Size => "Size",
        CatalogueColumn::Files => "Files",
        CatalogueColumn::AccessMode => "Access mode",
        CatalogueColumn::StorageClass => "Storage class",
        CatalogueColumn::Scope => "Scope",
        CatalogueColumn::Project => "Project",
        CatalogueColumn::Claim => "Origin claim",
        CatalogueColumn::Cluster => "Cluster",
        CatalogueColumn::Tags => "Tags",
        CatalogueColumn::SharedWith => "Shared with",
        CatalogueColumn::CreatedBy => "Created by",
        CatalogueColumn::Created => "Created",
        CatalogueColumn::Updated => "Updated",
    }
}

fn sort_of(column: CatalogueColumn) -> Option<SortBy> {
    match column {
        CatalogueColumn::Status => Some(SortBy::Status),
        CatalogueColumn::Usage => Some(SortBy::Used),
        CatalogueColumn::Size => Some(SortBy::Size),
        CatalogueColumn::Files => Some(SortBy::Files),
        CatalogueColumn::Project => Some(SortBy::Project),
        CatalogueColumn::CreatedBy => Some(SortBy::Creator),
        CatalogueColumn::Created => Some(SortBy::Created),
        CatalogueColumn::Updated => Some(SortBy::Updated),
        _ => None,
    }
}

fn class_of(column: CatalogueColumn) -> &'static str {
    match column {
        CatalogueColumn::Status => "catalogue__status",
        CatalogueColumn::Persistence => "catalogue__persistence",
        CatalogueColumn::Usage => "catalogue__usage",
        CatalogueColumn::Size => "catalogue__size number",
        CatalogueColumn::Files => "catalogue__files number",
        CatalogueColumn::Scope | CatalogueColumn::Tags => "catalogue__scope",
        CatalogueColumn::Project => "catalogue__project",
        CatalogueColumn::SharedWith => "catalogue__shared",
        CatalogueColumn::Created => "catalogue__created",
        CatalogueColumn::Updated => "catalogue__updated",
        CatalogueColumn::AccessMode
        | CatalogueColumn::StorageClass
        | CatalogueColumn::Claim
        | CatalogueColumn::Cluster
        | CatalogueColumn::CreatedBy => "catalogue__text",
    }
}

fn headings(query: &CatalogueQuery) -> AnyView {
    let name = heading(query, "Name", Some(SortBy::Name), "catalogue__name");
    let others: Vec<_> = shown(query)
        .iter()
        .map(|column| {
            heading(
                query,
                column_title(*column),
                sort_of(*column),
                class_of(*column),
            )
        })
        .collect();
    view! { {name} {others} }.into_any()
}

fn heading(
    query: &CatalogueQuery,
    title: &'static str,
    by: Option<SortBy>,
    class: &'static str,
) -> AnyView {
    let sorted = (by == Some(query.sort)).then_some(match query.order {
        SortOrder::Asc => Sorted::Ascending,
        SortOrder::Desc => Sorted::Descending,
    });
    let Some(by) = by else {
        return view! { <Heading title class/> }.into_any();
    };
    let href = sorted_by(query, by);
    match sorted {
        Some(sorted) => view! { <Heading title href sorted class/> }.into_any(),
        None => view! { <Heading title href class/> }.into_any(),
    }
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

fn row(row: &CatalogueRow, query: &CatalogueQuery, columns: &[CatalogueColumn]) -> AnyView {
    let description = (!row.description.is_empty())
        .then(|| view! { <span class="catalogue__description">{row.description.clone()}</span> });
    let cells: Vec<_> = columns
        .iter()
        .map(|column| view! { <td class=class_of(*column)>{cell(row, query, *column)}</td> })
        .collect();
    view! {
        <tr>
            <th scope="row" class="catalogue__name">
                <a href=routes::data_volume(row.id)><MiddleCut text=row.name.clone()/></a>
                {description}
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn cell(row: &CatalogueRow, query: &CatalogueQuery, column: CatalogueColumn) -> AnyView {
    match column {
        CatalogueColumn::Status => {
            view! { <PhaseBadge phase=row.phase message=row.phase_message.clone()/> }.into_any()
        }
        CatalogueColumn::Persistence => {
            view! { <PersistenceBadge persistence=row.persistence.clone()/> }.into_any()
        }
        CatalogueColumn::Usage => {
            view! { <UsageMeter used=row.used_bytes capacity=row.capacity_bytes/> }.into_any()
        }
        CatalogueColumn::Size => match row.capacity_bytes {
            Some(bytes) => view! { <ByteSize bytes/> }.into_any(),
            None => whole(String::new()),
        },
        CatalogueColumn::Files => row
            .file_count
            .map_or_else(|| "–".to_owned(), count)
            .into_any(),
        CatalogueColumn::AccessMode => {
            let modes: Vec<&str> = row.access_modes.iter().map(|mode| mode.as_str()).collect();
            whole(modes.join(", "))
        }
        CatalogueColumn::StorageClass => whole(row.storage_class.clone()),
        CatalogueColumn::Scope => whole(place(row)),
        CatalogueColumn::Project => {
            view! { <span title=place(row)>{row.project_name.clone()}</span> }.into_any()
        }
        CatalogueColumn::Claim => whole(row.claim_name.clone()),
        CatalogueColumn::Cluster => whole(row.cluster_name.clone()),
        CatalogueColumn::Tags => tags(&row.tags, query),
        CatalogueColumn::SharedWith => shared_with(&row.shared_with),
        CatalogueColumn::CreatedBy => whole(row.created_by.clone()),
        CatalogueColumn::Created => view! { <Time at=row.created_at/> }.into_any(),
        CatalogueColumn::Updated => view! { <Time at=row.updated_at/> }.into_any(),
    }
}

fn place(row: &CatalogueRow) -> String {
    format!(
        "{} / {} / {}",
        row.cluster_name, row.department_name, row.project_name
    )
}

/// A text that may be cut off, whole on hover.
fn whole(text: String) -> AnyView {
    if text.is_empty() {
        return view! { <span class="absent">"–"</span> }.into_any();
    }
    let title = text.clone();
    view! { <span title=title>{text}</span> }.into_any()
}

/// The first few, each leading to those of the shown data volumes that have it too.
fn tags(tags: &[String], query: &CatalogueQuery) -> AnyView {
    const FEW: usize = 2;
    if tags.is_empty() {
        return view! { <span class="absent">"–"</span> }.into_any();
    }
    let chips = tags.iter().take(FEW);
    let chips: Vec<_> = chips
        .map(|tag| view! { <Tag word=tag.clone() href=routes::tagged(query, tag)/> })
        .collect();
    let others = tags.len().saturating_sub(FEW);
    let others = (others > 0).then(|| format!("+{others}"));
    view! { <span class="catalogue__tags" title=tags.join(", ")>{chips} {others}</span> }.into_any()
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

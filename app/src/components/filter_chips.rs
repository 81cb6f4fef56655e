//! The filters that hold, in words, each a link to the catalogue without it.

use domain::{CatalogueFilter, Comparison, FilterText, PersistenceClass, Phase};
use jiff::tz::TimeZone;
use leptos::prelude::*;
use wire::CatalogueQuery;

use crate::routes;
use crate::ui::{Glyph, Icon};

/// The chips, and the link that takes them all away.
#[component]
pub(crate) fn FilterChips(
    /// The catalogue that is shown.
    query: Memo<CatalogueQuery>,
) -> impl IntoView {
    move || {
        let query = query.get();
        if query.phases.is_empty() && query.persistence.is_empty() && query.filters.is_empty() {
            return None;
        }
        let chips: Vec<_> = chips(&query)
            .into_iter()
            .map(|(what, value, without)| chip(what, value, &without))
            .collect();
        let without = CatalogueQuery {
            phases: vec![],
            persistence: vec![],
            filters: vec![],
            offset: 0,
            ..query
        };
        Some(view! {
            <div class="chips">
                {chips}
                <a class="chips__clear" href=routes::data_volumes(&without)>"Clear filters"</a>
            </div>
        })
    }
}

/// What each filter is about, what it asks for, and the catalogue without it.
fn chips(query: &CatalogueQuery) -> Vec<(&'static str, String, CatalogueQuery)> {
    let mut chips = Vec::new();
    let first = CatalogueQuery {
        offset: 0,
        ..query.clone()
    };
    for phase in &query.phases {
        let mut without = first.clone();
        without.phases.retain(|other: &Phase| other != phase);
        chips.push(("Status", phase.to_string(), without));
    }
    for class in &query.persistence {
        let mut without = first.clone();
        without
            .persistence
            .retain(|other: &PersistenceClass| other != class);
        chips.push(("Persistence", class.to_string(), without));
    }
    for filter in &query.filters {
        let mut without = first.clone();
        without.filters.retain(|other| other != filter);
        let (what, value) = words(filter);
        chips.push((what, value, without));
    }
    chips
}

fn chip(what: &'static str, value: String, without: &CatalogueQuery) -> AnyView {
    let label = format!("Remove the filter {what}: {value}");
    view! {
        <a class="chip" href=routes::data_volumes(without) aria-label=label>
            <span class="chip__what">{what}": "</span>
            <span class="chip__value">{value}</span>
            <Icon glyph=Glyph::Close/>
        </a>
    }
    .into_any()
}

fn words(filter: &CatalogueFilter) -> (&'static str, String) {
    match filter {
        CatalogueFilter::Text {
            of,
            comparison,
            value,
        } => (
            text_words(*of),
            format!("{} “{value}”", comparison_words(*comparison)),
        ),
        CatalogueFilter::CreatedAt { comparison, at } => {
            let day = at.to_zoned(TimeZone::UTC).date();
            let how = match comparison {
                Comparison::AtLeast => "from",
                Comparison::AtMost => "to",
                other => comparison_words(*other),
            };
            ("Created", format!("{how} {day}"))
        }
        CatalogueFilter::Tag {
            is_there: true,
            tag,
        } => ("Tag", tag.to_string()),
        CatalogueFilter::Tag {
            is_there: false,
            tag,
        } => ("Without the tag", tag.to_string()),
    }
}

/// What is compared.
pub(crate) fn text_words(text: FilterText) -> &'static str {
    match text {
        FilterText::Name => "Name",
        FilterText::ProjectId => "Project id",
        FilterText::ProjectName => "Project",
        FilterText::DepartmentId => "Department id",
        FilterText::ClusterId => "Cluster id",
        FilterText::Creator => "Created by",
        FilterText::Phase => "Status",
    }
}

/// How it is compared.
pub(crate) fn comparison_words(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Is => "is",
        Comparison::IsNot => "is not",
        Comparison::AtMost => "is at most",
        Comparison::AtLeast => "is at least",
        Comparison::Contains => "contains",
        Comparison::ContainsNot => "does not contain",
        Comparison::StartsWith => "begins with",
        Comparison::EndsWith => "ends with",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_told_in_words() {
        let of = |text: &str| {
            let (what, value) = words(&text.parse().unwrap());
            format!("{what}: {value}")
        };
        assert_eq!(of("name=@net"), "Name: contains “net”");
        assert_eq!(of("createdBy!=Ada"), "Created by: is not “Ada”");
        assert_eq!(
            of("createdAt>=2026-03-01T00:00:00Z"),
            "Created: from 2026-03-01"
        );
        assert_eq!(
            of("createdAt<=2026-03-01T23:59:59.999999Z"),
            "Created: to 2026-03-01"
        );
        assert_eq!(of("tags==images"), "Tag: images");
        assert_eq!(of("tags!=images"), "Without the tag: images");
    }

    #[test]
    fn each_chip_leads_to_the_catalogue_without_it() {
        let query = CatalogueQuery {
            phases: vec![Phase::Ready],
            filters: vec![
                "name=@a".parse().unwrap(),
                "projectName==b".parse().unwrap(),
            ],
            offset: 50,
            ..CatalogueQuery::default()
        };
        let addresses: Vec<String> = chips(&query)
            .iter()
            .map(|(_, _, without)| routes::data_volumes(without))
            .collect();
        assert_eq!(
            addresses,
            [
                "/data-volumes?filter=name%3D%40a&filter=projectName%3D%3Db",
                "/data-volumes?phases=Ready&filter=projectName%3D%3Db",
                "/data-volumes?phases=Ready&filter=name%3D%40a",
            ]
        );
    }
}

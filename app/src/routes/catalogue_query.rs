//! The catalogue in its address: which part, which filters, which columns, which order.
//!
//! The form of the filters is sent as it is, so that what is entered in it and what holds already come in
//! the same query; both become filters.

use std::collections::HashSet;

use domain::{CatalogueFilter, Comparison, PersistenceClass, Phase, ScopeId};
use jiff::Timestamp;
use wire::{CatalogueColumn, CatalogueQuery, CatalogueView, SortBy, SortOrder};

use super::Query;
use super::audit_query::{first_moment, last_moment};

impl From<&Query> for CatalogueQuery {
    fn from(query: &Query) -> Self {
        Self {
            view: query.one_of("view", view_of).unwrap_or_default(),
            scope: query.get("scope").map(ScopeId::from),
            search: query
                .get("search")
                .unwrap_or_default()
                .chars()
                .take(Self::MAX_SEARCH)
                .collect(),
            phases: query.some_of("phases", |word| word.parse::<Phase>().ok()),
            persistence: query.some_of("persistence", |word| word.parse::<PersistenceClass>().ok()),
            filters: filters(query),
            columns: columns(query),
            sort: query.one_of("sort", sort_of).unwrap_or_default(),
            order: query.one_of("order", order_of).unwrap_or_default(),
            offset: query
                .one_of("offset", |number| number.parse().ok())
                .unwrap_or_default(),
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

impl From<&CatalogueQuery> for Query {
    fn from(query: &CatalogueQuery) -> Self {
        let usual = CatalogueQuery::default();
        let mut result = Self::default()
            .with_some(
                "view",
                (query.view != usual.view).then(|| view_word(query.view)),
            )
            .with_some("scope", query.scope.as_ref())
            .with_some(
                "search",
                (!query.search.is_empty()).then_some(&query.search),
            );
        for phase in &query.phases {
            result = result.with_some("phases", Some(phase.as_str()));
        }
        for class in &query.persistence {
            result = result.with_some("persistence", Some(class.as_str()));
        }
        for filter in &query.filters {
            result = result.with_some("filter", Some(filter));
        }
        for column in &query.columns {
            result = result.with_some("columns", Some(column.as_str()));
        }
        result
            .with_some(
                "sort",
                (query.sort != usual.sort).then(|| sort_word(query.sort)),
            )
            .with_some(
                "order",
                (query.order != usual.order).then(|| order_word(query.order)),
            )
            .with_some("offset", (query.offset != 0).then_some(query.offset))
    }
}

/// The filters that hold, and the one that somebody has just entered: a tag, or a field, a comparison and a text, or
/// the first or last day on which it was made.
fn filters(query: &Query) -> Vec<CatalogueFilter> {
    let mut filters: Vec<CatalogueFilter> = query
        .all("filter")
        .filter_map(|text| text.parse().ok())
        .collect();
    let since = query.get("since").and_then(first_moment);
    let until = query.get("until").and_then(last_moment);
    let entered = query
        .get("text")
        .map(str::trim)
        .filter(|text| !text.is_empty());
    if let (Some(field), Some(comparison), Some(text)) =
        (query.get("field"), query.get("comparison"), entered)
    {
        filters.extend(format!("{field}{comparison}{text}").parse::<CatalogueFilter>());
    }
    let tag = query
        .get("tag")
        .map(str::trim)
        .filter(|tag| !tag.is_empty());
    filters.extend(tag.and_then(|tag| format!("tags=={tag}").parse().ok()));
    filters.extend(since.map(|at| created(Comparison::AtLeast, at)));
    filters.extend(until.map(|at| created(Comparison::AtMost, at)));
    let mut seen = HashSet::new();
    filters.retain(|filter| seen.insert(filter.clone()));
    filters.truncate(CatalogueQuery::MAX_FILTERS);
    filters
}

fn created(comparison: Comparison, at: Timestamp) -> CatalogueFilter {
    CatalogueFilter::CreatedAt { comparison, at }
}

/// In the order of the table, each once; nothing where they are the usual ones.
fn columns(query: &Query) -> Vec<CatalogueColumn> {
    let mut columns = query.some_of("columns", |word| word.parse::<CatalogueColumn>().ok());
    columns.sort_unstable();
    columns.dedup();
    if columns == CatalogueColumn::USUAL {
        columns.clear();
    }
    columns
}

/// The whole list that is shown, for programs and tables.
pub(crate) fn export(path: &str, query: &CatalogueQuery) -> String {
    let whole = CatalogueQuery {
        columns: Vec::new(),
        offset: 0,
        ..query.clone()
    };
    Query::from(&whole).address(path)
}

macro_rules! address_words {
    ($word:ident, $read:ident, $type:ty, { $($variant:path => $text:literal),+ $(,)? }) => {
        /// The word for it in addresses.
        pub(crate) fn $word(value: $type) -> &'static str {
            match value {
                $($variant => $text),+
            }
        }

        fn $read(text: &str) -> Option<$type> {
            match text {
                $($text => Some($variant),)+
                _ => None,
            }
        }
    };
}

address_words!(view_word, view_of, CatalogueView, {
    CatalogueView::All => "all",
    CatalogueView::Originated => "originated",
    CatalogueView::Usable => "usable",
});

address_words!(sort_word, sort_of, SortBy, {
    SortBy::Name => "name",
    SortBy::Status => "status",
    SortBy::Size => "size",
    SortBy::Used => "used",
    SortBy::Files => "files",
    SortBy::Project => "project",
    SortBy::Created => "created",
    SortBy::Updated => "updated",
    SortBy::ProjectId => "project-id",
    SortBy::DepartmentId => "department-id",
    SortBy::ClusterId => "cluster-id",
    SortBy::Creator => "creator",
});

address_words!(order_word, order_of, SortOrder, {
    SortOrder::Asc => "asc",
    SortOrder::Desc => "desc",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_comes_back_from_its_address() {
        let asked = CatalogueQuery {
            view: CatalogueView::Usable,
            scope: Some("12".into()),
            search: "image net".into(),
            phases: vec![Phase::Ready, Phase::NotReady],
            persistence: vec![PersistenceClass::NodeLocal],
            filters: vec!["name=@a&b".parse().unwrap()],
            columns: vec![CatalogueColumn::Status, CatalogueColumn::Tags],
            sort: SortBy::Used,
            order: SortOrder::Desc,
            offset: 100,
            limit: CatalogueQuery::DEFAULT_LIMIT,
        };
        let address = Query::from(&asked).address("/data-volumes");
        assert_eq!(
            address,
            "/data-volumes?view=usable&scope=12&search=image%20net&phases=Ready&phases=NotReady\
             &persistence=node-local&filter=name%3D%40a%26b&columns=status&columns=tags\
             &sort=used&order=desc&offset=100"
        );
        assert_eq!(
            CatalogueQuery::from(&Query::parse(&address["/data-volumes".len()..])),
            asked
        );
        assert_eq!(
            export("/x", &asked),
            "/x?view=usable&scope=12&search=image%20net&phases=Ready&phases=NotReady\
             &persistence=node-local&filter=name%3D%40a%26b&sort=used&order=desc"
        );
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let query = Query::parse(
            "?view=x&sort=&offset=-1&phases=Ready,Nonsense&scope=&search=%zz+a&what&filter=size%3D%3D1&columns=x",
        );
        let catalogue = CatalogueQuery::from(&query);
        let expected = CatalogueQuery {
            search: "%zz a".into(),
            phases: vec![Phase::Ready],
            ..CatalogueQuery::default()
        };
        assert_eq!(catalogue, expected);
    }

    #[test]
    fn what_a_form_enters_becomes_a_filter() {
        let of = |query: &str| -> Vec<String> {
            let query = CatalogueQuery::from(&Query::parse(query));
            query.filters.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            of("filter=name%3D%3Da&field=name&comparison=%3D%40&text=+net+&since=&until="),
            ["name==a", "name=@net"]
        );
        assert_eq!(of("tag=+images+&text="), ["tags==images"]);
        assert_eq!(
            of("field=name&comparison=%3D%3D&text="),
            Vec::<String>::new()
        );
        assert_eq!(
            of("filter=name%3D%3Da&field=name&comparison=%3D%3D&text=a"),
            ["name==a"]
        );
        assert_eq!(
            of("since=2026-03-01&until=2026-03-02"),
            [
                "createdAt>=2026-03-01T00:00:00Z",
                "createdAt<=2026-03-02T23:59:59.999999Z"
            ]
        );
    }

    #[test]
    fn the_usual_columns_need_no_words() {
        let of = |query: &str| CatalogueQuery::from(&Query::parse(query)).columns;
        let usual: Vec<String> = CatalogueColumn::USUAL
            .iter()
            .rev()
            .map(|column| format!("columns={}", column.as_str()))
            .collect();
        assert_eq!(of(&usual.join("&")), []);
        assert_eq!(
            of("columns=tags&columns=status&columns=tags"),
            [CatalogueColumn::Status, CatalogueColumn::Tags]
        );
    }
}

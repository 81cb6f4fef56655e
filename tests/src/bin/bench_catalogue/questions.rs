//! What the people ask.

use domain::{CatalogueView, PersistenceClass, Phase, SortBy};
use store::Listing;
use tests::content::{cluster, department, project, reaches};

/// A list and what it is called.
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) listing: Listing,
}

const SORTS: [(&str, SortBy); 8] = [
    ("name", SortBy::Name),
    ("status", SortBy::Status),
    ("size", SortBy::Size),
    ("used", SortBy::Used),
    ("files", SortBy::Files),
    ("project", SortBy::Project),
    ("created", SortBy::Created),
    ("updated", SortBy::Updated),
];

#[expect(
    clippy::too_many_lines,
    reason = "a list of questions, one after the other"
)]
pub(crate) fn questions() -> Vec<Question> {
    let mut questions = Vec::new();
    for (who, reach) in reaches() {
        let first = Listing {
            reach,
            limit: 50,
            ..Listing::default()
        };
        let mut ask = |what: String, listing: Listing| {
            questions.push(Question {
                name: format!("{who}: {what}"),
                listing,
            });
        };
        for (by, sort) in SORTS {
            for (descending, way) in [(false, ""), (true, ", descending")] {
                ask(
                    format!("by {by}{way}"),
                    Listing {
                        sort,
                        descending,
                        ..first.clone()
                    },
                );
            }
        }
        for (what, sort, offset) in [
            ("by name, 5,000 rows on", SortBy::Name, 5_000),
            ("by name, 90,000 rows on", SortBy::Name, 90_000),
            ("by used, 90,000 rows on", SortBy::Used, 90_000),
            ("by project, 50,000 rows on", SortBy::Project, 50_000),
        ] {
            ask(
                what.to_owned(),
                Listing {
                    sort,
                    offset,
                    ..first.clone()
                },
            );
        }
        for words in [
            vec!["größe"],
            vec!["street"],
            vec!["street", "revision 7"],
            vec!["nowhere"],
            vec!["e"],
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let what = format!("search for {}", words.join(" and "));
            ask(
                what,
                Listing {
                    words: words.clone(),
                    ..first.clone()
                },
            );
            let what = format!("search for {}, by updated, descending", words.join(" and "));
            ask(
                what,
                Listing {
                    words,
                    sort: SortBy::Updated,
                    descending: true,
                    ..first.clone()
                },
            );
        }
        ask(
            "not ready".to_owned(),
            Listing {
                phases: vec![Phase::NotReady, Phase::Unknown],
                ..first.clone()
            },
        );
        ask(
            "ephemeral, by size, descending".to_owned(),
            Listing {
                persistence: vec![PersistenceClass::Ephemeral],
                sort: SortBy::Size,
                descending: true,
                ..first.clone()
            },
        );
        for (what, scope) in [
            ("a project", project(77)),
            ("a department", department(27)),
            ("a cluster", cluster(3)),
        ] {
            for (view, way) in [
                (CatalogueView::Originated, "originated"),
                (CatalogueView::Usable, "usable"),
            ] {
                let listing = Listing {
                    scope: Some(scope.clone()),
                    view,
                    ..first.clone()
                };
                ask(format!("{way} in {what}"), listing);
            }
        }
    }
    questions
}

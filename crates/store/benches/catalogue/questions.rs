//! What the people ask.

use domain::{PersistenceClass, Phase};
use store::{ListView, Listing, Sort};

use crate::content::{cluster, department, project, reaches};

/// A list and what it is called.
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) listing: Listing,
}

const SORTS: [(&str, Sort); 8] = [
    ("name", Sort::Name),
    ("status", Sort::Status),
    ("size", Sort::Size),
    ("used", Sort::Used),
    ("files", Sort::Files),
    ("project", Sort::Project),
    ("created", Sort::Created),
    ("updated", Sort::Updated),
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
            ("by name, 5,000 rows on", Sort::Name, 5_000),
            ("by name, 90,000 rows on", Sort::Name, 90_000),
            ("by used, 90,000 rows on", Sort::Used, 90_000),
            ("by project, 50,000 rows on", Sort::Project, 50_000),
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
                    sort: Sort::Updated,
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
                sort: Sort::Size,
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
                (ListView::Originated, "originated"),
                (ListView::Usable, "usable"),
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

//! The one question, without anything around it: it is asked of what is in memory.

use std::hint::black_box;
use std::time::Instant;

use authz::{Action, Caller, Grant, Person};
use domain::{Role, UserId};
use tests::content::project;
use uuid::Uuid;

const ROUNDS: u32 = 20_000;

/// Prints the time of a check for people of one, of 200 and of 1,000 access rules.
pub(crate) fn measure() {
    println!(
        "{:<66}{:>14}{:>16}",
        "permission check", "one", "in a second"
    );
    for rules in [1, 200, 1_000] {
        let caller = caller(rules);
        for (what, place) in [
            ("the last rule allows it", project(rules - 1)),
            ("none allows it", project(1_999)),
        ] {
            let began = Instant::now();
            for _ in 0..ROUNDS {
                let _ =
                    black_box(black_box(&caller).authorize(Action::WriteFiles, black_box(&place)));
            }
            let one = began.elapsed() / ROUNDS;
            println!(
                "{:<66}{:>11.2} µs{:>16.0}",
                format!("{rules} access rules: {what}"),
                one.as_secs_f64() * 1e6,
                1.0 / one.as_secs_f64()
            );
        }
    }
}

fn caller(rules: u32) -> Caller {
    let person = Person {
        id: UserId(Uuid::from_u128(1)),
        issuer: "https://id.example".to_owned(),
        subject: "ada".to_owned(),
        name: "Ada".to_owned(),
        email: None,
        groups: Vec::new(),
    };
    let grants = (0..rules).map(|number| Grant {
        role: Role::Editor,
        scope: project(number),
        through: "vision-managers".to_owned(),
    });
    Caller::new(person, grants.collect::<Vec<_>>())
}

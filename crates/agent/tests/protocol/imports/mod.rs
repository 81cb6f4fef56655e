//! Imports, from sources that these tests are themselves.

mod existing;
mod failing;
mod http;
mod hugging_face;
mod networks;
mod orders;
mod restarts;
mod s3;
mod source;

use std::time::Duration;

use agent::{Access, Limits, SourceCredential, Ticket};
use domain::ImportState;
use serde_json::{Value, json};
use wire::ImportStanding;

pub(super) use source::Source;

use super::place::{Answer, Asked, Place, ask, key, ticket};

/// Limits under which nobody waits long.
fn quick() -> Limits {
    Limits {
        import_pause: Duration::from_millis(2),
        ..Limits::default()
    }
}

/// An order for files over HTTP from this machine.
pub(super) fn http_order(files: &Value) -> Value {
    json!({
        "source": {"kind": "http", "files": files},
        "into": "",
        "existing": "update",
        "permittedNetworks": ["127.0.0.1"],
    })
}

fn put(id: &str, order: &Value) -> Asked {
    ask("PUT", &format!("/imports/{id}")).json(&order.to_string())
}

fn showing(credential: SourceCredential) -> String {
    key().sign(&Ticket {
        credential: Some(credential),
        ..ticket("ada", Access::Write)
    })
}

async fn standing(place: &Place, id: &str) -> ImportStanding {
    let asked = ask("GET", &format!("/imports/{id}"));
    asked.of(place).await.read()
}

/// Waits until an import is over.
async fn over(place: &Place, id: &str) -> ImportStanding {
    until(place, id, |standing| standing.state.is_over()).await
}

async fn until(place: &Place, id: &str, is_so: impl Fn(&ImportStanding) -> bool) -> ImportStanding {
    for _ in 0..3_000 {
        let standing = standing(place, id).await;
        if is_so(&standing) {
            return standing;
        }
        assert!(!standing.state.is_over(), "{standing:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", standing(place, id).await);
}

/// Runs an import to its end.
pub(super) async fn imported(place: &Place, id: &str, order: &Value) -> ImportStanding {
    let begun: Answer = put(id, order).of(place).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    over(place, id).await
}

/// How many files were found, stored, left, and not stored.
fn counts(standing: &ImportStanding) -> [u64; 4] {
    let files = standing.progress.files;
    [files.found, files.stored, files.unchanged, files.failed]
}

#[track_caller]
fn assert_whole(standing: &ImportStanding, stored: u64) {
    assert_eq!(standing.state, ImportState::Succeeded, "{standing:?}");
    assert_eq!(counts(standing), [stored, stored, 0, 0], "{standing:?}");
    assert!(standing.progress.is_listed && standing.progress.current.is_empty());
}

/// The one problem of an import that failed.
#[track_caller]
fn only_problem(standing: &ImportStanding) -> &str {
    assert_eq!(standing.state, ImportState::Failed, "{standing:?}");
    match &standing.progress.problems[..] {
        [problem] => &problem.message,
        other => panic!("{other:?}"),
    }
}

/// Content that no other offset has.
pub(super) fn content(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) % 251).unwrap())
        .collect()
}

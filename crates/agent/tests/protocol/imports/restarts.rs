//! Agents that are stopped and started while they import.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::Response;
use domain::ImportState;
use serde_json::{Value, json};

use super::super::place::{Place, ask};
use super::source::{Source, endless, file};
use super::{content, counts, http_order, imported, put, quick, until};

const SIZE: usize = 4 << 20;

/// A source whose large file stalls in its middle until it may go on.
async fn stalling() -> (Source, Arc<AtomicBool>) {
    let may_go_on = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&may_go_on);
    let source = Source::answering(move |seen, _| match seen.path.as_str() {
        "/small" => file(seen, b"small", "\"s\"", None),
        _ if told.load(Ordering::SeqCst) => file(seen, &content(SIZE), "\"l\"", None),
        _ => Response::builder()
            .header("content-length", SIZE)
            .header("etag", "\"l\"")
            .body(endless(content(SIZE / 2)))
            .unwrap(),
    })
    .await;
    (source, may_go_on)
}

/// Stops an agent that imports. That is no failure of the import: its console is told to come again.
async fn stopped(place: &Place, order: &Value) {
    place.volume.stop();
    while ask("GET", "/imports/one").of(place).await.status == 200 {
        tokio::task::yield_now().await;
    }
    for asked in [
        ask("GET", "/imports/one"),
        put("one", order),
        put("two", order),
    ] {
        let answer = asked.of(place).await;
        assert_eq!(answer.problem().code, 503);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    while place.volume.is_importing() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn after_a_restart_an_import_goes_on_where_it_was() {
    let place = Place::with(quick());
    let (source, may_go_on) = stalling().await;
    let order = http_order(&json!([
        {"url": source.url("/small"), "path": "small"},
        {"url": source.url("/large"), "path": "a/large"},
    ]));
    assert_eq!(put("one", &order).of(&place).await.status, 200);
    until(&place, "one", |standing| {
        let progress = &standing.progress;
        progress.files.stored == 1 && progress.bytes.stored > (SIZE / 2) as u64
    })
    .await;
    stopped(&place, &order).await;
    may_go_on.store(true, Ordering::SeqCst);

    let place = place.restarted(quick());
    assert_eq!(ask("GET", "/imports/one").of(&place).await.status, 404);
    let standing = imported(&place, "two", &order).await;
    assert_eq!(standing.state, ImportState::Succeeded, "{standing:?}");
    assert_eq!(counts(&standing), [2, 1, 1, 0]);
    assert_eq!(place.read("a/large"), content(SIZE));
    let last = |path: &str| {
        let seen = source.seen();
        seen.iter().rfind(|seen| seen.path == path).unwrap().clone()
    };
    assert_eq!(last("/small").header("if-none-match"), Some("\"s\""));
    assert_eq!(last("/large").begin(), Some(SIZE / 2));
    assert!(place.staged().is_empty(), "{:?}", place.staged());
    let sums = ask("GET", "/manifest?format=b3sum").of(&place).await.text();
    assert!(
        sums.contains(&blake3::hash(&content(SIZE)).to_string()),
        "{sums}"
    );
}

#[tokio::test]
async fn an_import_that_a_restart_ended_can_be_given_up() {
    let place = Place::with(quick());
    let (source, _) = stalling().await;
    let order = http_order(&json!([{"url": source.url("/large")}]));
    assert_eq!(put("one", &order).of(&place).await.status, 200);
    until(&place, "one", |standing| {
        standing.progress.bytes.stored >= (SIZE / 2) as u64
    })
    .await;
    stopped(&place, &order).await;
    let place = place.restarted(quick());
    assert_eq!(ask("DELETE", "/imports/two").of(&place).await.status, 204);
    assert!(!place.staged().is_empty());
    assert_eq!(ask("DELETE", "/imports/one").of(&place).await.status, 204);
    assert!(place.staged().is_empty(), "{:?}", place.staged());
}

//! What becomes of files that are there, when an import runs, and runs again.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::super::place::Place;
use super::source::{Source, file};
use super::{counts, http_order, imported, only_problem, quick};

/// A source whose one file can be changed.
async fn changing() -> (Source, Arc<Mutex<(Vec<u8>, &'static str)>>) {
    let now = Arc::new(Mutex::new((b"one".to_vec(), "\"one\"")));
    let served = Arc::clone(&now);
    let source = Source::answering(move |seen, _| {
        let (content, tag) = served.lock().unwrap().clone();
        file(seen, &content, tag, None)
    })
    .await;
    (source, now)
}

#[tokio::test]
async fn what_did_not_change_is_not_fetched_again() {
    let place = Place::with(quick());
    let (source, now) = changing().await;
    for existing in ["update", "replace"] {
        let mut order = http_order(&json!([{"url": source.url("/f?signed=1"), "path": "f"}]));
        order["existing"] = json!(existing);
        *now.lock().unwrap() = (b"one".to_vec(), "\"one\"");
        drop(std::fs::remove_file(place.path("f")));
        assert_eq!(counts(&imported(&place, "a", &order).await), [1, 1, 0, 0]);
        // The address may be signed anew each time.
        order["source"]["files"][0]["url"] = json!(source.url("/f?signed=2"));
        assert_eq!(counts(&imported(&place, "b", &order).await), [1, 0, 1, 0]);
        let last = source.seen().pop().unwrap();
        assert_eq!(last.header("if-none-match"), Some("\"one\""));
        *now.lock().unwrap() = (b"another".to_vec(), "\"two\"");
        assert_eq!(counts(&imported(&place, "c", &order).await), [1, 1, 0, 0]);
        assert_eq!(place.read("f"), b"another");
    }
}

#[tokio::test]
async fn what_came_otherwise_or_was_changed_here_stays_unless_it_is_to_be_replaced() {
    let place = Place::with(quick());
    let (source, _) = changing().await;
    let order = |existing: &str| {
        let mut order = http_order(&json!([{"url": source.url("/f"), "path": "f"}]));
        order["existing"] = json!(existing);
        order
    };
    place.write("f", "mine");
    let standing = imported(&place, "a", &order("update")).await;
    assert!(
        only_problem(&standing).contains("left as it is"),
        "{standing:?}"
    );
    assert_eq!(
        counts(&imported(&place, "b", &order("skip")).await),
        [1, 0, 1, 0]
    );
    assert_eq!(source.count("/f"), 0);
    assert_eq!(place.read("f"), b"mine");
    assert_eq!(
        counts(&imported(&place, "c", &order("replace")).await),
        [1, 1, 0, 0]
    );
    assert_eq!(place.read("f"), b"one");
    place.write("f", "changed here");
    let standing = imported(&place, "d", &order("update")).await;
    assert!(
        only_problem(&standing).contains("left as it is"),
        "{standing:?}"
    );
    assert_eq!(place.read("f"), b"changed here");
    std::fs::remove_file(place.path("f")).unwrap();
    place.write("f/inner", "a folder is in the way");
    for existing in ["update", "skip", "replace"] {
        let standing = imported(&place, "e", &order(existing)).await;
        assert!(
            only_problem(&standing).contains("is a folder here"),
            "{standing:?}"
        );
    }
}

//! Sources that cut, change, stall and refuse.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use domain::ImportState;
use http::StatusCode;
use serde_json::json;

use agent::Limits;

use super::super::place::{Place, ask};
use super::source::{Source, endless, file};
use super::{assert_whole, content, counts, http_order, imported, only_problem, put, quick, until};

const SIZE: usize = 5 << 20;

#[tokio::test]
async fn a_cut_file_is_gone_on_with_where_it_was() {
    for size in [500_000, SIZE] {
        let place = Place::with(quick());
        let whole = content(size);
        let served = whole.clone();
        let source = Source::answering(move |seen, before| {
            file(seen, &served, "\"one\"", (before < 4).then_some(size / 8))
        })
        .await;
        let order = http_order(&json!([{"url": source.url("/f")}]));
        assert_whole(&imported(&place, "one", &order).await, 1);
        assert_eq!(place.read("f"), whole);
        let begins: Vec<_> = source
            .seen()
            .iter()
            .map(super::source::Seen::begin)
            .collect();
        assert_eq!(begins[0], None);
        assert!(
            begins[1..].is_sorted() && begins[1..].iter().all(Option::is_some),
            "{begins:?}"
        );
        assert_eq!(source.seen()[1].header("if-range"), Some("\"one\""));
        assert!(place.staged().is_empty());
    }
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_fetched_begins_anew() {
    let place = Place::with(quick());
    let (old, new) = (content(SIZE), vec![7; SIZE]);
    let served = new.clone();
    let source = Source::answering(move |seen, before| match before {
        0 => file(seen, &old, "\"old\"", Some(SIZE / 2)),
        // One that does not know the condition: its tag tells.
        1 => {
            let mut answer = file(seen, &served, "\"old\"", None);
            answer
                .headers_mut()
                .insert("etag", "\"new\"".parse().unwrap());
            answer
        }
        2 => file(seen, &served, "\"new\"", Some(SIZE / 2)),
        // One that does: it sends all of it.
        _ => file(seen, &served, "\"newest\"", None),
    })
    .await;
    let order = http_order(&json!([{"url": source.url("/f")}]));
    let standing = imported(&place, "one", &order).await;
    assert_whole(&standing, 1);
    assert_eq!(standing.progress.bytes.stored, SIZE as u64);
    assert_eq!(place.read("f"), new);
    assert!(place.staged().is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_short_is_never_a_file() {
    for size in [1000, SIZE] {
        let place = Place::with(quick());
        let source = Source::answering(move |seen, _| {
            file(seen, &content(size), "W/\"weak\"", Some(size - 1))
        })
        .await;
        let order = http_order(&json!([{"url": source.url("/f")}]));
        let standing = imported(&place, "one", &order).await;
        assert!(
            only_problem(&standing).contains("tried 5 times"),
            "{standing:?}"
        );
        assert_eq!(source.count("/f"), 5);
        // Without a strong tag nothing is put together of two answers.
        assert!(source.seen().iter().all(|seen| seen.begin().is_none()));
        assert_eq!(standing.progress.bytes.stored, 0);
        assert!(!place.has("f"));
        assert!(place.staged().is_empty(), "{:?}", place.staged());
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_lasts_is_told() {
    let place = Place::with(quick());
    let source = Source::answering(|seen, before| match (seen.path.as_str(), before) {
        ("/busy", 0) => {
            let later = [("retry-after", "0")];
            (StatusCode::TOO_MANY_REQUESTS, later).into_response()
        }
        ("/busy", 1) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        ("/busy", _) => file(seen, b"at last", "\"x\"", None),
        ("/gone", _) => StatusCode::NOT_FOUND.into_response(),
        ("/private", _) => StatusCode::FORBIDDEN.into_response(),
        ("/odd", _) => StatusCode::IM_A_TEAPOT.into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
    .await;
    let names = ["/busy", "/gone", "/private", "/odd", "/broken"];
    let order = http_order(&names.map(|name| json!({"url": source.url(name)})).into());
    let standing = imported(&place, "one", &order).await;
    assert_eq!(counts(&standing), [5, 1, 0, 4]);
    assert_eq!(place.read("busy"), b"at last");
    let asked = names.map(|name| source.count(name));
    assert_eq!(asked, [3, 1, 1, 1, 5]);
    let problems = &standing.progress.problems;
    for (name, status) in [
        ("gone", "404"),
        ("private", "403"),
        ("odd", "418"),
        ("broken", "500"),
    ] {
        let told = problems.iter().find(|problem| problem.path.ends_with(name));
        assert!(told.unwrap().message.contains(status), "{problems:?}");
    }
}

#[tokio::test]
async fn a_source_that_falls_silent_is_not_waited_for_long() {
    let place = Place::with(Limits {
        idle_timeout: Duration::from_millis(50),
        ..quick()
    });
    let source = Source::answering(|_, _| {
        Response::builder()
            .header("content-length", SIZE)
            .body(endless(vec![0; 1000]))
            .unwrap()
    })
    .await;
    let order = http_order(&json!([{"url": source.url("/f")}]));
    let standing = imported(&place, "one", &order).await;
    assert!(only_problem(&standing).contains("silent"), "{standing:?}");
    assert!(!place.has("f") && place.staged().is_empty());
}

#[tokio::test]
async fn a_canceled_import_leaves_what_is_stored_and_nothing_staged() {
    let place = Place::with(quick());
    let source = Source::answering(|seen, _| match seen.path.as_str() {
        "/whole" => file(seen, b"whole", "\"w\"", None),
        _ => Response::builder()
            .header("content-length", SIZE)
            .header("etag", "\"x\"")
            .body(endless(content(SIZE / 2)))
            .unwrap(),
    })
    .await;
    let order = http_order(&json!([{"url": source.url("/whole")}, {"url": source.url("/f")}]));
    assert_eq!(put("one", &order).of(&place).await.status, 200);
    let standing = until(&place, "one", |standing| {
        standing.progress.files.stored == 1 && standing.progress.bytes.stored > 1_000_000
    })
    .await;
    assert_eq!(standing.state, ImportState::Running);
    assert_eq!(standing.progress.current.len(), 1);
    assert!(place.volume.is_importing() && !place.staged().is_empty());
    for _ in 0..2 {
        let answer = ask("DELETE", "/imports/one").of(&place).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
    let standing = super::standing(&place, "one").await;
    assert_eq!(standing.state, ImportState::Canceled);
    assert_eq!(place.read("whole"), b"whole");
    assert!(!place.has("f") && !place.volume.is_importing());
    assert!(place.staged().is_empty(), "{:?}", place.staged());
    let unknown = ask("DELETE", "/imports/two").of(&place).await;
    assert_eq!(unknown.status, 204);
}

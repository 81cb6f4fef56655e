//! Repositories of Hugging Face, as their hub speaks: the real one is not asked by tests.

use axum::Json;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use agent::{Credential, SourceCredential};

use super::super::place::Place;
use super::source::{Seen, Source, file};
use super::{assert_whole, content, counts, imported, over, put, quick, showing};

const LARGE: usize = 3 << 20;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

/// What the list says of a file that Git holds.
fn small(path: &str, content: &[u8]) -> Value {
    let mut hasher = Sha1::new_with_prefix(format!("blob {}\0", content.len()));
    hasher.update(content);
    let oid = hex(hasher.finalize());
    json!({"type": "file", "path": path, "size": content.len(), "oid": oid})
}

/// What it says of a large one.
fn large(path: &str, content: &[u8]) -> Value {
    let oid = hex(Sha256::digest(content));
    json!({
        "type": "file",
        "path": path,
        "size": content.len(),
        "oid": "0".repeat(40),
        "lfs": {"oid": oid, "size": content.len(), "pointerSize": 130},
    })
}

/// The host that the bytes of large files come from.
async fn store() -> Source {
    Source::answering(|seen, _| {
        assert!(seen.header("authorization").is_none());
        file(seen, &content(LARGE), "\"store\"", None)
    })
    .await
}

/// A hub with one dataset, which is shown to those who have the token. Its list has two pages.
fn hub(seen: &Seen, store: &str) -> Response {
    if seen.header("authorization") != Some("Bearer hush") {
        let told = [(
            "x-error-message",
            "Access to dataset ada/data is restricted.",
        )];
        return (StatusCode::UNAUTHORIZED, told).into_response();
    }
    let host = seen.header("host").unwrap();
    match seen.path.as_str() {
        "/api/datasets/ada/data/tree/main?recursive=true" => {
            let next = format!(
                "<http://{host}/api/datasets/ada/data/tree/main?recursive=true&cursor=2>; rel=\"next\""
            );
            let page = json!([
                {"type": "directory", "path": "data", "oid": "x", "size": 0},
                small("README.md", b"# Data"),
                small("data/a b.csv", b"a,b"),
            ]);
            ([("link", next)], Json(page)).into_response()
        }
        "/api/datasets/ada/data/tree/main?recursive=true&cursor=2" => Json(json!([
            large("data/large.parquet", &content(LARGE)),
            small("../out", b"evil"),
            small("data/changed", b"as it was"),
        ]))
        .into_response(),
        "/datasets/ada/data/resolve/main/README.md" => file(seen, b"# Data", "\"r\"", None),
        "/datasets/ada/data/resolve/main/data/a%20b.csv" => file(seen, b"a,b", "\"a\"", None),
        "/datasets/ada/data/resolve/main/data/changed" => file(seen, b"as it is!", "\"c\"", None),
        "/datasets/ada/data/resolve/main/data/large.parquet" => {
            Redirect::temporary(&format!("{store}/large?signed=1")).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn order(hub: &Source, repository: &str) -> Value {
    json!({
        "source": {
            "kind": "huggingFace",
            "endpoint": hub.origin(),
            "repositoryType": "dataset",
            "repository": repository,
            "revision": "main",
        },
        "into": "hub",
        "permittedNetworks": ["127.0.0.1"],
    })
}

#[tokio::test]
async fn a_repository_comes_whole_and_only_what_is_right_of_it() {
    let place = Place::with(quick());
    let store = store().await;
    let address = store.origin();
    let hub = Source::answering(move |seen, _| hub(seen, &address)).await;
    let order = order(&hub, "ada/data");
    let ticket = showing(SourceCredential {
        credential: Credential::Bearer {
            token: "hush".to_owned(),
        },
        origins: vec![hub.origin()],
    });
    let begun = put("one", &order).under(&ticket).of(&place).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let standing = over(&place, "one").await;
    assert_eq!(counts(&standing), [5, 3, 0, 2], "{standing:?}");
    for (path, reason) in [("../out", "not the name"), ("data/changed", "Git SHA-1")] {
        let told = standing
            .progress
            .problems
            .iter()
            .find(|told| told.path == path);
        assert!(told.unwrap().message.contains(reason), "{standing:?}");
    }
    assert_eq!(place.read("hub/README.md"), b"# Data");
    assert_eq!(place.read("hub/data/a b.csv"), b"a,b");
    assert_eq!(place.read("hub/data/large.parquet"), content(LARGE));
    assert!(!place.has("hub/data/changed") && !place.has("out"));
    assert!(place.staged().is_empty(), "{:?}", place.staged());

    let before = (hub.seen().len(), store.seen().len());
    put("two", &order).under(&ticket).of(&place).await;
    let standing = over(&place, "two").await;
    assert_eq!(counts(&standing), [5, 0, 3, 2], "{standing:?}");
    // The list, and the one that is wrong.
    assert_eq!(
        (hub.seen().len(), store.seen().len()),
        (before.0 + 3, before.1)
    );
}

#[tokio::test]
async fn a_repository_that_is_not_open_says_so() {
    let place = Place::with(quick());
    let hub = Source::answering(|seen, _| hub(seen, "")).await;
    let standing = imported(&place, "one", &order(&hub, "ada/data")).await;
    let message = &standing.progress.message;
    assert!(
        message.contains("401 (Access to dataset ada/data is restricted.)"),
        "{message}"
    );
    assert_eq!(counts(&standing), [0; 4]);
    assert!(!standing.progress.is_listed);
}

#[tokio::test]
async fn a_list_of_a_repository_stays_at_its_host_and_is_readable() {
    let place = Place::with(quick());
    for (link, page, reason) in [
        (
            "<http://127.0.0.2/x>; rel=\"next\"",
            "[]",
            "at another host",
        ),
        ("", "{", "cannot be read"),
    ] {
        let hub = Source::answering(move |_, _| ([("link", link)], page).into_response()).await;
        let standing = imported(&place, "one", &order(&hub, "ada/data")).await;
        assert!(standing.progress.message.contains(reason), "{standing:?}");
    }
}

#[tokio::test]
async fn a_folder_of_a_model_comes_without_the_folder() {
    let place = Place::with(quick());
    let hub = Source::answering(|seen, _| match seen.path.as_str() {
        "/api/models/gpt2/tree/v%2F1/onnx?recursive=true" => {
            Json(json!([small("onnx/a/model.json", b"{}")])).into_response()
        }
        "/gpt2/resolve/v%2F1/onnx/a/model.json" => file(seen, b"{}", "\"m\"", None),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await;
    let mut order = order(&hub, "gpt2");
    order["source"]["repositoryType"] = json!("model");
    order["source"]["revision"] = json!("v/1");
    order["source"]["prefix"] = json!("onnx");
    assert_whole(&imported(&place, "one", &order).await, 1);
    assert_eq!(place.read("hub/a/model.json"), b"{}");
    order["source"]["revision"] = json!("none");
    let standing = imported(&place, "one", &order).await;
    assert!(standing.progress.message.contains("404"), "{standing:?}");
    assert!(standing.progress.problems.is_empty());
}

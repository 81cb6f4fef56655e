//! Files over HTTP: how they are named, checked and stored.

use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ImportState;
use serde_json::json;

use agent::{Credential, SourceCredential};

use super::super::place::{Place, ask};
use super::source::{Source, file};
use super::{
    assert_whole, content, counts, http_order, imported, only_problem, over, put, quick, showing,
};

#[tokio::test]
async fn files_come_under_the_names_that_they_are_given() {
    let place = Place::with(quick());
    let large = content(3 << 20);
    let served = large.clone();
    let source = Source::answering(move |seen, _| match seen.path.as_str() {
        "/b%20c.csv?key=1" => file(seen, b"b", "\"b\"", None),
        "/named" => {
            let mut answer = file(seen, b"named", "\"n\"", None);
            let name = "attachment; filename*=UTF-8''%E6%95%B0.csv"
                .parse()
                .unwrap();
            answer.headers_mut().insert("content-disposition", name);
            answer
        }
        "/empty" => file(seen, b"", "\"e\"", None),
        _ => file(seen, &served, "\"large\"", None),
    })
    .await;
    let mut order = http_order(&json!([
        {"url": source.url("/b%20c.csv?key=1")},
        {"url": source.url("/named")},
        {"url": source.url("/x"), "path": "deep/er/large.bin"},
        {"url": source.url("/empty")},
    ]));
    order["into"] = json!("from/there");
    let standing = imported(&place, "one", &order).await;
    assert_whole(&standing, 4);
    let size = 3 * (1 << 20) + 6;
    assert_eq!(standing.progress.bytes.found, Some(size));
    assert_eq!(standing.progress.bytes.stored, size);
    assert_eq!(place.read("from/there/b c.csv"), b"b");
    assert_eq!(place.read("from/there/数.csv"), b"named");
    assert_eq!(place.read("from/there/deep/er/large.bin"), large);
    assert_eq!(place.read("from/there/empty"), b"");
    let changed = std::fs::metadata(place.path("from/there/deep/er/large.bin")).unwrap();
    let since = changed
        .modified()
        .unwrap()
        .duration_since(std::time::UNIX_EPOCH);
    assert_eq!(since.unwrap().as_secs(), 784_111_777);
    assert!(place.staged().is_empty(), "{:?}", place.staged());
    let sums = ask("GET", "/manifest?format=b3sum").of(&place).await.text();
    assert_eq!(sums.lines().count(), 4, "{sums}");
    assert!(sums.contains(&format!(
        "{}  from/there/deep/er/large.bin",
        blake3::hash(&large)
    )));
    let figures = place.volume.figures();
    assert_eq!(
        (figures.imported_files(), figures.imported_bytes()),
        (4, size)
    );
    assert_eq!(figures.running_imports(), 0);
}

#[tokio::test]
async fn a_file_must_have_the_hash_that_was_ordered() {
    let place = Place::with(quick());
    let large = content(2 << 20);
    let source = Source::of(&[("/small", b"123456789"), ("/large", &large)]).await;
    let right = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
    let order = http_order(&json!([
        {"url": source.url("/small"), "path": "right", "sha256": right.to_uppercase()},
        {"url": source.url("/small"), "path": "wrong", "sha256": right.replace('1', "2")},
        {"url": source.url("/large"), "path": "wrong, too", "sha256": right},
    ]));
    let standing = imported(&place, "one", &order).await;
    assert_eq!(standing.state, ImportState::Failed);
    assert_eq!(
        standing.progress.message,
        "2 of 3 files could not be imported."
    );
    assert_eq!(counts(&standing), [3, 1, 0, 2]);
    assert!(standing.progress.problems[0].message.contains("SHA-256"));
    assert_eq!(standing.progress.bytes.stored, 9);
    assert!(place.has("right") && !place.has("wrong") && !place.has("wrong, too"));
    assert!(place.staged().is_empty(), "{:?}", place.staged());
}

#[tokio::test]
async fn a_credential_is_shown_to_its_origin_and_not_where_that_redirects_to() {
    let place = Place::with(quick());
    let store = Source::of(&[("/kept?signed=1", b"content")]).await;
    let kept = store.url("/kept?signed=1");
    let source = Source::answering(move |seen, _| match seen.header("authorization") {
        Some(_) if seen.path == "/one" => Redirect::temporary("/two").into_response(),
        Some(_) => Redirect::temporary(&kept).into_response(),
        None => http::StatusCode::UNAUTHORIZED.into_response(),
    })
    .await;
    let order = http_order(&json!([{"url": source.url("/one")}]));
    let bearer = Credential::Bearer {
        token: "hush".to_owned(),
    };
    let basic = Credential::Basic {
        user: "ada".to_owned(),
        password: "hush".to_owned(),
    };
    let sent = [
        "Bearer hush".to_owned(),
        format!("Basic {}", STANDARD.encode("ada:hush")),
    ];
    for (credential, sent) in [bearer, basic].into_iter().zip(sent) {
        let shown = SourceCredential {
            credential,
            origins: vec![source.origin()],
        };
        let mut again = order.clone();
        again["existing"] = json!("replace");
        let begun = put("one", &again).under(&showing(shown)).of(&place).await;
        assert_eq!(begun.status, 200, "{}", begun.text());
        let standing = over(&place, "one").await;
        assert_eq!(standing.state, ImportState::Succeeded, "{standing:?}");
        assert!(!begun.text().contains("hush"));
        let asked = source.seen();
        assert_eq!(asked.last().unwrap().header("authorization"), Some(&*sent));
    }
    assert!(
        store
            .seen()
            .iter()
            .all(|seen| seen.header("authorization").is_none())
    );
    assert_eq!(place.read("one"), b"content");
    let noted = std::fs::read_to_string(place.path(".stowage/imports")).unwrap();
    assert!(
        !noted.contains("hush") && !noted.contains("signed"),
        "{noted}"
    );
    let anonymous = imported(&Place::with(quick()), "one", &order).await;
    assert!(only_problem(&anonymous).contains("401"), "{anonymous:?}");
}

#[tokio::test]
async fn two_files_of_one_path_are_one_file_and_a_problem() {
    let place = Place::with(quick());
    let source = Source::of(&[("/a/x", b"first"), ("/b/x", b"second")]).await;
    let order = http_order(&json!([{"url": source.url("/a/x")}, {"url": source.url("/b/x")}]));
    let standing = imported(&place, "one", &order).await;
    assert_eq!(counts(&standing), [2, 1, 0, 1]);
    assert!(only_problem(&standing).contains("same path"));
    assert!(place.has("x"));
}

#[tokio::test]
async fn a_body_without_a_length_is_taken_when_its_end_can_be_told() {
    let place = Place::with(quick());
    let large = content(2 << 20);
    let served = large.clone();
    let source = Source::answering(move |_, _| {
        let pieces = served.chunks(100_000).map(|piece| Ok(piece.to_vec()));
        let pieces: Vec<Result<_, std::io::Error>> = pieces.collect();
        Response::new(axum::body::Body::from_stream(futures::stream::iter(pieces)))
    })
    .await;
    let order = http_order(&json!([{"url": source.url("/large")}]));
    let standing = imported(&place, "one", &order).await;
    assert_whole(&standing, 1);
    assert_eq!(standing.progress.bytes.found, Some(2 << 20));
    assert_eq!(place.read("large"), large);
}

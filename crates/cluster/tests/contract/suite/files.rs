//! The data path: the files of one claim, by its UID, with the rights of one visit.

use axum::body::Body;
use cluster::{ClaimKey, DataPath, Error, Visit};
use domain::VolumePath;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::harness::{Harness, filled_claim};

/// Somebody who may read, and write if said so.
fn visit(may_write: bool) -> Visit {
    Visit {
        subject: "ada".to_owned(),
        may_write,
        may_wait: true,
        credential: None,
        folders: vec![VolumePath::root()],
    }
}

async fn enter(harness: &dyn Harness, claim: &ClaimKey, may_write: bool) -> DataPath {
    harness
        .cluster()
        .data_path(claim, &visit(may_write))
        .await
        .unwrap()
}

async fn ask(path: &DataPath, method: Method, address: &str, body: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header("content-type", "application/json")
        .header("stowage-ticket", "one of my own")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = path.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) async fn files_are_read_through_the_data_path(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    let path = enter(harness, &claim, false).await;
    let (status, listing) = ask(&path, Method::GET, "/files?path=", "").await;
    assert_eq!(status, StatusCode::OK, "{listing}");
    assert!(listing.contains("labels.csv"), "{listing}");
    assert!(
        !listing.contains("claim.json") && !listing.contains(".stowage"),
        "{listing}"
    );
    let (status, content) = ask(&path, Method::GET, "/files/content?path=labels.csv", "").await;
    assert_eq!((status, content.as_str()), (StatusCode::OK, "cat,1"));
    let (status, content) = ask(
        &path,
        Method::GET,
        "/files/content?path=.stowage/claim.json",
        "",
    )
    .await;
    assert_ne!(status, StatusCode::OK, "{content}");
}

pub(crate) async fn a_claim_made_anew_is_not_found_by_the_old_uid(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    enter(harness, &claim, false).await;
    harness.delete_claim("vision", &claim.name).await;
    let lost = harness.cluster().data_path(&claim, &visit(false)).await;
    assert!(matches!(lost, Err(Error::NotFound(_))));
    harness
        .make_claim("vision", &claim.name, "secret.txt", "secret")
        .await;
    let another = harness.cluster().data_path(&claim, &visit(false)).await;
    assert!(matches!(another, Err(Error::NotFound(_))));
}

pub(crate) async fn what_may_only_be_read_is_not_changed(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    let folder = r#"{"path": "new"}"#;
    let (status, _) = ask(
        &enter(harness, &claim, false).await,
        Method::POST,
        "/files/folder",
        folder,
    )
    .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, text) = ask(
        &enter(harness, &claim, true).await,
        Method::POST,
        "/files/folder",
        folder,
    )
    .await;
    assert!(status.is_success(), "{status} {text}");
}

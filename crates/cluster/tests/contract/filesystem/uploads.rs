//! Unfinished uploads outlive closed volumes, and not the limits of the agent.

use axum::body::Body;
use cluster::{ClaimKey, Cluster, Visit};
use domain::VolumePath;
use http::{Method, Request, Response};
use jiff::SignedDuration;
use tower::ServiceExt;

use super::folders::Folders;
use crate::harness::{filled_claim, key, new_claim, volume};

/// One tus request with more headers, by somebody who may write.
async fn tus(
    folders: &Folders,
    claim: &ClaimKey,
    method: Method,
    address: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Response<Body> {
    let visit = Visit {
        subject: "ada".to_owned(),
        may_write: true,
        may_wait: true,
        credential: None,
        folders: vec![VolumePath::root()],
    };
    let path = folders.cluster.data_path(claim, &visit).await.unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .header("tus-resumable", "1.0.0");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    path.oneshot(request.body(Body::from(body)).unwrap())
        .await
        .unwrap()
}

/// Begins an upload of ten bytes to `a.txt`, sends five of them, and answers its address.
async fn half_an_upload(folders: &Folders, claim: &ClaimKey) -> String {
    let headers = [
        ("upload-length", "10"),
        ("upload-metadata", "relativePath YS50eHQ="),
    ];
    let made = tus(folders, claim, Method::POST, "/uploads", &headers, "").await;
    assert_eq!(made.status(), 201);
    let location = made.headers()["location"].to_str().unwrap();
    let (_, id) = location.rsplit_once('/').unwrap();
    let address = format!("/uploads/{id}");
    let sent = send(folders, claim, &address, "0", "hello").await;
    assert_eq!(sent.status(), 204);
    address
}

async fn send(
    folders: &Folders,
    claim: &ClaimKey,
    address: &str,
    offset: &str,
    body: &'static str,
) -> Response<Body> {
    let headers = [
        ("upload-offset", offset),
        ("content-type", "application/offset+octet-stream"),
    ];
    tus(folders, claim, Method::PATCH, address, &headers, body).await
}

#[tokio::test]
async fn an_upload_goes_on_after_its_volume_was_closed() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let address = half_an_upload(&folders, &claim).await;

    // More volumes than are kept open, and a long silence.
    for number in 2..80 {
        let order = new_claim(volume(number), &format!("v{number}"), "vision", "standard");
        let state = folders.cluster.ensure_claim(&order).await.unwrap();
        let other = key(&order, &state);
        tus(&folders, &other, Method::OPTIONS, "/uploads", &[], "").await;
    }
    folders.clock.advance(SignedDuration::from_hours(1));

    let asked = tus(&folders, &claim, Method::HEAD, &address, &[], "").await;
    assert_eq!(asked.headers()["upload-offset"], "5");
    assert_eq!(
        send(&folders, &claim, &address, "5", "world")
            .await
            .status(),
        204
    );
    let stored = std::fs::read_to_string(folders.path("vision", "imagenet/a.txt")).unwrap();
    assert_eq!(stored, "helloworld");
}

#[tokio::test]
async fn an_upload_that_nobody_went_on_with_is_given_up() {
    for folders in [Folders::with_links(), Folders::with_a_class_elsewhere()] {
        let claim = filled_claim(&folders, "imagenet").await;
        let address = half_an_upload(&folders, &claim).await;
        folders.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(folders.cluster.sweep().await.unwrap(), 0);

        folders.clock.advance(SignedDuration::from_hours(8 * 24));
        assert_eq!(folders.cluster.sweep().await.unwrap(), 1);
        assert_eq!(folders.cluster.sweep().await.unwrap(), 0);
        let asked = tus(&folders, &claim, Method::HEAD, &address, &[], "").await;
        assert!(asked.status().is_client_error(), "{}", asked.status());
    }
}

//! A right that ends in the middle of what it was for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use authz::CallerNow;
use axum::Extension;
use axum::body::{Body, Bytes};
use domain::Role;
use futures::stream::{self, StreamExt as _};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use crate::fixture::Console;

/// How long a transfer may go on without a right to it.
const WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_upload_ends_within_seconds_of_the_right_to_it() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let id = console.volume(&ada, "imagenet", "images").await?;
    let uploads = format!("/api/v1/datavolumes/{id}/uploads");
    let request = Request::post(&uploads)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", 1 << 20)
        .header("upload-metadata", "filename YS5iaW4=")
        .body(Body::empty())?;
    let begun = console.raw(Some(&ada), request).await?;
    assert_eq!(begun.status, StatusCode::CREATED);

    let is_over = Arc::new(AtomicBool::new(false));
    let now = {
        let (ada, is_over) = (ada.clone(), is_over.clone());
        CallerNow::new(move || {
            let found = (!is_over.load(Ordering::SeqCst)).then(|| ada.clone());
            async move { Ok(found) }
        })
    };
    // Some bytes arrive, and no more: the sender is slow.
    let first = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(&[7; 1000])) });
    let send = Request::patch(begun.headers["location"].to_str()?)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream")
        .body(Body::from_stream(first.chain(stream::pending())))?;
    let router = console.router().layer(Extension(ada)).layer(Extension(now));
    let sending = tokio::spawn(router.oneshot(send));
    is_over.store(true, Ordering::SeqCst);
    let answer = tokio::time::timeout(WITHIN, sending).await;
    let answer = answer.context("the upload goes on without a right to it")???;
    assert!(!answer.status().is_success(), "{}", answer.status());
    Ok(())
}

//! The document itself.

use anyhow::Result;
use axum::body::Body;
use http::Request;

use crate::fixture::Console;

#[test]
fn the_document_that_is_checked_in_is_the_one_that_is_served() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let served = api::document().to_pretty_json()?;
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in.trim_end() == served,
        "docs/openapi.json is not what the handlers say: run `cargo xtask openapi`"
    );
    Ok(())
}

#[tokio::test]
async fn whoever_comes_may_read_what_the_api_is() -> Result<()> {
    let console = Console::start().await?;
    for (address, start) in [
        ("/api/v1/openapi.json", "{\"openapi\":\"3.1"),
        ("/api/docs", "<!doctype html>"),
        ("/api/docs.css", ":root"),
    ] {
        let request = Request::get(address).body(Body::empty())?;
        let answer = console.raw(None, request).await?;
        assert_eq!(answer.status, 200, "{address}");
        assert!(answer.bytes.starts_with(start.as_bytes()), "{address}");
    }
    Ok(())
}

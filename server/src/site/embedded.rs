//! Files inside the binary.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};
use leptos::config::LeptosOptions;
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "$STOWAGE_SITE/pkg"]
struct Files;

/// How the files are called: a hash of each, as the build wrote it.
const HASHES: &str = include_str!(concat!(env!("STOWAGE_SITE"), "/hash.txt"));

/// Where Leptos finds the names. It reads them from a file, so they are put into the data folder.
pub(super) fn options(data: &Path) -> anyhow::Result<LeptosOptions> {
    let hashes = std::path::absolute(data.join("site-hashes.txt"))?;
    std::fs::write(&hashes, HASHES).with_context(|| format!("writing {}", hashes.display()))?;
    Ok(LeptosOptions::builder()
        .output_name("stowage")
        .site_pkg_dir("pkg")
        .hash_files(true)
        .hash_file(Arc::from(hashes.to_string_lossy()))
        .build())
}

/// The file of that name, in the smallest form that the browser takes.
pub(super) async fn file(uri: Uri, headers: HeaderMap) -> Response {
    let name = uri.path().trim_start_matches('/');
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let takes = |coding: &str| {
        accepted
            .split(',')
            .any(|one| one.split(';').next().unwrap_or("").trim() == coding)
    };
    let found = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(coding, _)| takes(coding))
        .find_map(|(coding, ending)| {
            Files::get(&format!("{name}{ending}")).map(|file| (Some(coding), file))
        })
        .or_else(|| Files::get(name).map(|file| (None, file)));
    let Some((coding, file)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = file.data.into_response();
    let kept = response.headers_mut();
    kept.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type(name)),
    );
    kept.insert(
        header::VARY,
        header::HeaderValue::from_static("accept-encoding"),
    );
    if let Some(coding) = coding {
        kept.insert(
            header::CONTENT_ENCODING,
            header::HeaderValue::from_static(coding),
        );
    }
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("wasm") => "application/wasm",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "application/octet-stream",
    }
}

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

/// The folder of the files, on disk and in addresses.
const PACKAGE: &str = "pkg";

/// How the files are called: a hash of each, as the build wrote it.
const HASHES: &str = include_str!(concat!(env!("STOWAGE_SITE"), "/hash.txt"));

/// What Leptos calls the list of the parts that a page needs besides the first.
const MANIFEST: &str = "__wasm_split_manifest";

/// Where Leptos finds the names and the parts of each page. It reads them from files, so they are put into
/// the data folder.
pub(super) fn options(data: &Path) -> anyhow::Result<LeptosOptions> {
    let site = std::path::absolute(data.join("site"))?;
    let package = site.join(PACKAGE);
    std::fs::create_dir_all(&package)
        .with_context(|| format!("making the folder {}", package.display()))?;
    let put = |path: &Path, content: &[u8]| {
        std::fs::write(path, content).with_context(|| format!("writing {}", path.display()))
    };
    let hashes = site.join("hash.txt");
    put(&hashes, HASHES.as_bytes())?;
    for name in Files::iter().filter(|name| name.starts_with(MANIFEST) && name.ends_with(".json")) {
        if let Some(manifest) = Files::get(&name) {
            put(&package.join(name.as_ref()), &manifest.data)?;
        }
    }
    Ok(LeptosOptions::builder()
        .output_name("stowage")
        .site_root(site.to_string_lossy())
        .site_pkg_dir(PACKAGE)
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

//! One file and its hashes, and the manifest of all of them.

use std::collections::BTreeMap;
use std::io;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::VolumePath;
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use rustix::fs::OFlags;
use serde::Deserialize;
use wire::FileDetails;

use crate::beneath;
use crate::error::Result;
use crate::manifest::{self, Entry};
use crate::volume::Volume;

/// How many lines are sent in one piece.
const LINES: usize = 1000;

/// How the manifest is written.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// One JSON object a line.
    #[default]
    Json,
    /// What `sha256sum --check` reads.
    Sha256sum,
    /// What `b3sum --check` reads.
    B3sum,
}

/// What is known of one file.
pub(super) fn view(volume: &Volume, path: VolumePath) -> Result<FileDetails> {
    let (_, stat) = beneath::open_file(volume.root(), beneath::text(&path), OFlags::RDONLY)?;
    let stored = manifest::find(volume, &path)?.map(|entry| entry.view(&stat));
    Ok(FileDetails {
        path,
        size_bytes: domain::Bytes(u64::try_from(stat.st_size).unwrap_or(0)),
        modified_at: beneath::modified_at(&stat),
        stored,
    })
}

/// All lines as a file to be saved.
pub(super) fn manifest(entries: BTreeMap<String, Entry>, format: Format) -> Response {
    let (kind, name) = match format {
        Format::Json => ("application/x-ndjson", "manifest.jsonl"),
        Format::Sha256sum => ("text/plain; charset=utf-8", "SHA256SUMS"),
        Format::B3sum => ("text/plain; charset=utf-8", "B3SUMS"),
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let pieces = stream::unfold(entries.into_values(), move |mut entries| async move {
        let mut text = String::new();
        for entry in entries.by_ref().take(LINES) {
            text.push_str(&line(&entry, format));
            text.push('\n');
        }
        (!text.is_empty()).then(|| (Ok::<_, io::Error>(Bytes::from(text)), entries))
    });
    (headers, Body::from_stream(pieces)).into_response()
}

fn line(entry: &Entry, format: Format) -> String {
    match format {
        // An entry has nothing in it that JSON could not say.
        Format::Json => serde_json::to_string(entry).unwrap_or_default(),
        Format::Sha256sum => format!("{}  {}", entry.sha256, entry.path),
        Format::B3sum => format!("{}  {}", entry.blake3, entry.path),
    }
}

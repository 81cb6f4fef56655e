//! Looking at a volume and changing it by hand: folders, downloads, previews, names, usage.
//!
//! Each handler reads the request, does its work on a thread that may block, and answers.

mod change;
mod content;
mod details;
mod folder;
mod image;
mod json;
mod preview;
mod range;
mod usage;

pub(crate) use usage::each_file;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::VolumePath;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wire::{NewFolder, RenameFile};

use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;

/// Two paths of the greatest length, written as JSON escapes.
const MOST_JSON_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathQuery {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FolderQuery {
    #[serde(default)]
    path: String,
    #[serde(default)]
    offset: u64,
    #[serde(default = "usual_limit")]
    limit: usize,
}

const fn usual_limit() -> usize {
    500
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestQuery {
    #[serde(default)]
    format: details::Format,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentQuery {
    path: String,
    #[serde(default)]
    inline: u8,
}

fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T> {
    match Query::try_from_uri(uri) {
        Ok(Query(query)) => Ok(query),
        Err(error) => Err(Error::invalid(
            "query",
            format!("The address cannot be read: {}.", error.body_text()),
        )),
    }
}

async fn json<T: DeserializeOwned>(request: Request) -> Result<T> {
    const TYPE: &str = "application/json";
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if content_type
        .and_then(|value| value.split(';').next())
        .is_none_or(|value| value.trim() != TYPE)
    {
        return Err(Error::WrongContentType(TYPE));
    }
    let body = Limited::new(request.into_body(), MOST_JSON_BYTES)
        .collect()
        .await;
    let body: Bytes = body
        .map_err(|_| Error::TooLarge("The body is too long.".to_owned()))?
        .to_bytes();
    serde_json::from_slice(&body)
        .map_err(|error| Error::invalid("body", format!("The body cannot be read: {error}.")))
}

fn answer(value: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], value).into_response()
}

/// One folder, or a page of it; of a folder on the way, the way.
pub(crate) async fn list_folder(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    uri: Uri,
) -> Result<Response> {
    let FolderQuery {
        path,
        offset,
        limit,
    } = query(&uri)?;
    let path: VolumePath = path.parse()?;
    if !(1..=folder::MOST_ENTRIES).contains(&limit) {
        return Err(Error::invalid(
            "limit",
            format!("A page has 1 to {} entries.", folder::MOST_ENTRIES),
        ));
    }
    let view = blocking(move || folder::view(&agent.volume, &ticket, path, offset, limit)).await?;
    Ok(answer(Json(view)))
}

/// A file's bytes, or a range of them.
pub(crate) async fn content(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    request: Request,
) -> Result<Response> {
    let ContentQuery { path, inline } = query(request.uri())?;
    let path: VolumePath = path.parse()?;
    ticket.refuse_unseen(&path)?;
    let may_show = inline == 1;
    let opened =
        blocking(move || content::Content::open(agent.volume.root(), &path, may_show)).await?;
    let headers: &HeaderMap = request.headers();
    Ok(opened.answer(request.method(), headers))
}

/// What is known of one file.
pub(crate) async fn details(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    uri: Uri,
) -> Result<Response> {
    let PathQuery { path } = query(&uri)?;
    let path: VolumePath = path.parse()?;
    ticket.refuse_unseen(&path)?;
    let view = blocking(move || details::view(&agent.volume, path)).await?;
    Ok(answer(Json(view)))
}

/// What Stowage stored in the volume: one line for each file.
pub(crate) async fn manifest(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    uri: Uri,
) -> Result<Response> {
    let ManifestQuery { format } = query(&uri)?;
    let mut entries = blocking(move || crate::manifest::all(&agent.volume)).await?;
    entries.retain(|_, entry| ticket.holds(&entry.path));
    Ok(details::manifest(entries, format))
}

/// The beginning of a file, ready to be shown.
pub(crate) async fn preview(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    uri: Uri,
) -> Result<Response> {
    let PathQuery { path } = query(&uri)?;
    let path: VolumePath = path.parse()?;
    ticket.refuse_unseen(&path)?;
    let view = blocking(move || preview::view(agent.volume.root(), &path)).await?;
    Ok(answer(Json(view)))
}

/// Makes a folder and those on the way to it.
pub(crate) async fn make_folder(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    request: Request,
) -> Result<StatusCode> {
    let NewFolder { path } = json(request).await?;
    ticket.refuse_elsewhere(&path)?;
    blocking(move || change::make_folder(agent.volume.root(), &path)).await?;
    Ok(StatusCode::CREATED)
}

/// Gives a file or folder another path.
pub(crate) async fn rename(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    request: Request,
) -> Result<StatusCode> {
    let RenameFile { from, to } = json(request).await?;
    ticket.refuse_elsewhere(&from)?;
    ticket.refuse_elsewhere(&to)?;
    blocking(move || change::rename(&agent.volume, &from, &to)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a file, or a folder with all that is in it.
pub(crate) async fn delete(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    uri: Uri,
) -> Result<StatusCode> {
    let PathQuery { path } = query(&uri)?;
    let path: VolumePath = path.parse()?;
    ticket.refuse_elsewhere(&path)?;
    blocking(move || change::delete(&agent.volume, &path)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How much lies in the volume, and how much still fits.
pub(crate) async fn usage(State(agent): State<Arc<Agent>>) -> Result<Response> {
    let view = blocking(move || usage::view(&agent.volume)).await?;
    Ok(answer(Json(view)))
}

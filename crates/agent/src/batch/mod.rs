//! Many small files in one request: a length, a header, bytes, and again.
//!
//! The frames are described in `docs/uploads.md`. A batch that does not come to its end mark was cut, and
//! nothing of it is stored; one that did has a result for each file.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use wire::{BatchAnswer, BatchFile, BatchResult};

use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::{Agent, percent_encoded};
use crate::ticket::Ticket;
use crate::upload::{BodyReader, Checksum, Group, NewFile, Stored, may_still_write};

/// What a batch is announced as.
const TYPE: &str = "application/vnd.stowage.batch";
/// The first bytes of a batch, and its version.
const MAGIC: &[u8; 4] = b"SWB1";
/// A path of the greatest length in JSON escapes, and the rest.
const MOST_HEADER_BYTES: u32 = 32 << 10;
/// One piece that is hashed and written.
const STEP_BYTES: usize = 1 << 20;

/// Stores a batch.
pub(crate) async fn store(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    request: Request,
) -> Result<Response> {
    let kind = request.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != TYPE.as_bytes()) {
        crate::router::drain(request.into_body()).await;
        return Err(Error::WrongContentType(TYPE));
    }
    let (mut reader, feeding) = BodyReader::over(Arc::clone(&agent), request.into_body());
    let feeding = tokio::spawn(feeding);
    let stored = blocking(move || read_all(&agent, &ticket, &mut reader)).await;
    if stored.is_err() {
        // What is left of a refused body is read within bounds, so that the refusal is seen.
        drop(feeding.await);
    }
    Ok(answer(stored?))
}

fn read_all(agent: &Agent, ticket: &Ticket, reader: &mut BodyReader) -> Result<Vec<BatchResult>> {
    let mut group = Group::begin(&agent.volume)?;
    let mut magic = [0; 4];
    reader.fill(&mut magic)?;
    if magic != *MAGIC {
        return Err(Error::invalid(
            "body",
            "This is no batch: it begins with SWB1.",
        ));
    }
    let limits = agent.volume.limits();
    let mut paths = Vec::new();
    while let Some(file) = header(reader)? {
        let is_too_much =
            reader.position().saturating_add(file.size_bytes) > limits.max_batch_bytes;
        if is_too_much || group.count() >= limits.max_batch_files {
            return Err(Error::TooLarge(format!(
                "A batch has at most {} files and {}. Nothing of it was stored.",
                limits.max_batch_files,
                domain::Bytes(limits.max_batch_bytes)
            )));
        }
        read_file(reader, &mut group, ticket, &file)?;
        paths.push(file.path);
    }
    agent.volume.figures().received(reader.position());
    group.commit(agent.clock.now(), &|| may_still_write(agent, ticket))?;
    let results = paths.into_iter().zip(group.results());
    Ok(results.map(|(path, result)| view(path, result)).collect())
}

/// The next file; `None` at the end mark.
fn header(reader: &mut BodyReader) -> Result<Option<BatchFile>> {
    let mut length = [0; 4];
    reader.fill(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length == 0 {
        return match reader.next(1)? {
            None => Ok(None),
            Some(_) => Err(Error::invalid(
                "body",
                "Something comes behind the end mark.",
            )),
        };
    }
    if length > MOST_HEADER_BYTES {
        return Err(Error::invalid("body", "The header of a file is too long."));
    }
    let mut json = vec![0; length as usize];
    reader.fill(&mut json)?;
    serde_json::from_slice(&json).map(Some).map_err(|error| {
        Error::invalid(
            "body",
            format!("The header of a file cannot be read: {error}."),
        )
    })
}

fn read_file(
    reader: &mut BodyReader,
    group: &mut Group<'_>,
    ticket: &Ticket,
    file: &BatchFile,
) -> Result<()> {
    let new = match new_file(file, ticket) {
        Ok(new) => new,
        Err(error) => {
            each_piece(reader, file.size_bytes, |_| {})?;
            group.refuse(error);
            return Ok(());
        }
    };
    let mut growing = group.grow(new);
    let read = each_piece(reader, file.size_bytes, |bytes| {
        group.write(&mut growing, bytes);
    });
    match read {
        Ok(()) => {
            group.finish(growing);
            Ok(())
        }
        Err(error) => {
            group.abandon(growing);
            Err(error)
        }
    }
}

fn each_piece(
    reader: &mut BodyReader,
    size: u64,
    mut take: impl FnMut(&bytes::Bytes),
) -> Result<()> {
    let mut rest = size;
    while rest > 0 {
        let most = usize::try_from(rest).map_or(STEP_BYTES, |rest| rest.min(STEP_BYTES));
        let bytes = reader.next(most)?.ok_or(Error::Cut)?;
        rest -= bytes.len() as u64;
        take(&bytes);
    }
    Ok(())
}

fn new_file(file: &BatchFile, ticket: &Ticket) -> Result<NewFile> {
    let path = file.path.parse()?;
    ticket.refuse_elsewhere(&path)?;
    Ok(NewFile {
        path,
        when_present: file.overwrite,
        modified_ms: file.modified_ms.map(crate::tus::modified_ms).transpose()?,
        checksum: file.checksum.as_deref().map(Checksum::parse).transpose()?,
    })
}

pub(crate) fn view(path: String, result: Result<Stored>) -> BatchResult {
    match result {
        Ok(Stored {
            path,
            digests,
            was_present,
        }) => {
            let blake3 = digests.blake3.to_string();
            if was_present {
                BatchResult::Present { path, blake3 }
            } else {
                BatchResult::Stored { path, blake3 }
            }
        }
        Err(error) => BatchResult::Refused {
            path,
            problem: error.problem(),
        },
    }
}

/// The answer; what passes it on learns from its headers what was stored.
fn answer(files: Vec<BatchResult>) -> Response {
    let stored: Vec<_> = files
        .iter()
        .filter_map(|file| match file {
            BatchResult::Stored { path, .. } => Some(percent_encoded(path.as_str())),
            _ => None,
        })
        .collect();
    let mut response = Json(BatchAnswer { files }).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(path) = stored.first()
        && let Ok(path) = HeaderValue::from_str(path)
    {
        headers.insert(HeaderName::from_static("stowage-path"), path);
        let count = HeaderValue::from(stored.len());
        headers.insert(HeaderName::from_static("stowage-stored-files"), count);
    }
    response
}

//! The tus requests, each from its headers to its answer.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, EXPECT, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::Body as _;

use super::headers::{self, http_date};
use super::metadata::Metadata;
use super::{EXTENSIONS, VERSION};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::{Agent, drain, percent_encoded};
use crate::ticket::Ticket;
use crate::upload::{self, ALGORITHMS, Incoming, Outcome, Upload, UploadId};

/// One request, taken apart. The body is gone once somebody reads it; it cannot be shared between
/// threads, so whoever waits has the request alone (`&mut self`).
struct Asked {
    agent: Arc<Agent>,
    ticket: Ticket,
    method: Method,
    headers: HeaderMap,
    body: Option<Body>,
}

impl Asked {
    fn new(agent: Arc<Agent>, ticket: Ticket, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            agent,
            ticket,
            method: parts.method,
            headers: parts.headers,
            body: Some(body),
        }
    }

    /// Answers; a refused body is read to its end where that is near, so that browsers see the refusal.
    async fn answered(mut self, id: Option<String>) -> Response {
        let result = match id {
            None => self.for_all().await,
            Some(id) => self.for_one(&id).await,
        };
        match (result, self.body.take()) {
            (Ok(response), _) => response,
            (Err(error), body) => {
                if let Some(body) = body.filter(|_| !self.headers.contains_key(EXPECT)) {
                    drain(body).await;
                }
                error.into_response()
            }
        }
    }

    async fn for_all(&mut self) -> Result<Response> {
        let method = headers::effective_method(&self.method, &self.headers)?;
        match method {
            Method::OPTIONS => Ok(self.options()),
            Method::GET => self.list().await,
            Method::POST => {
                headers::require_version(&self.headers)?;
                self.create().await
            }
            _ => Err(Error::Method("OPTIONS, GET, POST")),
        }
    }

    async fn for_one(&mut self, id: &str) -> Result<Response> {
        if self.method == Method::OPTIONS {
            return Ok(self.options());
        }
        headers::require_version(&self.headers)?;
        let method = headers::effective_method(&self.method, &self.headers)?;
        let id = UploadId::parse(id).ok_or(Error::NotFound("such upload"))?;
        match method {
            Method::HEAD => self.ask(id).await,
            Method::PATCH => self.append(id).await,
            Method::DELETE => self.terminate(id).await,
            _ => Err(Error::Method("OPTIONS, HEAD, PATCH, DELETE")),
        }
    }

    fn options(&self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        set(&mut response, "tus-version", VERSION);
        set(&mut response, "tus-extension", EXTENSIONS);
        set(&mut response, "tus-checksum-algorithm", ALGORITHMS);
        set(
            &mut response,
            "tus-max-size",
            &self.agent.volume.limits().max_upload_bytes.to_string(),
        );
        response
    }

    async fn list(&mut self) -> Result<Response> {
        let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
        let list = blocking(move || upload::unfinished(&agent.volume, &subject, agent.clock.now()))
            .await?;
        Ok(([(CACHE_CONTROL, "no-store")], Json(list)).into_response())
    }

    async fn create(&mut self) -> Result<Response> {
        if self.headers.contains_key("upload-concat") {
            return Err(Error::invalid(
                "Upload-Concat",
                "Uploads in parts are not offered.",
            ));
        }
        let length =
            headers::upload_length(&self.headers, self.agent.volume.limits().max_upload_bytes)?;
        let metadata = headers::single(&self.headers, "Upload-Metadata")?
            .map(Metadata::parse)
            .transpose()?;
        let new = metadata.unwrap_or_default().describe(length)?;
        let base = headers::base(&self.headers)?
            .map_or("uploads".to_owned(), |base| format!("{base}/uploads"));
        let checksum = headers::checksum(&self.headers)?;
        let with_bytes = headers::carries_bytes(&self.headers);
        if with_bytes {
            self.refuse_excess(length)?;
        } else if self.body.as_ref().is_some_and(|body| !body.is_end_stream()) {
            headers::require_bytes(&self.headers)?;
        }
        let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
        let upload =
            blocking(move || Upload::begin(&agent.volume, new, &subject, agent.clock.now()))
                .await?;
        let location = format!("{base}/{}", upload.id);
        let mut response = if with_bytes || length == 0 {
            let body = self.body.take().filter(|_| with_bytes).unwrap_or_default();
            match self.first_bytes(upload, Incoming { body, checksum }).await {
                Ok(outcome) => self.progress(StatusCode::CREATED, &outcome),
                // The upload stands, and who knows its address can go on with it.
                Err(error @ (Error::NoSpace { .. } | Error::Cut | Error::Stalled)) => {
                    error.into_response()
                }
                Err(error) => return Err(error),
            }
        } else {
            self.progress(
                StatusCode::CREATED,
                &Outcome {
                    upload,
                    published: None,
                },
            )
        };
        set(&mut response, LOCATION.as_str(), &location);
        Ok(response)
    }

    /// Stores what came with the creation. If that is refused, the upload was never begun.
    async fn first_bytes(&mut self, upload: Upload, incoming: Incoming) -> Result<Outcome> {
        let id = upload.id.clone();
        let turn = self.agent.volume.turns().take(&id).await?;
        let (agent, ticket) = (Arc::clone(&self.agent), self.ticket.clone());
        match upload::receive(agent, ticket, turn, upload, incoming).await {
            Err(error) if !matches!(error, Error::NoSpace { .. } | Error::Cut | Error::Stalled) => {
                match self.discard(id).await {
                    Ok(()) | Err(Error::NotFound(_)) => Err(error),
                    Err(worse) => Err(worse),
                }
            }
            other => other,
        }
    }

    async fn ask(&mut self, id: UploadId) -> Result<Response> {
        let (_turn, upload) = self.open(id).await?;
        let mut response = self.progress(
            StatusCode::OK,
            &Outcome {
                upload,
                published: None,
            },
        );
        set(&mut response, CACHE_CONTROL.as_str(), "no-store");
        Ok(response)
    }

    async fn append(&mut self, id: UploadId) -> Result<Response> {
        headers::require_bytes(&self.headers)?;
        let offset = headers::upload_offset(&self.headers)?;
        let checksum = headers::checksum(&self.headers)?;
        let (turn, upload) = self.open(id).await?;
        if offset != upload.offset() {
            return Err(Error::Conflict(format!(
                "{} bytes are stored, and the next ones begin there, not at {offset}.",
                upload.offset()
            )));
        }
        self.refuse_excess(upload.record.length - offset)?;
        if upload.is_published() {
            return Ok(self.progress(
                StatusCode::NO_CONTENT,
                &Outcome {
                    upload,
                    published: None,
                },
            ));
        }
        let incoming = Incoming {
            body: self.body.take().unwrap_or_default(),
            checksum,
        };
        let (agent, ticket) = (Arc::clone(&self.agent), self.ticket.clone());
        let outcome = upload::receive(agent, ticket, turn, upload, incoming).await?;
        Ok(self.progress(StatusCode::NO_CONTENT, &outcome))
    }

    async fn terminate(&mut self, id: UploadId) -> Result<Response> {
        self.discard(id).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    async fn discard(&mut self, id: UploadId) -> Result<()> {
        let (_turn, upload) = self.open(id).await?;
        let agent = Arc::clone(&self.agent);
        blocking(move || upload.discard(&agent.volume)).await
    }

    /// Opens an upload of this person, after ending whatever request is at it.
    async fn open(&mut self, id: UploadId) -> Result<(upload::Turn, Upload)> {
        let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
        // Looked for before the turn is taken, so that nobody ends a stranger's request.
        let sought = (Arc::clone(&agent), subject.clone(), id.clone());
        blocking(move || {
            let (agent, subject, id) = sought;
            Upload::find(&agent.volume, &id, &subject, agent.clock.now()).map(drop)
        })
        .await?;
        let turn = agent.volume.turns().take(&id).await?;
        let upload =
            blocking(move || Upload::load(&agent.volume, &id, &subject, agent.clock.now())).await?;
        Ok((turn, upload))
    }

    fn refuse_excess(&self, room: u64) -> Result<()> {
        match self.body.as_ref().and_then(|body| body.size_hint().exact()) {
            Some(declared) if declared > room => Err(Error::TooLarge(format!(
                "The body has {declared} bytes, but the file ends after {room} more."
            ))),
            _ => Ok(()),
        }
    }

    /// Where an upload stands, in headers.
    fn progress(&self, status: StatusCode, outcome: &Outcome) -> Response {
        let upload = &outcome.upload;
        let mut response = status.into_response();
        set(&mut response, "upload-offset", &upload.offset().to_string());
        set(
            &mut response,
            "upload-length",
            &upload.record.length.to_string(),
        );
        set(
            &mut response,
            "upload-expires",
            &http_date(upload.expires_at(self.agent.volume.limits())),
        );
        if status == StatusCode::OK {
            set(&mut response, "upload-metadata", &upload.record.metadata);
        }
        if let Some(published) = &outcome.published {
            set(
                &mut response,
                "stowage-path",
                &percent_encoded(published.path.as_str()),
            );
            if let Some(hash) = published.blake3 {
                set(&mut response, "stowage-blake3", hash.to_hex().as_str());
            }
        }
        response
    }
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

/// All uploads: what is offered, the caller's own, a new one.
pub(crate) async fn uploads(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    request: Request,
) -> Response {
    finished(Asked::new(agent, ticket, request).answered(None)).await
}

/// One upload: where it stands, more bytes, the end of it.
pub(crate) async fn one_upload(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    finished(Asked::new(agent, ticket, request).answered(Some(id))).await
}

/// Runs an answer to its end even when the connection is gone: what arrived is still to be kept.
async fn finished(answer: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(answer).await {
        Ok(response) => response,
        Err(error) => Error::Io(std::io::Error::other(error)).into_response(),
    }
}

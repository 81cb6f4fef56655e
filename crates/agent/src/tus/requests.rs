//! The tus requests, each from its headers to its answer.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, EXPECT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::Body as _;

use super::headers::{self, http_date};
use super::{EXTENSIONS, VERSION};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::{Agent, drain, percent_encoded};
use crate::ticket::Ticket;
use crate::upload::{
    self, ALGORITHMS, Incoming, Kind, LaneOutcome, Outcome, Published, Upload, UploadId,
};

/// One request, taken apart. The body is gone once somebody reads it; it cannot be shared between
/// threads, so whoever waits has the request alone (`&mut self`).
pub(super) struct Asked {
    pub(super) agent: Arc<Agent>,
    pub(super) ticket: Ticket,
    method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Body>,
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

    async fn ask(&mut self, id: UploadId) -> Result<Response> {
        // A file whose last part arrived while nobody could put it together is put together now.
        let put_together = upload::assemble_one(&self.agent, &self.ticket, id.clone(), None).await;
        if let Err(error) = put_together {
            tracing::debug!(%id, %error, "an upload could not be put together");
        }
        let (_turn, mut upload) = match self.open(id.clone()).await {
            // A request that was cut may begin only now, and no question is answered by a conflict.
            Err(Error::Overtaken) => (None, self.find(&id).await?),
            opened => opened.map(|(turn, upload)| (Some(turn), upload))?,
        };
        if let (Kind::Final { concat }, None) = (&upload.record.kind, upload.length()) {
            let parts = upload::parts(concat.trim_start_matches("final;")).unwrap_or_default();
            let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
            // Parts that are gone leave it without a length.
            let length = blocking(move || upload::length(&agent, &subject, &parts)).await;
            upload.record.length = length.ok().flatten();
        }
        let extents = match upload.record.kind {
            Kind::Lanes => Some(upload::extents_of(&upload)?),
            _ => None,
        };
        let mut response = self.progress(StatusCode::OK, &unchanged(upload));
        if let Some(extents) = extents {
            set(&mut response, "stowage-extents", &extents);
        }
        set(&mut response, CACHE_CONTROL.as_str(), "no-store");
        Ok(response)
    }

    async fn append(&mut self, id: UploadId) -> Result<Response> {
        headers::require_bytes(&self.headers)?;
        let offset = headers::upload_offset(&self.headers)?;
        let checksum = headers::checksum(&self.headers)?;
        let max_bytes = self.agent.volume.limits().max_upload_bytes;
        let length = headers::upload_length(&self.headers, max_bytes)?;
        let kind = self.find(&id).await?.record.kind;
        let incoming = |body: Option<Body>| Incoming {
            body: body.unwrap_or_default(),
            checksum,
        };
        if kind == Kind::Lanes {
            let incoming = incoming(self.body.take());
            return self.append_to_lane(&id, offset, incoming).await;
        }
        let (turn, mut upload) = self.take(id).await?;
        if matches!(upload.record.kind, Kind::Final { .. }) {
            return Err(Error::Final);
        }
        if offset != upload.offset() {
            return Err(Error::Conflict(format!(
                "{} bytes are stored, and the next ones begin there, not at {offset}.",
                upload.offset()
            )));
        }
        if let Some(length) = length {
            let now = self.agent.clock.now();
            upload = blocking(move || upload.declare(length, now).map(|()| upload)).await?;
        }
        self.refuse_excess(upload.room(self.agent.volume.limits(), offset))?;
        if upload.is_published() {
            return Ok(self.progress(StatusCode::NO_CONTENT, &unchanged(upload)));
        }
        let incoming = incoming(self.body.take());
        let (agent, ticket) = (Arc::clone(&self.agent), self.ticket.clone());
        let outcome = upload::receive(agent, ticket, turn, upload, offset, incoming).await?;
        if outcome.upload.is_finished() && outcome.upload.record.kind == Kind::Partial {
            upload::assemble_waiting(&self.agent, &self.ticket, &outcome.upload.id).await;
        }
        Ok(self.progress(StatusCode::NO_CONTENT, &outcome))
    }

    async fn append_to_lane(
        &mut self,
        id: &UploadId,
        offset: u64,
        incoming: Incoming,
    ) -> Result<Response> {
        let declared = incoming.body.size_hint().exact();
        let end = match declared.map(|count| offset.checked_add(count)) {
            Some(None) => {
                return Err(Error::invalid(
                    "Upload-Offset",
                    "Upload-Offset is too large.",
                ));
            }
            Some(end) => end,
            None => None,
        };
        let (agent, ticket) = (Arc::clone(&self.agent), self.ticket.clone());
        let LaneOutcome {
            offset,
            length,
            published,
        } = upload::receive_lane(agent, ticket, id, offset, end, incoming).await?;
        let mut response = StatusCode::NO_CONTENT.into_response();
        set(&mut response, "upload-offset", &offset.to_string());
        set(&mut response, "upload-length", &length.to_string());
        say_published(&mut response, published.as_ref());
        Ok(response)
    }

    async fn terminate(&mut self, id: UploadId) -> Result<Response> {
        self.discard(id).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    pub(super) async fn discard(&mut self, id: UploadId) -> Result<()> {
        let (_turn, upload) = self.open(id).await?;
        let agent = Arc::clone(&self.agent);
        blocking(move || upload.discard(&agent.volume)).await
    }

    /// Opens an upload of this person, after ending whatever request is at it.
    pub(super) async fn open(&mut self, id: UploadId) -> Result<(upload::Turn, Upload)> {
        // Looked for before the turn is taken, so that nobody ends a stranger's request.
        self.find(&id).await?;
        self.take(id).await
    }

    /// An upload as it stands, if it is this person's.
    async fn find(&mut self, id: &UploadId) -> Result<Upload> {
        let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
        let id = id.clone();
        blocking(move || Upload::find(&agent.volume, &id, &subject, agent.clock.now())).await
    }

    async fn take(&mut self, id: UploadId) -> Result<(upload::Turn, Upload)> {
        let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
        let turn = agent.volume.turns().take(&id).await?;
        let upload =
            blocking(move || Upload::load(&agent.volume, &id, &subject, agent.clock.now())).await?;
        Ok((turn, upload))
    }

    pub(super) fn refuse_excess(&self, room: u64) -> Result<()> {
        match self.body.as_ref().and_then(|body| body.size_hint().exact()) {
            Some(declared) if declared > room => Err(Error::TooLarge(format!(
                "The body has {declared} bytes, but the file ends after {room} more."
            ))),
            _ => Ok(()),
        }
    }

    /// Where an upload stands, in headers.
    pub(super) fn progress(&self, status: StatusCode, outcome: &Outcome) -> Response {
        let upload = &outcome.upload;
        let mut response = status.into_response();
        let kind = &upload.record.kind;
        if upload.is_finished() || !matches!(kind, Kind::Final { .. }) {
            set(&mut response, "upload-offset", &upload.offset().to_string());
        }
        match upload.length() {
            Some(length) => set(&mut response, "upload-length", &length.to_string()),
            None if matches!(kind, Kind::Final { .. }) => {}
            None => set(&mut response, "upload-defer-length", "1"),
        }
        match kind {
            Kind::Partial => set(&mut response, "upload-concat", "partial"),
            Kind::Final { concat } => set(&mut response, "upload-concat", concat),
            Kind::Lanes => set(&mut response, "stowage-lanes", "1"),
            Kind::File => {}
        }
        set(
            &mut response,
            "upload-expires",
            &http_date(upload.expires_at(self.agent.volume.limits())),
        );
        if status == StatusCode::OK && !upload.record.metadata.is_empty() {
            set(&mut response, "upload-metadata", &upload.record.metadata);
        }
        say_published(&mut response, outcome.published.as_ref());
        response
    }
}

/// Where a file went, and what it is.
fn say_published(response: &mut Response, published: Option<&Published>) {
    let Some(Published { path, digests }) = published else {
        return;
    };
    set(response, "stowage-path", &percent_encoded(path.as_str()));
    set(response, "stowage-blake3", &digests.blake3.to_string());
    set(response, "stowage-sha256", &digests.sha256.to_string());
}

pub(super) fn unchanged(upload: Upload) -> Outcome {
    Outcome {
        upload,
        published: None,
    }
}

pub(super) fn set(response: &mut Response, name: &'static str, value: &str) {
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

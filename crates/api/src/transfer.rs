//! Bytes on their way to and from the data agent.
//!
//! The console passes them on without gathering them. While a body streams, the right to it is asked
//! again every few seconds, of the caller as they are by then: who signs out or loses it, loses the rest
//! of the body.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use authz::{Caller, CallerNow, Unknown};
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use domain::DataVolumeId;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use http_body::{Frame, SizeHint};
use percent_encoding::percent_decode_str;
use service::{Error, FileAccess, Kind, Service};
use tower::ServiceExt;

use crate::Refused;

/// How often the right to a running transfer is asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(3);
/// Set by the data agent when a file is published: its percent-encoded path.
const STORED: &str = "stowage-path";
/// How many files it published, where they may be several.
const STORED_FILES: &str = "stowage-stored-files";
/// Where the data agent's addresses are mounted, for `Location`.
const BASE: &str = "stowage-base";
/// Headers that speak of this connection or of the person, not of the file.
const KEPT_BACK: [header::HeaderName; 4] = [
    header::COOKIE,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::HOST,
];

/// A file, or a part of it (`Range`).
pub(crate) async fn download(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Extension(caller_now): Extension<CallerNow>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    let id = data_volume_id(&path)?;
    let is_read = request.method() == Method::GET;
    let subject = file_path(request.uri());
    let response = pass_on(&service, &caller, id, FileAccess::Read, request).await?;
    if is_read && response.status().is_success() {
        service.file_read(&caller, id, &subject).await?;
    }
    let watch = Watch::begin(service, caller_now, id, FileAccess::Read);
    Ok(response.map(|body| watch.over(body)))
}

/// What the data agent knows of files without opening them to anybody: hashes, the manifest.
pub(crate) async fn look(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    let id = data_volume_id(&path)?;
    pass_on(&service, &caller, id, FileAccess::Read, request).await
}

/// The tus protocol: what it says is between the client and the data agent.
pub(crate) async fn upload(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Extension(caller_now): Extension<CallerNow>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    let id = data_volume_id(&path)?;
    let watch = Watch::begin(service.clone(), caller_now, id, FileAccess::Write);
    let request = request.map(|body| watch.over(body));
    let response = pass_on(&service, &caller, id, FileAccess::Write, request).await?;
    if let Some(stored) = response.headers().get(STORED) {
        let mut stored = percent_decode_str(stored.to_str().unwrap_or_default())
            .decode_utf8_lossy()
            .into_owned();
        if let Some(more) = more_files(response.headers()) {
            stored = format!("{stored} and {more} more");
        }
        service.file_stored(&caller, id, &stored).await?;
    }
    Ok(response)
}

/// How many files beside the first one a batch stored.
fn more_files(headers: &HeaderMap) -> Option<u64> {
    let count: u64 = headers.get(STORED_FILES)?.to_str().ok()?.parse().ok()?;
    count.checked_sub(1).filter(|more| *more > 0)
}

/// Sends a request to the data agent under the address that it knows.
async fn pass_on(
    service: &Service,
    caller: &Caller,
    id: DataVolumeId,
    access: FileAccess,
    mut request: Request,
) -> Result<Response, Refused> {
    let agent = service.data_path(caller, id, access).await?;
    // Nested routers strip their prefix from the request's address: what is left begins at `/files` or
    // `/uploads`, which is what the agent serves.
    let base = format!("/api/v1/datavolumes/{id}");
    // What this router knows of the request is not the agent's: its own path parameters are others.
    request.extensions_mut().clear();
    let headers = request.headers_mut();
    for name in KEPT_BACK {
        headers.remove(name);
    }
    headers.insert(
        BASE,
        HeaderValue::from_str(&base).map_err(|error| Error::BadAnswer(error.into()))?,
    );
    Ok(agent.oneshot(request).await.map_err(Error::from)?)
}

fn data_volume_id(path: &RawPathParams) -> Result<DataVolumeId, Refused> {
    path.iter()
        .find(|(name, _)| *name == "data_volume_id")
        .and_then(|(_, text)| text.parse().ok())
        .ok_or_else(|| Error::NotFound(Kind::DataVolume).into())
}

fn file_path(uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let path = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("path="))
        .unwrap_or_default();
    percent_decode_str(&path.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// Asks again and again whether a transfer may go on.
struct Watch {
    is_over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn begin(service: Service, caller: CallerNow, id: DataVolumeId, access: FileAccess) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let flag = is_over.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(ASKED_AGAIN).await;
                let has_ended = match caller.ask().await {
                    Ok(Some(caller)) => matches!(
                        service.may_still_access(&caller, id, access).await,
                        Err(Error::NotFound(_) | Error::Forbidden(_))
                    ),
                    Ok(None) => true,
                    Err(Unknown) => false,
                };
                if has_ended {
                    flag.store(true, Ordering::Relaxed);
                    return;
                }
            }
        });
        Self { is_over, task }
    }

    /// The same body, cut off when the right to it ends.
    fn over(self, body: Body) -> Body {
        Body::new(Watched { body, watch: self })
    }
}

/// A watched body. How long it is, and that there is none, stays known: the data agent asks for it.
struct Watched {
    body: Body,
    watch: Watch,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.watch.is_over.load(Ordering::Relaxed) {
            let over = std::io::Error::other("the right to this transfer ended");
            return Poll::Ready(Some(Err(axum::Error::new(over))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

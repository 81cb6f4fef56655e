//! Bytes on their way to and from the data agent.
//!
//! The console passes them on without gathering them. While a body streams, the right to it is asked
//! again every few seconds, of the caller as they are by then: who signs out or loses it, loses the rest
//! of the body.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use authz::{Caller, CallerNow, Unknown};
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use domain::{DataVolumeId, VolumePath};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use http_body::{Frame, SizeHint};
use percent_encoding::percent_decode_str;
use service::{Error, FileAccess, Kind, Service};
use tokio::task::JoinHandle;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Problem;

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

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(download))
        .routes(routes!(show_file_details))
        .routes(routes!(show_manifest))
        .routes(routes!(store_batch))
        .routes(routes!(store_archive))
        .routes(routes!(begin_upload))
        .routes(routes!(upload))
}

/// A file, or a part of it (`Range`).
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/files/content", operation_id = "download_file", tag = "Files",
    params(
        ("data_volume_id" = String, Path, description = "The data volume's id."),
        ("path" = String, Query, description = "The file."),
        ("range" = Option<String>, Header, description = "Which part, in bytes."),
    ),
    responses(
        (status = 200, description = "The file.", content_type = "application/octet-stream"),
        (status = 206, description = "The part.", content_type = "application/octet-stream"),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 416, description = "There is no such part.", body = Problem),
    ),
)]
async fn download(
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
    // What is no path was refused before.
    let path = subject.parse().unwrap_or_default();
    let watch = Watch::begin(service, caller_now, id, FileAccess::Read, path);
    Ok(response.map(|body| watch.over(body)))
}

/// What the data agent knows of files without opening them to anybody: hashes, the manifest.
async fn look(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    let id = data_volume_id(&path)?;
    pass_on(&service, &caller, id, FileAccess::Read, request).await
}

/// The size, time and hash of one file.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/files/details", operation_id = "show_file_details", tag = "Files",
    params(("data_volume_id" = String, Path, description = "The data volume's id."), ("path" = String, Query, description = "The file.")),
    responses(
        (status = 200, description = "The details, as the data agent knows them.", content_type = "application/json"),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Its storage is not there.", body = Problem),
    ),
)]
async fn show_file_details(
    state: State<Service>,
    caller: Extension<Caller>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    look(state, caller, path, request).await
}

/// The manifest of what was stored: every file with its size and hash.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/manifest", operation_id = "show_manifest", tag = "Files",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    responses(
        (status = 200, description = "The manifest, one entry a line."),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Its storage is not there.", body = Problem),
    ),
)]
async fn show_manifest(
    state: State<Service>,
    caller: Extension<Caller>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    look(state, caller, path, request).await
}

/// Stores many small files with one request: see `docs/uploads.md`.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/uploads/batch", operation_id = "store_batch", tag = "Uploads",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    responses(
        (status = 200, description = "What became of each file.", content_type = "application/json"),
        (status = 400, description = "The batch cannot be read.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Its storage is not there.", body = Problem),
        (status = 507, description = "There is no space.", body = Problem),
    ),
)]
async fn store_batch(
    state: State<Service>,
    caller: Extension<Caller>,
    caller_now: Extension<CallerNow>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    upload(state, caller, caller_now, path, request).await
}

/// Stores the files of an archive, which is unpacked as it arrives: see `docs/uploads.md`.
#[utoipa::path(
    post, path = "/datavolumes/{data_volume_id}/uploads/archive", operation_id = "store_archive", tag = "Uploads",
    params(
        ("data_volume_id" = String, Path, description = "The data volume's id."),
        ("format" = String, Query, description = "`zip`, `tar`, `tar.gz` or `tar.zst`."),
        ("path" = Option<String>, Query, description = "The folder to unpack into; the data volume itself, if absent."),
        ("overwrite" = Option<String>, Query, description = "What becomes of a file that is there already."),
    ),
    responses(
        (status = 200, description = "What became of the files.", content_type = "application/json"),
        (status = 400, description = "A parameter is wrong, or the archive cannot be read.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Its storage is not there.", body = Problem),
        (status = 507, description = "There is no space.", body = Problem),
    ),
)]
async fn store_archive(
    state: State<Service>,
    caller: Extension<Caller>,
    caller_now: Extension<CallerNow>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    upload(state, caller, caller_now, path, request).await
}

/// Uploads, by the tus protocol: begins one, and tells what is understood.
#[utoipa::path(
    method(get, post, head, options), path = "/datavolumes/{data_volume_id}/uploads",
    operation_id = "begin_upload", tag = "Uploads",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    responses(
        (status = 201, description = "`Location` is where the bytes go."),
        (status = 204, description = "What is understood, in headers."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "The name is taken, or its storage is not there.", body = Problem),
        (status = 507, description = "There is no space.", body = Problem),
    ),
)]
async fn begin_upload(
    state: State<Service>,
    caller: Extension<Caller>,
    caller_now: Extension<CallerNow>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    upload(state, caller, caller_now, path, request).await
}

/// One upload, by the tus protocol: what it says is between the client and the data agent.
#[utoipa::path(
    method(get, post, head, patch, delete, options),
    path = "/datavolumes/{data_volume_id}/uploads/{upload_id}",
    operation_id = "upload", tag = "Uploads",
    params(("data_volume_id" = String, Path, description = "The data volume's id."), ("upload_id" = String, Path, description = "The upload's id.")),
    responses(
        (status = 200, description = "`Upload-Offset` is how much is stored."),
        (status = 204, description = "Done; `Upload-Offset` is how much is stored."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume, or no such file in it.", body = Problem),
        (status = 409, description = "Another offset is stored, or its storage is not there.", body = Problem),
        (status = 507, description = "There is no space.", body = Problem),
    ),
)]
async fn upload(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Extension(caller_now): Extension<CallerNow>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    let id = data_volume_id(&path)?;
    // Where the bytes go, the data agent asks of the ticket before it publishes them.
    let anywhere = VolumePath::root();
    let watch = Watch::begin(service.clone(), caller_now, id, FileAccess::Write, anywhere);
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
    let base = format!("/api/v1/datavolumes/{id}");
    *request.uri_mut() = within(request.uri())?;
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

/// What the agent serves: the address from `/files` or `/uploads` on. Nested routers have stripped the
/// beginning, and the data volume's id stands between.
fn within(uri: &Uri) -> Result<Uri, Refused> {
    let path = uri
        .path_and_query()
        .map_or("", http::uri::PathAndQuery::as_str);
    let rest = path.splitn(4, '/').nth(3).unwrap_or_default();
    let address = format!("/{rest}").parse::<Uri>();
    Ok(address.map_err(|error| Error::BadAnswer(error.into()))?)
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

/// Asks again and again whether a transfer may go on; its task ends when it may not.
struct Watch {
    task: JoinHandle<()>,
    is_over: bool,
}

impl Watch {
    fn begin(
        service: Service,
        caller: CallerNow,
        id: DataVolumeId,
        access: FileAccess,
        path: VolumePath,
    ) -> Self {
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(ASKED_AGAIN).await;
                let has_ended = match caller.ask().await {
                    Ok(Some(caller)) => matches!(
                        service.may_still_access(&caller, id, access, &path).await,
                        Err(Error::NotFound(_) | Error::Forbidden(_))
                    ),
                    Ok(None) => true,
                    Err(Unknown) => false,
                };
                if has_ended {
                    return;
                }
            }
        });
        Self {
            task,
            is_over: false,
        }
    }

    /// Whether the right has ended. Whoever asks is woken when it does, also while no byte arrives.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        if !self.is_over {
            self.is_over = Pin::new(&mut self.task).poll(context).is_ready();
        }
        self.is_over
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
        if self.watch.is_over(context) {
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

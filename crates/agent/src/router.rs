//! The agent's doors: every address, and the one place where tickets are looked at.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use domain::Clock;
use http::header::EXPECT;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;

use crate::error::{Error, Result};
use crate::places::Place;
use crate::ticket::{self, Access, Ticket, TicketError, TicketKey};
use crate::volume::Volume;
use crate::{archive, batch, browse, import, tus};

/// How much of a refused body is still read, and for how long: browsers that cannot send everything
/// report a broken network instead of the answer.
const DRAINED_BYTES: usize = 16 << 20;
const DRAINED_FOR: Duration = Duration::from_secs(10);

/// What every request needs.
pub(crate) struct Agent {
    pub(crate) volume: Arc<Volume>,
    pub(crate) clock: Arc<dyn Clock>,
    key: TicketKey,
}

/// The data path of one volume. Each request carries a [`Ticket`] in the header `Stowage-Ticket`; where the
/// router is mounted elsewhere than at `/`, `Stowage-Base` says where, so that `Location` is right.
pub fn router(volume: Arc<Volume>, key: TicketKey, clock: Arc<dyn Clock>) -> Router {
    let agent = Arc::new(Agent { volume, clock, key });
    Router::new()
        .route("/files", get(browse::list_folder).delete(browse::delete))
        .route("/files/content", get(browse::content))
        .route("/files/details", get(browse::details))
        .route("/files/preview", get(browse::preview))
        .route("/files/folder", post(browse::make_folder))
        .route("/files/rename", post(browse::rename))
        .route(
            "/imports/{id}",
            put(import::order)
                .get(import::standing)
                .delete(import::cancel),
        )
        .route("/usage", get(browse::usage))
        .route("/manifest", get(browse::manifest))
        .route("/uploads", any(tus::uploads))
        .route("/uploads/archive", post(archive::unpack))
        .route("/uploads/batch", post(batch::store))
        .route("/uploads/{id}", any(tus::one_upload))
        .fallback(async || Error::NotFound("such address"))
        .method_not_allowed_fallback(async || Error::Method(""))
        .layer(middleware::from_fn_with_state(Arc::clone(&agent), door))
        .with_state(agent)
}

/// Lets a request in whose ticket allows it.
async fn door(State(agent): State<Arc<Agent>>, mut request: Request, next: Next) -> Response {
    let speaks_tus = request.uri().path().starts_with("/uploads");
    let mut response = match admit(&agent, &request) {
        Ok((ticket, _place)) => {
            request.extensions_mut().insert(ticket);
            next.run(request).await
        }
        Err(error) => {
            if !request.headers().contains_key(EXPECT) {
                drain(request.into_body()).await;
            }
            error.into_response()
        }
    };
    if speaks_tus {
        let version = HeaderValue::from_static(tus::VERSION);
        if response.status() == StatusCode::PRECONDITION_FAILED {
            response
                .headers_mut()
                .insert("tus-version", version.clone());
        }
        response.headers_mut().insert("tus-resumable", version);
    }
    response
}

/// What a request may do, and its place if it brings bytes.
fn admit(agent: &Agent, request: &Request) -> Result<(Ticket, Option<Place>)> {
    let mut texts = request.headers().get_all(ticket::HEADER).iter();
    let text = texts.next().ok_or(TicketError::Missing)?;
    let text = text.to_str().map_err(|_| TicketError::Malformed)?;
    if texts.next().is_some() {
        return Err(TicketError::Malformed.into());
    }
    let ticket = agent.key.verify(text, agent.clock.now())?;
    if ticket.volume != agent.volume.uid() {
        return Err(TicketError::OtherVolume.into());
    }
    // A method that only looks needs no more than a right to look; all others change something.
    let needed = match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => Access::Read,
        _ => Access::Write,
    };
    if ticket.access < needed {
        return Err(Error::ReadOnly);
    }
    let brings_bytes = matches!(*request.method(), Method::POST | Method::PATCH)
        && request.uri().path().starts_with("/uploads");
    let volume = &agent.volume;
    let place = brings_bytes
        .then(|| {
            volume
                .places()
                .take(&ticket.subject, volume.limits(), volume.figures())
        })
        .transpose()?;
    Ok((ticket, place))
}

/// Reads the rest of a body and forgets it, within bounds.
pub(crate) async fn drain(mut body: Body) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, bytes::Bytes::len);
            if read > DRAINED_BYTES {
                return;
            }
        }
    };
    drop(tokio::time::timeout(DRAINED_FOR, reading).await);
}

/// A text of any script for a header: RFC 5987's `attr-char` and `/` stay, the rest is `%XX`.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

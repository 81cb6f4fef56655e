//! `GET /api/v1/events`: changes of what the caller may see, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use authz::Caller;
use axum::Extension;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt};
use service::Service;

/// A stream ends after this time and the browser opens another one, signed in anew: rights that ended
/// are not listened with for longer.
const LASTS: Duration = Duration::from_mins(5);

pub(crate) async fn changes(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = service
        .changes(caller)
        .map(|change| Ok(Event::default().json_data(change).unwrap_or_default()))
        .take_until(tokio::time::sleep(LASTS));
    Sse::new(changes).keep_alive(KeepAlive::default())
}

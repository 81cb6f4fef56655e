//! `GET /api/v1/events`: changes of what the caller may see, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use authz::{Caller, CallerNow, Unknown};
use axum::Extension;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt, stream};
use service::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::ChangeView;

/// How long changes are gathered before they are told. A thousand open pages hear each of many changes: told one by one,
/// most of the work is sending.
const GATHERED_FOR: Duration = Duration::from_millis(100);
/// The most that are told at once.
const GATHERED: usize = 100;
/// How often it is asked whether somebody is still there, in the same groups.
const ASKED_AGAIN: Duration = Duration::from_secs(15);

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(changes))
}

/// What changes of that which the caller may see, from now on; ends when their rights change.
#[utoipa::path(
    get, path = "/events", operation_id = "listen_to_changes", tag = "Changes",
    responses((status = 200, description = "Server-sent events, each with a change as JSON.",
        body = ChangeView, content_type = "text/event-stream")),
)]
async fn changes(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Extension(caller_now): Extension<CallerNow>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = service.changes(caller.clone());
    let gathered = tokio_stream::StreamExt::chunks_timeout(changes, GATHERED, GATHERED_FOR);
    let changes = gathered
        .flat_map(|changes| stream::iter(without_repeats(changes)))
        .map(|change| Ok(Event::default().json_data(change).unwrap_or_default()))
        .take_until(somebody_else(caller, caller_now));
    Sse::new(changes).keep_alive(KeepAlive::default())
}

/// The same changes, each once: a page looks anew, however often something changed.
fn without_repeats(changes: Vec<ChangeView>) -> Vec<ChangeView> {
    let mut told = Vec::with_capacity(changes.len());
    for change in changes {
        if !told.contains(&change) {
            told.push(change);
        }
    }
    told
}

/// Ends when the caller is gone or may something else than before: the browser opens another stream then, signed in
/// anew.
async fn somebody_else(before: Caller, caller_now: CallerNow) {
    loop {
        tokio::time::sleep(ASKED_AGAIN).await;
        match caller_now.ask().await {
            Ok(Some(now)) if now.grants() == before.grants() => {}
            Ok(_) => return,
            Err(Unknown) => {}
        }
    }
}

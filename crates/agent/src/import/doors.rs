//! The doors of imports: order, ask, cancel.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use wire::{ImportOrder, ImportStanding};

use super::job;
use super::plan::Plan;
use super::registry::Import;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::{Access, Ticket};

/// The longest order: ten thousand addresses.
const MOST_ORDER_BYTES: usize = 8 << 20;
const MOST_ID_BYTES: usize = 64;
/// How long a canceled import is waited for, so that nothing of it is left when that is answered.
const CANCELED_WITHIN: Duration = Duration::from_secs(5);

/// Starts an import. Where it runs already, says how far it is.
pub(crate) async fn order(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response> {
    refuse_odd(&id)?;
    let body = axum::body::to_bytes(request.into_body(), MOST_ORDER_BYTES)
        .await
        .map_err(|_| Error::TooLarge("An order has at most 8 MiB.".to_owned()))?;
    let order: ImportOrder = serde_json::from_slice(&body)
        .map_err(|error| Error::invalid("body", format!("The order cannot be read: {error}.")))?;
    let volume = &agent.volume;
    let plan = Plan::read(order, &ticket)?;
    if volume.stopping().is_cancelled() {
        return Err(Error::Stopping);
    }
    let import = Import::new(id, plan.into.clone(), volume.stopping());
    let most = volume.limits().max_imports;
    let import = match volume.imports().begin(import, most, agent.clock.now())? {
        Ok(begun) => {
            job::spawn(Arc::clone(&agent), ticket, Arc::clone(&begun), plan);
            begun
        }
        Err(running) => {
            refuse_foreign(&running, &ticket)?;
            running
        }
    };
    Ok(answer(&import.standing()))
}

/// Says how far an import is.
pub(crate) async fn standing(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    Path(id): Path<String>,
) -> Result<Response> {
    if ticket.access < Access::Write {
        return Err(Error::ReadOnly);
    }
    refuse_odd(&id)?;
    let import = agent.volume.imports().find(&id).ok_or(MISSING)?;
    refuse_foreign(&import, &ticket)?;
    // It goes on when the agent was started anew and is told again, so it has not failed.
    if import.is_interrupted() {
        return Err(Error::Stopping);
    }
    Ok(answer(&import.standing()))
}

/// Ends an import: what it stored stays, what it staged goes.
pub(crate) async fn cancel(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    refuse_odd(&id)?;
    match agent.volume.imports().find(&id) {
        Some(import) => {
            refuse_foreign(&import, &ticket)?;
            import.cancel();
            // One that hangs in the file system is not waited for.
            drop(tokio::time::timeout(CANCELED_WITHIN, import.over.cancelled()).await);
        }
        // Before a restart there may have been one.
        None => job::forget(agent, id).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

const MISSING: Error = Error::NotFound("such import");

fn refuse_odd(id: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=MOST_ID_BYTES).contains(&id.len()) && id.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Error::invalid(
        "id",
        "An import's id is made of 1 to 64 letters, digits and hyphens.",
    ))
}

/// What fills a folder that the ticket is not for is not there for it.
fn refuse_foreign(import: &Import, ticket: &Ticket) -> Result<()> {
    if ticket.holds(&import.into) {
        return Ok(());
    }
    Err(MISSING)
}

fn answer(standing: &ImportStanding) -> Response {
    let mut response = Json(standing).into_response();
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, fresh);
    response
}

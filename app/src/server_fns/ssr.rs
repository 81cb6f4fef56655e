//! The server's half of every server function: who asks, whom to ask, how a refusal is answered.
//!
//! The same functions run while a page is rendered and when the browser calls them later; only the
//! former may send people to the sign-in page, because only then an address is on its way to a person.

use authz::Caller;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use service::Service;
use wire::Problem;

use crate::routes;

/// The service and the person who asks it.
///
/// # Errors
/// 401 when nobody is signed in; a page that is being rendered becomes a redirect to the sign-in page.
pub(crate) fn context() -> Result<(Service, Caller), Problem> {
    let service = use_context::<Service>()
        .ok_or_else(|| Problem::new(500, "The console is not connected."))?;
    let parts = use_context::<Parts>();
    match parts
        .as_ref()
        .and_then(|parts| parts.extensions.get::<Caller>())
    {
        Some(caller) => Ok((service, caller.clone())),
        None => Err(refuse_a_stranger(parts.as_ref())),
    }
}

fn refuse_a_stranger(parts: Option<&Parts>) -> Problem {
    let page = parts
        .map(|parts| &parts.uri)
        .filter(|uri| !uri.path().starts_with(routes::SERVER_FUNCTIONS));
    let location = page
        .and_then(|uri| uri.path_and_query())
        .map(|page| routes::sign_in(Some(page.as_str()), None))
        .and_then(|address| HeaderValue::from_str(&address).ok());
    if let (Some(location), Some(response)) = (location, use_context::<ResponseOptions>()) {
        response.set_status(StatusCode::FOUND);
        response.insert_header(header::LOCATION, location);
    } else {
        set_status(401);
    }
    Problem::new(
        401,
        "You are not signed in, or not any more. Sign in again.",
    )
}

/// What the browser gets to know of a refusal; the answer's status follows from it.
pub(crate) fn refuse(error: &service::Error) -> Problem {
    let problem = Problem::from(error);
    set_status(problem.code);
    problem
}

/// Gives the answer a status; codes that are none are left out.
pub(crate) fn set_status(code: u16) {
    if let (Some(response), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(code))
    {
        response.set_status(status);
    }
}

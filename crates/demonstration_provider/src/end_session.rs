//! Signing out, as clients ask for it (RP-Initiated Logout 1.0). An ID token of ours says whose session is meant; without
//! one the person is asked first, or any page could sign people out, and the browser is not sent on.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use url::Url;

use crate::claims;
use crate::cookies;
use crate::ledger::{SESSION_LIVES, secret};
use crate::page;
use crate::parameters::{Parameters, Repeated};
use crate::provider::Provider;

/// GET `/end-session`
pub(crate) async fn by_address(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    end_session(
        &provider,
        &headers,
        Parameters::read(query.unwrap_or_default().as_bytes()),
    )
    .await
}

/// POST `/end-session`
pub(crate) async fn by_form(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    end_session(&provider, &headers, Parameters::read_form(&headers, &body)).await
}

async fn end_session(
    provider: &Provider,
    headers: &HeaderMap,
    parameters: Option<Parameters>,
) -> Response {
    let Some(parameters) = parameters else {
        return page::wrong_request("The request cannot be read: it is too long, or not a form.");
    };
    match read(provider, &parameters) {
        Err(text) => page::wrong_request(text),
        Ok(None) => ask(provider, headers),
        Ok(Some((sid, way_back))) => {
            let now = provider.now();
            let here = cookies::read(headers, cookies::SESSION);
            let is_here = here
                .and_then(|cookie| provider.ledger().session(cookie, now).cloned())
                .is_none_or(|here| here.sid == sid);
            provider.end_session(&sid).await;
            let back = way_back.map_or_else(page::signed_out, |url| {
                Redirect::to(url.as_str()).into_response()
            });
            if is_here { without_session(back) } else { back }
        }
    }
}

/// The session to end and where to go then; `None` when the request does not prove which session it means.
fn read(
    provider: &Provider,
    parameters: &Parameters,
) -> Result<Option<(String, Option<Url>)>, &'static str> {
    let twice = |_: Repeated| "A parameter is sent twice.";
    let way_back = parameters.one("post_logout_redirect_uri").map_err(twice)?;
    let state = parameters.one("state").map_err(twice)?;
    let client_id = parameters.one("client_id").map_err(twice)?;
    let Some(hint) = parameters.one("id_token_hint").map_err(twice)? else {
        return Ok(None);
    };
    let (audience, sid) = claims::read_hint(hint, &provider.issuer, provider.keys.clone())
        .ok_or("id_token_hint is not an ID token of this provider.")?;
    let client = provider
        .client(&audience)
        .ok_or("id_token_hint is for a client that is not known here.")?;
    if client_id.is_some_and(|client_id| client_id != audience) {
        return Err("id_token_hint is for another client.");
    }
    let Some(way_back) = way_back else {
        return Ok(Some((sid, None)));
    };
    let wrong = "post_logout_redirect_uri is not one that is registered for this client.";
    if !client
        .post_logout_redirect_uris
        .iter()
        .any(|registered| registered == way_back)
    {
        return Err(wrong);
    }
    let mut url = Url::parse(way_back).map_err(|_| wrong)?;
    if let Some(state) = state {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some((sid, Some(url))))
}

fn ask(provider: &Provider, headers: &HeaderMap) -> Response {
    let now = provider.now();
    let mut ledger = provider.ledger();
    let session =
        cookies::read(headers, cookies::SESSION).and_then(|cookie| ledger.session(cookie, now));
    let Some(person_id) = session.map(|session| session.person_id.clone()) else {
        return page::signed_out();
    };
    let browser = cookies::read(headers, cookies::BROWSER).map_or_else(secret, str::to_owned);
    let cookie = cookies::set(cookies::BROWSER, &browser, SESSION_LIVES.as_secs());
    let token = ledger.show_sign_out(browser, now);
    (
        AppendHeaders([(SET_COOKIE, cookie)]),
        page::ask_to_sign_out(&person_id, &token),
    )
        .into_response()
}

/// POST `/sign-out`: the form of the page that asks.
pub(crate) async fn sign_out(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parameters = Parameters::read_form(&headers, &body);
    let token = parameters
        .as_ref()
        .and_then(|parameters| parameters.one("sign_out").ok().flatten());
    let browser = cookies::read(&headers, cookies::BROWSER);
    let now = provider.now();
    let known = token
        .zip(browser)
        .is_some_and(|(token, browser)| provider.ledger().take_sign_out(token, browser, now));
    if !known {
        return page::wrong_request("This page was used already, or it is too old.");
    }
    let session = cookies::read(&headers, cookies::SESSION)
        .and_then(|cookie| provider.ledger().session(cookie, now).cloned());
    if let Some(session) = session {
        provider.end_session(&session.sid).await;
    }
    without_session(page::signed_out())
}

fn without_session(response: Response) -> Response {
    (
        AppendHeaders([(SET_COOKIE, cookies::set(cookies::SESSION, "", 0))]),
        response,
    )
        .into_response()
}

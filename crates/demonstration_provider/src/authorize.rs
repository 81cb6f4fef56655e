//! Where clients send people to sign in. The one thing to get right is the order: until client and redirect URI are
//! known good, a wrong request ends on a page here and is never sent on (RFC 6749, section 4.1.2.1).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use url::Url;

use crate::cookies;
use crate::ledger::{Asked, SESSION_LIVES, Session, secret};
use crate::page;
use crate::parameters::{Parameters, Repeated};
use crate::provider::Provider;
use crate::scopes::Scopes;

const LONGEST_STATE_BYTES: usize = 1024;

/// Why a request is sent back, in OAuth's words.
struct Refusal(&'static str, String);

impl From<Repeated> for Refusal {
    fn from(Repeated(name): Repeated) -> Self {
        invalid(&format!("{name} is sent twice"))
    }
}

/// What the client wants of the page itself.
struct Prompt {
    never: bool,
    always: bool,
    oldest_seconds: Option<i64>,
}

impl Prompt {
    fn takes(&self, session: &Session, now: Timestamp) -> bool {
        let age_seconds = now.as_second() - session.signed_in_at.as_second();
        !self.always
            && self
                .oldest_seconds
                .is_none_or(|oldest| age_seconds < oldest)
    }
}

/// GET `/authorize`
pub(crate) async fn by_address(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    authorize(
        &provider,
        &headers,
        Parameters::read(query.unwrap_or_default().as_bytes()),
    )
}

/// POST `/authorize`
pub(crate) async fn by_form(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    authorize(&provider, &headers, Parameters::read_form(&headers, &body))
}

fn authorize(provider: &Provider, headers: &HeaderMap, parameters: Option<Parameters>) -> Response {
    let Some(parameters) = parameters else {
        return page::wrong_request("The request cannot be read: it is too long, or not a form.");
    };
    let (client_id, redirect_uri) = match return_address(provider, &parameters) {
        Ok(found) => found,
        Err(text) => return page::wrong_request(text),
    };
    let issuer = &provider.config.issuer;
    let state = parameters
        .one("state")
        .ok()
        .flatten()
        .filter(|state| state.len() <= LONGEST_STATE_BYTES);
    let refuse = |Refusal(error, text): Refusal| {
        send_back(
            issuer,
            redirect_uri,
            state,
            &[("error", error), ("error_description", &text)],
        )
    };
    let (asked, prompt) = match read(&parameters, client_id, redirect_uri) {
        Ok(read) => read,
        Err(refusal) => return refuse(refusal),
    };

    let now = provider.now();
    let mut ledger = provider.ledger();
    let session =
        cookies::read(headers, cookies::SESSION).and_then(|cookie| ledger.session(cookie, now));
    if let Some(session) = session
        .filter(|session| prompt.takes(session, now))
        .cloned()
    {
        let code = ledger.new_code(asked, session, now);
        return send_back(issuer, redirect_uri, state, &[("code", &code)]);
    }
    if prompt.never {
        return refuse(Refusal(
            "login_required",
            "nobody is signed in, or not recently enough".to_owned(),
        ));
    }
    let browser = cookies::read(headers, cookies::BROWSER).map_or_else(secret, str::to_owned);
    let cookie = cookies::set(cookies::BROWSER, &browser, SESSION_LIVES.as_secs());
    let token = ledger.show_sign_in(browser, asked, now);
    let page = page::sign_in(ledger.people(), client_id, redirect_uri, &token);
    (AppendHeaders([(SET_COOKIE, cookie)]), page).into_response()
}

fn return_address<'a>(
    provider: &Provider,
    parameters: &'a Parameters,
) -> Result<(&'a str, &'a str), &'static str> {
    let twice = |_: Repeated| "client_id or redirect_uri is sent twice.";
    let client_id = parameters
        .one("client_id")
        .map_err(twice)?
        .ok_or("client_id is missing.")?;
    let client = provider
        .client(client_id)
        .ok_or("There is no client with this client_id.")?;
    let redirect_uri = parameters
        .one("redirect_uri")
        .map_err(twice)?
        .ok_or("redirect_uri is missing.")?;
    if client
        .redirect_uris
        .iter()
        .any(|registered| registered == redirect_uri)
    {
        Ok((client_id, redirect_uri))
    } else {
        Err("redirect_uri is not one that is registered for this client.")
    }
}

fn read(
    parameters: &Parameters,
    client_id: &str,
    redirect_uri: &str,
) -> Result<(Asked, Prompt), Refusal> {
    if parameters.one("request")?.is_some() {
        return Err(Refusal(
            "request_not_supported",
            "send the parameters themselves".to_owned(),
        ));
    }
    if parameters.one("request_uri")?.is_some() {
        return Err(Refusal(
            "request_uri_not_supported",
            "send the parameters themselves".to_owned(),
        ));
    }
    match parameters.one("response_type")? {
        Some("code") => {}
        Some(_) => {
            return Err(Refusal(
                "unsupported_response_type",
                "response_type has to be code".to_owned(),
            ));
        }
        None => return Err(invalid("response_type is missing")),
    }
    if parameters
        .one("response_mode")?
        .is_some_and(|mode| mode != "query")
    {
        return Err(invalid("response_mode has to be query"));
    }
    let scopes = Scopes::read(parameters.one("scope")?.unwrap_or_default());
    if !scopes.has("openid") {
        return Err(Refusal(
            "invalid_scope",
            "scope has to have openid in it".to_owned(),
        ));
    }
    let asked = Asked {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: short(parameters, "state")?,
        nonce: short(parameters, "nonce")?,
        code_challenge: code_challenge(parameters)?,
    };
    Ok((asked, prompt(parameters)?))
}

fn short(parameters: &Parameters, name: &'static str) -> Result<Option<String>, Refusal> {
    match parameters.one(name)? {
        Some(value) if value.len() > LONGEST_STATE_BYTES => {
            Err(invalid(&format!("{name} is too long")))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// S256 or nothing: with `plain`, whoever sees the request can redeem the code (RFC 9700, section 2.1.1).
fn code_challenge(parameters: &Parameters) -> Result<String, Refusal> {
    if parameters.one("code_challenge_method")? != Some("S256") {
        return Err(invalid("code_challenge_method has to be S256"));
    }
    let challenge = parameters.one("code_challenge")?.unwrap_or_default();
    let base64url = challenge
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if challenge.len() == 43 && base64url {
        Ok(challenge.to_owned())
    } else {
        Err(invalid(
            "code_challenge has to be 43 characters of base64url",
        ))
    }
}

fn prompt(parameters: &Parameters) -> Result<Prompt, Refusal> {
    let words: Vec<&str> = parameters
        .one("prompt")?
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    if words
        .iter()
        .any(|word| !matches!(*word, "none" | "login" | "select_account" | "consent"))
    {
        return Err(invalid("prompt has an unknown word"));
    }
    let never = words.contains(&"none");
    if never && words.len() > 1 {
        return Err(invalid("prompt=none stands alone"));
    }
    let oldest_seconds = match parameters.one("max_age")? {
        None => None,
        Some(text) => {
            let seconds = text
                .parse::<u32>()
                .map_err(|_| invalid("max_age has to be a number of seconds"))?;
            Some(i64::from(seconds))
        }
    };
    Ok(Prompt {
        never,
        always: !never && !words.is_empty(),
        oldest_seconds,
    })
}

fn invalid(text: &str) -> Refusal {
    Refusal("invalid_request", text.to_owned())
}

/// POST `/sign-in`: the form of the sign-in page.
pub(crate) async fn sign_in(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((token, person, cancelled)) = choice(&headers, &body) else {
        return page::wrong_request("This is not what the sign-in page sends.");
    };
    let Some(browser) = cookies::read(&headers, cookies::BROWSER) else {
        return page::wrong_request(
            "The browser did not send the page's cookie. Signing in needs cookies.",
        );
    };
    let now = provider.now();
    let mut ledger = provider.ledger();
    let Some(asked) = ledger.take_sign_in(&token, browser, now) else {
        return page::wrong_request("This sign-in page was used already, or it is too old.");
    };
    let issuer = &provider.config.issuer;
    let (redirect_uri, state) = (asked.redirect_uri.clone(), asked.state.clone());
    if cancelled {
        let words = [
            ("error", "access_denied"),
            ("error_description", "nobody was chosen"),
        ];
        return send_back(issuer, &redirect_uri, state.as_deref(), &words);
    }
    let before = cookies::read(&headers, cookies::SESSION);
    let Some((cookie, session)) = person.and_then(|person| ledger.sign_in(&person, before, now))
    else {
        return page::wrong_request("There is no such person.");
    };
    tracing::info!(
        person = session.person_id,
        client = asked.client_id,
        "signed in at the demonstration provider"
    );
    let code = ledger.new_code(asked, session, now);
    let cookie = cookies::set(cookies::SESSION, &cookie, SESSION_LIVES.as_secs());
    let back = send_back(issuer, &redirect_uri, state.as_deref(), &[("code", &code)]);
    (AppendHeaders([(SET_COOKIE, cookie)]), back).into_response()
}

fn choice(headers: &HeaderMap, body: &[u8]) -> Option<(String, Option<String>, bool)> {
    let parameters = Parameters::read_form(headers, body)?;
    let token = parameters.one("sign_in").ok()??.to_owned();
    let person = parameters.one("person").ok()?.map(str::to_owned);
    let cancelled = parameters.one("cancel").ok()?.is_some();
    Some((token, person, cancelled))
}

/// Sends the browser back to the client, saying from whom (RFC 9207).
fn send_back(
    issuer: &str,
    redirect_uri: &str,
    state: Option<&str>,
    words: &[(&str, &str)],
) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return page::notice(
            StatusCode::INTERNAL_SERVER_ERROR,
            "There is no way back",
            "The client's address is wrong.",
        );
    };
    url.query_pairs_mut()
        .extend_pairs(words)
        .extend_pairs(state.map(|state| ("state", state)))
        .append_pair("iss", issuer);
    Redirect::to(url.as_str()).into_response()
}

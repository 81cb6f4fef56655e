//! The token endpoint. A client proves itself first, so that nobody learns by asking whether a code or token exists.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::claims;
use crate::config::Client;
use crate::ledger::{ACCESS_TOKEN_LIVES, Issued, Refused};
use crate::parameters::{Parameters, Repeated};
use crate::provider::Provider;

/// Why there are no tokens (RFC 6749, section 5.2).
struct Refusal {
    status: StatusCode,
    error: &'static str,
    text: String,
}

impl Refusal {
    fn new(error: &'static str, text: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            text: text.to_owned(),
        }
    }

    fn client(text: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            text: text.to_owned(),
        }
    }
}

impl From<Repeated> for Refusal {
    fn from(Repeated(name): Repeated) -> Self {
        Self::new("invalid_request", &format!("{name} is sent twice"))
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Grant(text) => Self::new("invalid_grant", text),
            Refused::Scope => Self::new("invalid_scope", "scope asks for more than was granted"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let words = Json(json!({ "error": self.error, "error_description": self.text }));
        if self.status == StatusCode::UNAUTHORIZED {
            (
                self.status,
                [(WWW_AUTHENTICATE, "Basic realm=\"demonstration provider\"")],
                words,
            )
                .into_response()
        } else {
            (self.status, words).into_response()
        }
    }
}

/// POST `/token`
pub(crate) async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&provider, &headers, &body) {
        Ok(tokens) => Json(tokens).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn answer(provider: &Provider, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let parameters = Parameters::read_form(headers, body).ok_or_else(|| {
        Refusal::new(
            "invalid_request",
            "the body has to be a form, and not too long",
        )
    })?;
    let client = client(provider, headers, &parameters)?;
    let needed = |name: &'static str| {
        parameters
            .one(name)?
            .ok_or_else(|| Refusal::new("invalid_request", &format!("{name} is missing")))
    };
    let now = provider.now();
    let issued = match needed("grant_type")? {
        "authorization_code" => {
            let (code, redirect_uri) = (needed("code")?, needed("redirect_uri")?);
            let verifier = needed("code_verifier")?;
            provider
                .ledger()
                .exchange_code(&client.id, code, redirect_uri, verifier, now)?
        }
        "refresh_token" => {
            let (refresh_token, scope) = (needed("refresh_token")?, parameters.one("scope")?);
            provider
                .ledger()
                .refresh(&client.id, refresh_token, scope, now)?
        }
        _ => {
            return Err(Refusal::new(
                "unsupported_grant_type",
                "authorization_code or refresh_token",
            ));
        }
    };

    let Issued {
        access_token,
        refresh_token,
        grant,
        person,
        nonce,
    } = issued;
    let id_token = claims::id_token(
        &provider.key,
        &provider.issuer,
        &grant,
        &person,
        nonce,
        &access_token,
        now,
    );
    let id_token = id_token.map_err(|error| {
        tracing::error!(%error, "an ID token could not be signed");
        let text = "the ID token could not be signed".to_owned();
        Refusal {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            text,
        }
    })?;
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_LIVES.as_secs(),
        "refresh_token": refresh_token,
        "id_token": id_token.to_string(),
        "scope": grant.scopes.text(),
    }))
}

/// Who asks: by `client_secret_basic` or `client_secret_post`, never by both.
fn client<'a>(
    provider: &'a Provider,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<&'a Client, Refusal> {
    let (sent_id, sent_secret) = (
        parameters.one("client_id")?,
        parameters.one("client_secret")?,
    );
    let (id, secret) = match headers.get(AUTHORIZATION) {
        Some(_) if sent_secret.is_some() => {
            return Err(Refusal::new(
                "invalid_request",
                "the client proves itself in two ways at once",
            ));
        }
        Some(header) => basic(header.as_bytes())
            .ok_or_else(|| Refusal::client("the Authorization header cannot be read"))?,
        None => match (sent_id, sent_secret) {
            (Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
            _ => return Err(Refusal::client("the client does not prove itself")),
        },
    };
    if sent_id.is_some_and(|sent| sent != id) {
        return Err(Refusal::new(
            "invalid_request",
            "client_id is not the client that proves itself",
        ));
    }
    provider
        .client(&id)
        .filter(|client| Sha256::digest(&client.secret) == Sha256::digest(&secret))
        .ok_or_else(|| Refusal::client("there is no such client, or its secret is another"))
}

fn basic(header: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

/// Both halves are form-encoded before they are joined (RFC 6749, section 2.3.1). A client that forgot to may have left
/// `&` and `=` in them, which separate nothing here.
fn form_decoded(text: &str) -> String {
    let text = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

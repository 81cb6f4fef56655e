//! Where programs get their tokens: `POST /api/v1/token` as Run:ai has it, `POST /api/v2/token` as OAuth 2.0 has it.
//!
//! Both give the same tokens. A refresh token is good once; the answer brings the next one.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use credentials::{Secret, Token, TokenUse};
use domain::{AccessKey, AccessKeyId};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use wire::Problem;

use crate::device::Waiting;
use crate::limits::TooMany;
use crate::refused::{Refused, chain};
use crate::token_request::{TokenRequest, Unusable};
use crate::{Identity, origin};

const ACCESS_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(1);
const REFRESH_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

struct Issued {
    access_token: String,
    refresh_token: String,
    expires_in_seconds: i64,
    /// What more tokens can be asked for with, where the program has not got it yet.
    key: Option<(AccessKeyId, Secret)>,
}

/// From which address a request came.
#[derive(Clone, Copy)]
pub(crate) struct Sender(Option<IpAddr>);

/// Finds out from where a token is asked for.
pub(crate) async fn note_sender(
    State(identity): State<Identity>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = origin::of(&request, identity.trusted_proxies()).address;
    request.extensions_mut().insert(Sender(address));
    next.run(request).await
}

/// Why there is no token.
enum NoToken {
    Unusable(Unusable),
    /// No such key, another secret, disabled or expired: which of them is nobody's to know.
    Client,
    /// The refresh token was used, has expired, or its key has ended.
    Refresh,
    /// The person has to sign in again first.
    SignIn,
    /// Nobody has let the program in, with the word of RFC 8628.
    Device(&'static str),
    /// Too many wrong secrets from this address.
    TooMany(TooMany),
    Failed(Refused),
}

impl From<Refused> for NoToken {
    fn from(error: Refused) -> Self {
        Self::Failed(error)
    }
}

impl From<Unusable> for NoToken {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable(unusable)
    }
}

/// `POST /api/v1/token`
pub(crate) async fn by_json(
    State(identity): State<Identity>,
    Extension(Sender(address)): Extension<Sender>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_type(&headers, "application/json") {
        return problem(415, "Send the request as application/json.", "Content-Type");
    }
    let asked = TokenRequest::from_json(&body).map_err(NoToken::from);
    match identity.issue(asked, address).await {
        Ok(issued) => answer(&json!({
            "accessToken": issued.access_token,
            "refreshToken": issued.refresh_token,
            "expiresIn": issued.expires_in_seconds,
        })),
        Err(no_token) => refuse_json(&no_token),
    }
}

/// `POST /api/v2/token`
pub(crate) async fn by_form(
    State(identity): State<Identity>,
    Extension(Sender(address)): Extension<Sender>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = if is_type(&headers, "application/x-www-form-urlencoded") {
        TokenRequest::from_form(&headers, &body)
    } else {
        Err(Unusable::Unreadable)
    };
    let asked = asked.map_err(NoToken::from);
    match identity.issue(asked, address).await {
        Ok(issued) => {
            let mut tokens = json!({
                "access_token": issued.access_token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in_seconds,
                "refresh_token": issued.refresh_token,
            });
            if let Some((id, secret)) = issued.key {
                tokens["client_id"] = json!(id);
                tokens["client_secret"] = json!(secret.reveal());
            }
            answer(&tokens)
        }
        Err(no_token) => refuse_form(&no_token),
    }
}

impl Identity {
    async fn issue(
        &self,
        asked: Result<TokenRequest, NoToken>,
        address: Option<IpAddr>,
    ) -> Result<Issued, NoToken> {
        let sign_ins = &self.limits().sign_ins;
        sign_ins
            .look(address, self.now())
            .map_err(NoToken::TooMany)?;
        let mut fetched = None;
        let found = match asked? {
            TokenRequest::Secret { id, secret } => self
                .key_with_secret(&id, &secret)
                .await?
                .ok_or(NoToken::Client),
            TokenRequest::Refresh { token } => self.trade(&token).await,
            TokenRequest::Device { code } => match self.fetch_device_key(&code).await? {
                Waiting::LetIn(key, secret) => {
                    fetched = Some((key.id, secret));
                    Ok(key)
                }
                Waiting::StillWaits => Err(NoToken::Device("authorization_pending")),
                Waiting::TooSoon => Err(NoToken::Device("slow_down")),
                Waiting::Refused => Err(NoToken::Device("access_denied")),
                Waiting::Gone => Err(NoToken::Device("expired_token")),
            },
        };
        if let Err(
            NoToken::Client | NoToken::Refresh | NoToken::Device("expired_token" | "slow_down"),
        ) = &found
        {
            // Only what was wrong counts: programs may well ask often.
            let _ = sign_ins.take(address, self.now());
        }
        let key = found?;
        if self.caller_of_key(&key).await?.is_none() {
            return Err(NoToken::SignIn);
        }
        tracing::info!(access_key = %key.id, "gave a token");
        Ok(Issued {
            key: fetched,
            ..self.tokens_of(&key)
        })
    }

    /// The key of a refresh token, which is used up by this.
    async fn trade(&self, text: &str) -> Result<AccessKey, NoToken> {
        let token =
            Token::read(text, TokenUse::Refresh, self.key(), self.now()).ok_or(NoToken::Refresh)?;
        let key = self.usable_key(token.key_id, token.secret_number).await?;
        let key = key.ok_or(NoToken::Refresh)?;
        let id = token.id.to_string();
        let is_first = self
            .sessions()
            .use_up("refresh token", &id, token.expires_at())
            .await
            .map_err(Refused::from)?;
        if is_first {
            Ok(key)
        } else {
            tracing::warn!(access_key = %key.id, "a refresh token came twice");
            Err(NoToken::Refresh)
        }
    }

    /// Tokens that end with their key at the latest.
    fn tokens_of(&self, key: &AccessKey) -> Issued {
        let now = self.now();
        let until = |life: SignedDuration| -> Timestamp {
            let end = now + life;
            key.expires_at.map_or(end, |expires_at| end.min(expires_at))
        };
        let token = |token_use, life| {
            let token = Token::new(key.id, key.secret_number, self.fresh_id(), now, until(life));
            token.sign(token_use, self.key())
        };
        Issued {
            access_token: token(TokenUse::Access, ACCESS_TOKEN_LIFE),
            refresh_token: token(TokenUse::Refresh, REFRESH_TOKEN_LIFE),
            expires_in_seconds: until(ACCESS_TOKEN_LIFE).as_second() - now.as_second(),
            key: None,
        }
    }
}

pub(crate) fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    let sent = headers
        .get(CONTENT_TYPE)
        .and_then(|sent| sent.to_str().ok());
    sent.and_then(|sent| sent.split(';').next())
        .is_some_and(|sent| sent.trim().eq_ignore_ascii_case(wanted))
}

/// Tokens stay in no cache (RFC 6749, section 5.1).
const NO_STORE: (http::HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));

pub(crate) fn answer(tokens: &Value) -> Response {
    ([NO_STORE], Json(tokens)).into_response()
}

fn problem(code: u16, message: &str, details: &str) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    let problem = Problem::new(code, message).with_details(details);
    (status, [NO_STORE], Json(problem)).into_response()
}

const NO_CLIENT: &str =
    "There is no such client id with this secret, or it is disabled or has expired.";
const NO_REFRESH: &str =
    "This refresh token is not valid, or not any more. Ask with the client id and secret again.";
const NO_SIGN_IN: &str = "The person of this access key has to sign in to the console again: their groups are not known any more.";
const TOO_MANY: &str = "Too many wrong secrets come from your address. Try again in a minute.";
const AWAY: &str = "The console cannot tell at the moment. Try again in a minute.";

fn refuse_json(no_token: &NoToken) -> Response {
    match no_token {
        NoToken::Unusable(unusable) => {
            let (message, details) = words(unusable);
            problem(400, &message, &details)
        }
        NoToken::Client => problem(401, NO_CLIENT, ""),
        NoToken::Refresh => problem(401, NO_REFRESH, ""),
        NoToken::SignIn => problem(401, NO_SIGN_IN, ""),
        NoToken::Device(word) => problem(400, device_words(word), ""),
        NoToken::TooMany(too_many) => too_many.answer(TOO_MANY),
        NoToken::Failed(error) => {
            tracing::error!(error = chain(error), "cannot give a token");
            problem(503, AWAY, "")
        }
    }
}

/// RFC 6749, section 5.2.
fn refuse_form(no_token: &NoToken) -> Response {
    let (status, error, description) = match no_token {
        NoToken::TooMany(too_many) => return too_many.answer(TOO_MANY),
        NoToken::Unusable(Unusable::Grant(_)) => (
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "client_credentials or refresh_token".to_owned(),
        ),
        NoToken::Unusable(unusable) => {
            let (message, _) = words(unusable);
            (StatusCode::BAD_REQUEST, "invalid_request", message)
        }
        NoToken::Client => (
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            NO_CLIENT.to_owned(),
        ),
        NoToken::Refresh => (
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            NO_REFRESH.to_owned(),
        ),
        NoToken::SignIn => (
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            NO_SIGN_IN.to_owned(),
        ),
        NoToken::Device(word) => (
            StatusCode::BAD_REQUEST,
            *word,
            device_words(word).to_owned(),
        ),
        NoToken::Failed(error) => {
            tracing::error!(error = chain(error), "cannot give a token");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                AWAY.to_owned(),
            )
        }
    };
    let mut response = oauth_problem(status.as_u16(), error, &description);
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    }
    response
}

/// A refusal as OAuth 2.0 has it.
pub(crate) fn oauth_problem(status: u16, error: &str, description: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({ "error": error, "error_description": description }));
    (status, [NO_STORE], body).into_response()
}

/// The words of RFC 8628, section 3.5, for people.
fn device_words(word: &str) -> &'static str {
    match word {
        "authorization_pending" => "Nobody has let this program in yet.",
        "slow_down" => "Nobody has let this program in yet. Wait longer before you ask again.",
        "access_denied" => "Somebody refused to let this program in.",
        _ => "There is no such sign-in any more. Begin another one.",
    }
}

fn words(unusable: &Unusable) -> (String, String) {
    match unusable {
        Unusable::Field(name) => (
            format!("The field {name} is missing, is there twice, or is not text."),
            (*name).to_owned(),
        ),
        Unusable::Unknown(name) => ("There is no such field.".to_owned(), name.clone()),
        Unusable::Grant(grant) => (
            format!(
                "“{grant}” is not offered here: use client_credentials, app_token or refresh_token."
            ),
            "grantType".to_owned(),
        ),
        Unusable::Unreadable => ("The request cannot be read.".to_owned(), String::new()),
    }
}

//! A console over HTTP: requests with a token that is good, answers as JSON or as a problem.
//!
//! Redirects are not followed: whoever answers from elsewhere must not see the token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uploader::protocol;
use url::{Url, form_urlencoded};
use wire::Problem;

use crate::Error;
use crate::credentials::Key;

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long an answer other than a file's bytes may take.
const ANSWER_TIME: Duration = Duration::from_mins(2);
/// A token is not used in its last minute: it might end on the way.
const TOKEN_MARGIN: Duration = Duration::from_mins(1);

/// A console and who asks it.
pub(crate) struct Console {
    http: Client,
    url: Url,
    key: Key,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    text: String,
    good_until: Instant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    access_token: String,
    expires_in: u64,
}

/// Sends a form to an address of OAuth 2.0; the inner error is its word for what is wrong.
pub(crate) async fn send_form<T: DeserializeOwned>(
    http: &Client,
    console: &Url,
    path: &str,
    fields: &[(&str, &str)],
) -> Result<Result<T, String>, Error> {
    let url = console.to_string();
    let unreachable = |source: reqwest::Error| Error::Unreachable {
        url: url.clone(),
        source: source.without_url(),
    };
    let mut address = console.clone();
    address.set_path(path);
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = http
        .post(address)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .timeout(ANSWER_TIME)
        .body(form);
    let answer = request.send().await.map_err(&unreachable)?;
    let status = answer.status();
    let text = answer.text().await.map_err(&unreachable)?;
    if status.is_success() {
        return match serde_json::from_str(&text) {
            Ok(found) => Ok(Ok(found)),
            Err(source) => Err(Error::Answer { url, source }),
        };
    }
    let word = serde_json::from_str::<Value>(&text);
    match word.as_ref().ok().and_then(|body| body["error"].as_str()) {
        Some(word) => Ok(Err(word.to_owned())),
        None => Err(Error::Refused(problem(status.as_u16(), &text))),
    }
}

/// A client that trusts what this machine trusts.
pub(crate) fn http() -> Result<Client, Error> {
    let tls = |error: &dyn std::error::Error| Error::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let settings = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| tls(&error))?
        .with_platform_verifier()
        .map_err(|error| tls(&error))?
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(settings)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIME)
        .user_agent(concat!("stowage/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| tls(&error))
}

impl Console {
    pub(crate) fn new(url: Url, key: Key) -> Result<Self, Error> {
        Ok(Self {
            http: http()?,
            url,
            key,
            token: Mutex::default(),
        })
    }

    /// An address beneath `/api/v1/`, with a query.
    fn address(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut address = self.url.clone();
        address.set_path(&format!("/api/v1/{path}"));
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        address
    }

    /// Proves who asks; afterwards a token is there.
    pub(crate) async fn sign_in(&self) -> Result<(), Error> {
        self.token().await.map(|_| ())
    }

    async fn token(&self) -> Result<String, Error> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept
            .as_ref()
            .filter(|token| Instant::now() < token.good_until)
        {
            return Ok(token.text.clone());
        }
        let body = json!({
            "grantType": "client_credentials",
            "clientID": self.key.client_id,
            "clientSecret": self.key.client_secret,
        });
        let request = self
            .http
            .post(self.address("token", &[]))
            .header(CONTENT_TYPE, "application/json")
            .timeout(ANSWER_TIME)
            .body(body.to_string());
        let tokens: Tokens = self.read(self.send(request).await?).await?;
        let life = Duration::from_secs(tokens.expires_in).saturating_sub(TOKEN_MARGIN);
        *kept = Some(Token {
            text: tokens.access_token.clone(),
            good_until: Instant::now() + life,
        });
        Ok(tokens.access_token)
    }

    /// A request with a token. Whoever sends a file's bytes sets no limit of time.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, Error> {
        let token = self.token().await?;
        let request = self.http.request(method, self.address(path, query));
        Ok(request.header(AUTHORIZATION, format!("Bearer {token}")))
    }

    /// Sends a request, whatever the answer says.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        request
            .send()
            .await
            .map_err(|error| self.unreachable(error))
    }

    pub(crate) fn unreachable(&self, source: reqwest::Error) -> Error {
        Error::Unreachable {
            url: self.url.to_string(),
            source: source.without_url(),
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let request = self.request(Method::GET, path, query).await?;
        self.read(self.send(request.timeout(ANSWER_TIME)).await?)
            .await
    }

    /// Sends a change; an answer without a body is `null`.
    pub(crate) async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let mut request = self.request(method, path, &[]).await?.timeout(ANSWER_TIME);
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        self.read(self.send(request).await?).await
    }

    async fn read<T: DeserializeOwned>(&self, answer: Response) -> Result<T, Error> {
        let status = answer.status();
        let text = answer
            .text()
            .await
            .map_err(|error| self.unreachable(error))?;
        if !status.is_success() {
            return Err(Error::Refused(problem(status.as_u16(), &text)));
        }
        let text = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(text).map_err(|source| Error::Answer {
            url: self.url.to_string(),
            source,
        })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

/// The problem of a refusal. A proxy before the console answers in its own words.
pub(crate) fn problem(status: u16, body: &str) -> Problem {
    protocol::problem_or(status, body, words)
}

fn words(status: u16) -> &'static str {
    match status {
        300..=399 => "The console leads elsewhere. Sign in with the address that its pages have.",
        401 => "Not signed in any more. Run `stowage login`.",
        404 => "There is no console at this address, or one of another version.",
        413 => "A proxy before the console takes no request of this size.",
        429 | 502..=504 => "The console is busy or restarting. Try again in a minute.",
        507 => "There is no room left in the data volume.",
        _ => "The console failed. Its log says more.",
    }
}

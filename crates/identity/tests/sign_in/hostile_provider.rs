//! A provider that answers whatever a test likes, properly signed or not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Clock as _;
use http::StatusCode;
use jiff::Timestamp;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{AccessToken, AccessTokenHash, JsonWebKeyId, PrivateSigningKey as _};
use ring::hmac;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser::{Browser, Page};
use crate::setting::{Console, Place, provider};

pub(crate) const ACCESS_TOKEN: &str = "an-access-token";

/// How a token is signed.
pub(crate) enum Signature {
    /// With the key of that number.
    Key(u8),
    /// Not at all.
    None,
    /// With a secret that both sides know, or an attacker takes for one.
    Hmac(Vec<u8>),
}

pub(crate) struct Token {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signature: Signature,
}

impl Token {
    pub(crate) fn text(&self) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&self.header), part(&self.claims));
        let signature = match &self.signature {
            Signature::Key(number) => key(*number)
                .sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes())
                .expect("a signature"),
            Signature::None => Vec::new(),
            Signature::Hmac(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Key number 7 is called `key-7`.
fn key(number: u8) -> CoreEdDsaPrivateSigningKey {
    // RFC 8410: the same sixteen bytes before the seed of every Ed25519 key.
    let mut der = vec![48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
    der.extend([number; 32]);
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    );
    let id = JsonWebKeyId::new(format!("key-{number}"));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(id)).expect("a key")
}

fn public_key(number: u8) -> Value {
    serde_json::to_value(key(number).as_verification_key()).expect("JSON")
}

/// The public key's own bytes, which everybody knows.
pub(crate) fn public_bytes(number: u8) -> Vec<u8> {
    let key = public_key(number);
    URL_SAFE_NO_PAD
        .decode(key["x"].as_str().expect("text"))
        .expect("base64")
}

/// The `at_hash` of an access token.
pub(crate) fn hash_of(access_token: &str) -> String {
    let token = AccessToken::new(access_token.to_owned());
    let key = key(1).as_verification_key();
    let hash = AccessTokenHash::from_token(&token, &CoreJwsSigningAlgorithm::EdDsa, &key);
    hash.expect("a hash").to_string()
}

pub(crate) struct HostileProvider(Arc<Plan>);

struct Plan {
    issuer: String,
    keys: Mutex<Vec<u8>>,
    keys_read: AtomicUsize,
    tokens_given: AtomicUsize,
    tokens: Mutex<(StatusCode, Value)>,
    user_info: Mutex<Option<Value>>,
}

impl HostileProvider {
    pub(crate) async fn start() -> Self {
        Self::answer_on(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    pub(crate) fn answer_on(listener: TcpListener) -> Self {
        let plan = Arc::new(Plan {
            issuer: format!("http://{}", listener.local_addr().expect("an address")),
            keys: Mutex::new(vec![1]),
            keys_read: AtomicUsize::new(0),
            tokens_given: AtomicUsize::new(0),
            tokens: Mutex::new((StatusCode::OK, Value::Null)),
            user_info: Mutex::new(None),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(tokens))
            .route("/userinfo", get(user_info))
            .with_state(Arc::clone(&plan));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self(plan)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// A token with which everything is in order.
    pub(crate) fn token(&self, nonce: &str, now: Timestamp) -> Token {
        let seconds = now.as_second();
        Token {
            header: json!({ "alg": "EdDSA", "kid": "key-1", "typ": "JWT" }),
            claims: json!({
                "iss": self.issuer(), "aud": "stowage", "sub": "ada", "nonce": nonce, "name": "Ada Lovelace",
                "iat": seconds, "exp": seconds + 300, "groups": ["vision-editors"],
                "at_hash": hash_of(ACCESS_TOKEN),
            }),
            signature: Signature::Key(1),
        }
    }

    /// A logout token with which everything is in order.
    pub(crate) fn logout_token(&self, now: Timestamp) -> Token {
        let seconds = now.as_second();
        Token {
            header: json!({ "alg": "EdDSA", "kid": "key-1", "typ": "logout+jwt" }),
            claims: json!({
                "iss": self.issuer(), "aud": "stowage", "sub": "ada", "sid": "session-1", "jti": "once",
                "iat": seconds, "exp": seconds + 120,
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            }),
            signature: Signature::Key(1),
        }
    }

    pub(crate) fn answer_with(&self, token: &Token) {
        let answer = json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": token.text() });
        self.answer_with_json(StatusCode::OK, answer);
    }

    pub(crate) fn answer_with_json(&self, status: StatusCode, answer: Value) {
        *self.0.tokens.lock().expect("the plan") = (status, answer);
    }

    pub(crate) fn tell(&self, user_info: Value) {
        *self.0.user_info.lock().expect("the plan") = Some(user_info);
    }

    pub(crate) fn publish_keys(&self, numbers: &[u8]) {
        *self.0.keys.lock().expect("the plan") = numbers.to_vec();
    }

    pub(crate) fn tokens_given(&self) -> usize {
        self.0.tokens_given.load(Ordering::SeqCst)
    }

    pub(crate) fn keys_read(&self) -> usize {
        self.0.keys_read.load(Ordering::SeqCst)
    }
}

async fn configuration(State(plan): State<Arc<Plan>>) -> Json<Value> {
    let issuer = &plan.issuer;
    // It advertises what must not be believed.
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["none", "HS256", "EdDSA"],
        "code_challenge_methods_supported": ["plain"],
    }))
}

async fn keys(State(plan): State<Arc<Plan>>) -> Json<Value> {
    plan.keys_read.fetch_add(1, Ordering::SeqCst);
    let numbers = plan.keys.lock().expect("the plan").clone();
    let keys: Vec<Value> = numbers.into_iter().map(public_key).collect();
    Json(json!({ "keys": keys }))
}

async fn tokens(State(plan): State<Arc<Plan>>) -> (StatusCode, Json<Value>) {
    plan.tokens_given.fetch_add(1, Ordering::SeqCst);
    let (status, answer) = plan.tokens.lock().expect("the plan").clone();
    (status, Json(answer))
}

async fn user_info(State(plan): State<Arc<Plan>>) -> (StatusCode, Json<Value>) {
    match plan.user_info.lock().expect("the plan").clone() {
        Some(claims) => (StatusCode::OK, Json(claims)),
        None => (
            StatusCode::FORBIDDEN,
            Json(json!({ "error": "insufficient_scope" })),
        ),
    }
}

/// A console whose only provider is a hostile one, and a browser.
pub(crate) struct Scene {
    pub(crate) console: Console,
    pub(crate) provider: HostileProvider,
    pub(crate) browser: Browser,
}

/// A sign-in that was begun.
pub(crate) struct Begun {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) page: Page,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let place = Place::new().await;
        let public_url = place.origin.clone();
        Self::behind(&public_url, place).await
    }

    /// The same behind TLS that ends in front of the console.
    pub(crate) async fn behind_https() -> Self {
        Self::behind("https://stowage.example", Place::new().await).await
    }

    async fn behind(public_url: &str, place: Place) -> Self {
        let hostile = HostileProvider::start().await;
        let settings = vec![provider("company", hostile.issuer())];
        let console = Console::open_behind(public_url, place, settings).await;
        Self {
            console,
            provider: hostile,
            browser: Browser::new(),
        }
    }

    pub(crate) async fn begin(&mut self) -> Begun {
        self.begin_for("/data-volumes").await
    }

    pub(crate) async fn begin_for(&mut self, return_to: &str) -> Begun {
        let mut address: url::Url = self
            .console
            .address("/auth/sign-in/company")
            .parse()
            .expect("an address");
        address
            .query_pairs_mut()
            .append_pair("return_to", return_to);
        let page = self.browser.get(address.as_str()).await;
        Begun {
            state: page.sent_with("state"),
            nonce: page.sent_with("nonce"),
            page,
        }
    }

    /// A good token for that sign-in.
    pub(crate) fn token(&self, begun: &Begun) -> Token {
        self.provider.token(&begun.nonce, self.console.clock.now())
    }

    pub(crate) async fn come_back(&mut self, state: &str) -> Page {
        let address = format!("/auth/callback/company?code=a-code&state={state}");
        self.browser.get(&self.console.address(&address)).await
    }

    /// The code of the problem with a token that was changed, empty if there is none.
    pub(crate) async fn verdict(&mut self, change: impl FnOnce(&mut Token)) -> String {
        let begun = self.begin().await;
        let mut token = self.token(&begun);
        change(&mut token);
        self.provider.answer_with(&token);
        self.come_back(&begun.state).await.sent_with("problem")
    }

    pub(crate) async fn sign_in(&mut self) {
        assert_eq!(self.verdict(|_| {}).await, "");
    }

    pub(crate) async fn me(&mut self) -> Page {
        self.browser.get(&self.console.address("/me")).await
    }

    pub(crate) fn session_cookie(&self) -> String {
        self.browser.cookies["stowage"].clone()
    }
}

//! One provider, one browser and one client, with the steps that most tests share.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use demonstration_provider::{Client, Config, DemonstrationProvider, Person};
use domain::Clock;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

pub(crate) const ISSUER: &str = "http://127.0.0.1:8081";
pub(crate) const HOSTNAME: &str = "127.0.0.1:8081";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:8080/sign-in/callback";
pub(crate) const SIGNED_OUT: &str = "http://127.0.0.1:8080/signed-out";
pub(crate) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-1234";
pub(crate) const SECRET: &str = "s3cret & more=%";

/// Made once for all tests, because making a key takes a while.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let config = config(&folder);
    let path = config.signing_key_path.clone();
    DemonstrationProvider::start(config, Arc::new(HandClock::new())).expect("a provider");
    std::fs::read_to_string(path).expect("its key")
});

/// A clock that stands still until it is handed on.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(
            "2026-03-02T09:00:00Z".parse().expect("an instant"),
        ))
    }

    pub(crate) fn hand_on(&self, by: SignedDuration) {
        *self.0.lock().expect("the clock") += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("the clock")
    }
}

pub(crate) fn ada() -> Person {
    Person {
        id: "ada".to_owned(),
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.org".to_owned(),
        groups: vec!["vision-editors".to_owned(), "speech-viewers".to_owned()],
    }
}

pub(crate) fn config(folder: &TempDir) -> Config {
    let nobody = Person {
        id: "bob".to_owned(),
        name: "Bob <script>".to_owned(),
        email: "bob@example.org".to_owned(),
        groups: Vec::new(),
    };
    let client = |id: &str| Client {
        id: id.to_owned(),
        secret: SECRET.to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec![SIGNED_OUT.to_owned()],
        back_channel_logout_uri: None,
    };
    Config {
        issuer: ISSUER.to_owned(),
        signing_key_path: folder.path().join("key.pem"),
        people: vec![ada(), nobody],
        clients: vec![client("stowage"), client("other")],
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// Where the browser is sent, without and with what is told on the way.
    pub(crate) fn sent_to(&self) -> (String, BTreeMap<String, String>) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        let location = self.headers[LOCATION].to_str().expect("text");
        let mut url = Url::parse(location).expect("an address");
        let words = url.query_pairs().into_owned().collect();
        url.set_query(None);
        (url.to_string(), words)
    }

    /// The one-time token in the page's form.
    pub(crate) fn form_token(&self) -> String {
        let (_, rest) = self.text.split_once("type=\"hidden\"").expect("a form");
        let (_, rest) = rest.split_once("value=\"").expect("a value");
        rest.split_once('"').expect("its end").0.to_owned()
    }
}

pub(crate) struct Setting {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) provider: DemonstrationProvider,
    router: Router,
    cookies: BTreeMap<String, String>,
    _folder: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = config(&folder);
        std::fs::write(&config.signing_key_path, KEY.as_str()).expect("the key is written");
        let clock = Arc::new(HandClock::new());
        let provider = DemonstrationProvider::start(config, Arc::clone(&clock) as Arc<dyn Clock>)
            .expect("a provider");
        Self {
            clock,
            router: provider.router(),
            provider,
            cookies: BTreeMap::new(),
            _folder: folder,
        }
    }

    pub(crate) fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    pub(crate) fn has_cookie(&self, name: &str) -> bool {
        self.cookies.contains_key(name)
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let answer = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
            let (name, rest) = cookie.split_once('=').expect("a name");
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, HOSTNAME)
            .header(COOKIE, cookies.join("; "))
    }

    pub(crate) async fn get(&mut self, path: &str, words: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::GET, &format!("{path}?{}", form(words)));
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    pub(crate) async fn post(&mut self, path: &str, words: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(words))).expect("a request"))
            .await
    }

    pub(crate) async fn userinfo(&mut self, token: &str) -> Answer {
        let request = self
            .request(Method::GET, "/userinfo")
            .header(AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// To the token endpoint, as the client `id`.
    pub(crate) async fn token(&mut self, id: &str, words: &[(&str, &str)]) -> Answer {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let proof = STANDARD.encode(format!("{}:{}", encoded(id), encoded(SECRET)));
        let request = Request::post("/token")
            .header(HOST, HOSTNAME)
            .header(AUTHORIZATION, format!("Basic {proof}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(words))).expect("a request"))
            .await
    }

    pub(crate) async fn authorize(&mut self, changes: &[(&str, &str)]) -> Answer {
        let words = asked(changes);
        let words: Vec<(&str, &str)> = words
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.get("/authorize", &words).await
    }

    /// Ada signs in on the page; the answer is the code.
    pub(crate) async fn code(&mut self) -> String {
        let page = self.authorize(&[("prompt", "login")]).await;
        let answer = self
            .post(
                "/sign-in",
                &[("sign_in", &page.form_token()), ("person", "ada")],
            )
            .await;
        answer.sent_to().1.remove("code").expect("a code")
    }

    pub(crate) async fn exchange(&mut self, code: &str) -> Answer {
        let words = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.token("stowage", &words).await
    }

    /// Ada signs in and the client gets its tokens.
    pub(crate) async fn tokens(&mut self) -> Value {
        let code = self.code().await;
        let answer = self.exchange(&code).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    pub(crate) async fn refresh(&mut self, token: &str) -> Answer {
        self.token(
            "stowage",
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
        )
        .await
    }
}

/// A good request with some of it changed; an empty value leaves a parameter out.
fn asked(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let good = [
        ("response_type", "code"),
        ("client_id", "stowage"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email groups"),
        ("state", "a state & more"),
        ("nonce", "a nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in good.iter().chain(changes) {
        words.insert((*name).to_owned(), (*value).to_owned());
    }
    words
}

fn form(words: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(words)
        .finish()
}

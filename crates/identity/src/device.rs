//! Signing in from a program without a browser (RFC 8628): `POST /api/v2/device-authorization`, and the grant
//! `urn:ietf:params:oauth:grant-type:device_code` at `POST /api/v2/token`.
//!
//! Somebody who is signed in types the code into the page `/device` and agrees. What the program gets then is an access
//! key of theirs: beside the tokens the answer holds its client id and secret, so that it can ask for tokens later on
//! without anybody.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use credentials::Secret;
use domain::{AccessKey, Origin};
use http::HeaderMap;
use jiff::SignedDuration;
use rand::seq::IndexedRandom as _;
use serde_json::json;
use store::DeviceSignIn;
use url::form_urlencoded;
use wire::DeviceSignInView;

use crate::Identity;
use crate::refused::{Refused, chain};
use crate::token_endpoint::{answer, is_type, oauth_problem};

/// How long a person has to answer.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long a program waits between two requests, in seconds.
const INTERVAL_SECONDS: u32 = 2;
/// Sooner than this it is told to slow down. Less than the interval, because the network hands on one request faster
/// than another.
const TOO_SOON: SignedDuration = SignedDuration::from_secs(1);
/// Where the person goes.
const PAGE: &str = "/device";
const LONGEST_NAME: usize = 64;
/// A user code is somebody else's once in many billion times.
const MOST_TRIES: u32 = 3;

/// How a program that waits stands.
pub(crate) enum Waiting {
    /// Nobody has answered yet.
    StillWaits,
    /// Nobody has, and it asked a moment ago.
    TooSoon,
    /// Somebody said no.
    Refused,
    /// There is none of this code, or not any more.
    Gone,
    /// Somebody agreed: the key, with a secret that nobody has seen.
    LetIn(AccessKey, Secret),
}

/// `POST /api/v2/device-authorization`
pub(crate) async fn begin(
    State(identity): State<Identity>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let address = origin.address;
    if let Err(too_many) = identity.limits().sign_ins.take(address, identity.now()) {
        return too_many.answer("Too many sign-ins come from your address. Try again in a minute.");
    }
    if !is_type(&headers, "application/x-www-form-urlencoded") {
        return oauth_problem(400, "invalid_request", "Send a form.");
    }
    let mut fields = form_urlencoded::parse(&body);
    let name = fields.find(|(name, _)| name == "device_name");
    let name = name
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    if name.chars().count() > LONGEST_NAME || name.chars().any(is_unfit) {
        return oauth_problem(
            400,
            "invalid_request",
            "device_name takes 64 characters at most, and none that cannot be seen.",
        );
    }
    let address = address.map(|address| address.to_string());
    match identity.begin_device_sign_in(name, address).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(error = chain(&error), "cannot begin a device's sign-in");
            oauth_problem(503, "temporarily_unavailable", "Try again in a minute.")
        }
    }
}

impl Identity {
    async fn begin_device_sign_in(
        &self,
        device_name: String,
        address: Option<String>,
    ) -> Result<Response, Refused> {
        let device_code = Secret::fresh();
        let hash = self.key().hash(device_code.reveal());
        let now = self.now();
        let mut sign_in = DeviceSignIn {
            user_code: String::new(),
            device_name,
            address,
            access_key_id: None,
            is_refused: false,
            begun_at: now,
            asked_at: None,
            expires_at: now + LIFE,
        };
        let mut tx = self.store().begin().await?;
        for _ in 0..MOST_TRIES {
            sign_in.user_code = user_code();
            if tx.add_device_sign_in(&sign_in, &hash).await? {
                break;
            }
        }
        tx.commit().await?;
        let page = format!("{}{PAGE}", self.origin());
        let code = DeviceSignInView::shown(&sign_in.user_code);
        Ok(answer(&json!({
            "device_code": device_code.reveal(),
            "user_code": code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?code={code}"),
            "expires_in": LIFE.as_secs(),
            "interval": INTERVAL_SECONDS,
        })))
    }

    /// How the program with this code stands. Its key is fetched once.
    pub(crate) async fn fetch_device_key(&self, device_code: &str) -> Result<Waiting, Refused> {
        let hash = self.key().hash(device_code);
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(sign_in) = tx.device_sign_in(&hash, now).await? else {
            return Ok(Waiting::Gone);
        };
        if sign_in.is_refused {
            return Ok(Waiting::Refused);
        }
        let Some(id) = sign_in.access_key_id else {
            tx.note_device_asked(&hash, now).await?;
            tx.commit().await?;
            let is_too_soon = sign_in.asked_at.is_some_and(|at| now < at + TOO_SOON);
            return Ok(if is_too_soon {
                Waiting::TooSoon
            } else {
                Waiting::StillWaits
            });
        };
        let Some(key) = tx.access_key(id).await? else {
            return Ok(Waiting::Gone);
        };
        let (key, secret) = (key.rotated(now), Secret::fresh());
        tx.save_access_key(&key).await?;
        tx.save_secret_hash(id, &self.key().hash(secret.reveal()))
            .await?;
        tx.remove_device_sign_in(&hash).await?;
        tx.commit().await?;
        Ok(Waiting::LetIn(key, secret))
    }
}

/// What would break a line, or change the order of the words around it on the page.
fn is_unfit(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn user_code() -> String {
    let mut chance = rand::rng();
    let letters = (0..DeviceSignInView::CODE_LENGTH)
        .filter_map(|_| DeviceSignInView::LETTERS.choose(&mut chance).copied());
    letters.collect()
}

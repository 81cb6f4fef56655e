//! Whether a logout token is what it says (OpenID Connect Back-Channel Logout 1.0, section 2.6).
//!
//! It comes from anybody who finds the address. It is no ID token, and an ID token must not pass for one: hence the
//! claim `events`, and no `nonce`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::id_token::{ALGORITHMS, SKEW_SECONDS};

/// Those of providers have some 600.
const LONGEST_BYTES: usize = 16 * 1024;
const LONGEST_WORD_BYTES: usize = 512;
/// A token that says nothing of its end is taken for this long after it was issued.
const LIFE_SECONDS: i64 = 300;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a token has to agree with.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) keys: &'a CoreJsonWebKeySet,
    pub(crate) now: Timestamp,
}

/// Whose session ends. One of the two is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Logout {
    pub(crate) provider_session: Option<String>,
    pub(crate) subject: Option<String>,
    /// The token's own id: it is good once.
    pub(crate) id: String,
    pub(crate) expires_at: Timestamp,
}

/// What is wrong with a token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// None of the known keys made it: there may be new ones.
    Key,
    /// Anything else.
    Other(&'static str),
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: f64,
    exp: Option<f64>,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, client_id: &str) -> bool {
        match self {
            Self::One(audience) => audience == client_id,
            Self::Many(audiences) => audiences.iter().any(|audience| audience == client_id),
        }
    }
}

/// Whose session a token ends, if it is acceptable in every point.
pub(crate) fn verify(token: &str, expected: &Expected<'_>) -> Result<Logout, Wrong> {
    let payload = signed_payload(token, expected.keys)?;
    let claims: Claims =
        serde_json::from_slice(&payload).map_err(|_| Wrong::Other("its claims cannot be read"))?;
    check(&claims, expected).map_err(Wrong::Other)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to lie within minutes of now"
    )]
    let expires_at = claims
        .exp
        .map_or(claims.iat as i64 + LIFE_SECONDS, |exp| exp as i64);
    let expires_at = Timestamp::from_second(expires_at + SKEW_SECONDS)
        .map_err(|_| Wrong::Other("`exp` is no time"))?;
    Ok(Logout {
        provider_session: claims.sid,
        subject: claims.sub,
        id: claims.jti,
        expires_at,
    })
}

fn signed_payload(token: &str, keys: &CoreJsonWebKeySet) -> Result<Vec<u8>, Wrong> {
    let unreadable = || Wrong::Other("it is no signed token");
    if token.len() > LONGEST_BYTES {
        return Err(Wrong::Other("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(unreadable)?;
    let (header, payload) = signed.split_once('.').ok_or_else(unreadable)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| unreadable());
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| unreadable())?;
    let signature = decode(signature)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Wrong::Other("its algorithm is not one of ours"));
    }
    if header.other.contains_key("crit") {
        return Err(Wrong::Other("it asks for extensions"));
    }
    let mut with_that_id = keys.keys().iter().filter(|key| {
        let id = key.key_id().map(|id| id.as_str());
        header.kid.is_none() || id == header.kid.as_deref()
    });
    let is_signed = with_that_id.any(|key| {
        key.verify_signature(&header.alg, signed.as_bytes(), &signature)
            .is_ok()
    });
    if is_signed {
        decode(payload)
    } else {
        Err(Wrong::Key)
    }
}

fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this era are exact in an f64"
    )]
    let (now, skew, life) = (
        expected.now.as_second() as f64,
        SKEW_SECONDS as f64,
        LIFE_SECONDS as f64,
    );
    let is_bounded = |text: &Option<String>| {
        text.as_ref()
            .is_none_or(|text| (1..=LONGEST_WORD_BYTES).contains(&text.len()))
    };
    if claims.iss != expected.issuer {
        return Err("`iss` is not the issuer byte for byte");
    }
    if !claims.aud.names(expected.client_id) {
        return Err("`aud` is another client");
    }
    // Also what is no number at all.
    if !(claims.iat <= now + skew && claims.iat >= now - skew - life) {
        return Err("`iat` is in the future or long ago");
    }
    if claims
        .exp
        .is_some_and(|exp| !(exp > now - skew && exp < now + skew + 24.0 * 3600.0))
    {
        return Err("it has expired, or does so too late");
    }
    if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err("`events` says nothing of signing out");
    }
    if claims.nonce.is_some() {
        return Err("there is a `nonce`, as in an ID token");
    }
    if claims.sub.is_none() && claims.sid.is_none() {
        return Err("neither `sub` nor `sid` is there");
    }
    if !(1..=LONGEST_WORD_BYTES).contains(&claims.jti.len())
        || !is_bounded(&claims.sub)
        || !is_bounded(&claims.sid)
    {
        return Err("one of its words is empty or too long");
    }
    Ok(())
}

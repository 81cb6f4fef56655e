//! Tokens that programs carry: JSON Web Tokens (RFC 7519) that only this console makes and reads.
//!
//! A token by itself opens nothing. It names an access key, and that key is looked up at each request: one that was
//! disabled, removed or given another secret ends its tokens at once. There is one algorithm and one header, which
//! is compared as a whole and never believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::AccessKeyId;
use jiff::Timestamp;
use ring::hmac;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ConsoleKey;

/// `{"alg":"HS256","typ":"JWT"}`.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// Ours have some 350.
const LONGEST_BYTES: usize = 1024;

/// What a token is for. Each use has a key of its own, so that none can stand for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// To be sent with each request.
    Access,
    /// To be traded for another access token, once.
    Refresh,
}

impl TokenUse {
    fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// What a token says.
///
/// Its payload holds digits, letters and hyphens only. Base64 writes `-` or `_` for bits that no such letter has, so
/// the payload reads the same in the alphabet of RFC 4648 section 4, which is what Run:ai's Python client reads it
/// with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Of which access key.
    #[serde(rename = "sub")]
    pub key_id: AccessKeyId,
    /// For which of the secrets that the key has had.
    pub secret_number: u32,
    /// Its own id.
    #[serde(rename = "jti")]
    pub id: Uuid,
    #[serde(rename = "iat")]
    issued_at: i64,
    #[serde(rename = "exp")]
    expires_at: i64,
}

impl Token {
    /// One that ends at that moment, to the second.
    pub fn new(
        key_id: AccessKeyId,
        secret_number: u32,
        id: Uuid,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            key_id,
            secret_number,
            id,
            issued_at: issued_at.as_second(),
            expires_at: expires_at.as_second(),
        }
    }

    /// From when on it is worth nothing.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.expires_at).unwrap_or(Timestamp::MIN)
    }

    /// The token as text.
    pub fn sign(&self, token_use: TokenUse, key: &ConsoleKey) -> String {
        // Only maps with keys that are no texts fail, and there are none.
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let signed = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(payload));
        let signature = hmac::sign(&key.signing_key(token_use.as_str()), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a text says, if it is a token of ours for that use which has not expired.
    pub fn read(text: &str, token_use: TokenUse, key: &ConsoleKey, now: Timestamp) -> Option<Self> {
        if text.len() > LONGEST_BYTES {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let payload = signed.strip_prefix(HEADER)?.strip_prefix('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = key.signing_key(token_use.as_str());
        hmac::verify(&key, signed.as_bytes(), &signature).ok()?;
        let token: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        (now < token.expires_at()).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use serde_json::Value;

    use super::*;

    fn key() -> ConsoleKey {
        ConsoleKey::new([7; 32])
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn token(number: u128) -> Token {
        let id = AccessKeyId(Uuid::from_u128(number * 0x1234_5678_9abc_def0_1357));
        Token::new(
            id,
            3,
            Uuid::from_u128(number),
            at(1_800_000_000),
            at(1_800_003_600),
        )
    }

    fn read(text: &str) -> Option<Token> {
        Token::read(text, TokenUse::Access, &key(), at(1_800_003_599))
    }

    #[test]
    fn a_token_says_what_was_signed_until_it_expires() {
        let text = token(1).sign(TokenUse::Access, &key());
        assert_eq!(read(&text), Some(token(1)));
        let later = at(1_800_003_600);
        assert_eq!(Token::read(&text, TokenUse::Access, &key(), later), None);
    }

    #[test]
    fn the_payload_is_plain_base64_with_an_integer_expiry() {
        for number in 0..2000 {
            let text = token(number * 7919).sign(TokenUse::Access, &key());
            let payload = text.split('.').nth(1).unwrap();
            assert!(!payload.contains(['-', '_']), "{payload}");
            let plain = STANDARD_NO_PAD.decode(payload).unwrap();
            let claims: Value = serde_json::from_slice(&plain).unwrap();
            assert_eq!(claims["exp"].as_i64(), Some(1_800_003_600));
        }
    }

    #[test]
    fn whatever_is_changed_is_no_token() {
        let text = token(1).sign(TokenUse::Access, &key());
        let parts: Vec<&str> = text.split('.').collect();
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let none = encode(r#"{"alg":"none","typ":"JWT"}"#);
        let strong = encode(r#"{"alg":"HS512","typ":"JWT"}"#);
        let longer_life = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap())
            .unwrap()
            .replace("1800003600", "1900003600");
        for text in [
            String::new(),
            "..".to_owned(),
            format!("{}.{}", parts[0], parts[1]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{strong}.{}.{}", parts[1], parts[2]),
            format!("{}.{}.{}", parts[0], encode(&longer_life), parts[2]),
            format!("{}.{}", text, parts[2]),
            format!(" {text}"),
            format!("{text}="),
            text.replace('.', ".."),
            "a".repeat(2 * LONGEST_BYTES),
        ] {
            assert_eq!(read(&text), None, "{text}");
        }
        let by_another = token(1).sign(TokenUse::Access, &ConsoleKey::new([8; 32]));
        assert_eq!(read(&by_another), None);
    }

    #[test]
    fn a_refresh_token_is_no_access_token() {
        assert_eq!(read(&token(1).sign(TokenUse::Refresh, &key())), None);
    }
}

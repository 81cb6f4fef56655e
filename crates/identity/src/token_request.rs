//! What a program asks for a token with, in the two ways of writing it down: JSON as Run:ai has it, and the form of
//! OAuth 2.0.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// What is asked for.
#[derive(PartialEq, Eq)]
pub(crate) enum TokenRequest {
    /// A token for a client id and a secret.
    Secret { id: String, secret: String },
    /// Another token for a refresh token.
    Refresh { token: String },
    /// The first token of a program that a person may have let in.
    Device { code: String },
}

/// What is wrong with a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// A field is missing, twice there, or not text.
    Field(&'static str),
    /// A field that nobody knows.
    Unknown(String),
    /// A way of asking that is not offered here.
    Grant(String),
    /// It is neither JSON nor a form.
    Unreadable,
}

/// Every field of Run:ai's document, in small letters and without `_`: clients write `appID`, `AppId` and `app_id`.
const KNOWN: [&str; 15] = [
    "granttype",
    "appid",
    "appsecret",
    "clientid",
    "clientsecret",
    "refreshtoken",
    "devicecode",
    "code",
    "redirecturi",
    "username",
    "password",
    "externaltoken",
    "scope",
    "audience",
    "resource",
];
/// RFC 8628, section 3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const LONGEST_WORD_CHARACTERS: usize = 100;

type Fields = HashMap<String, String>;

impl TokenRequest {
    /// The JSON of `POST /api/v1/token`.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Unusable> {
        let json: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Unusable::Unreadable)?;
        let mut fields = Fields::new();
        for (name, value) in json {
            let known = known(&name)?;
            match value {
                Value::Null => {}
                Value::String(text) => keep(&mut fields, known, text)?,
                _ => return Err(Unusable::Field(known)),
            }
        }
        match take(&mut fields, "granttype")?.as_str() {
            "client_credentials" => secret(&mut fields, "clientid", "clientsecret"),
            "app_token" => secret(&mut fields, "appid", "appsecret"),
            "refresh_token" => refresh(&mut fields),
            other => Err(Unusable::Grant(bounded(other))),
        }
    }

    /// The form of `POST /api/v2/token` (RFC 6749, sections 4.4 and 6). The client may name itself in the header
    /// instead (section 2.3.1), never in both places.
    pub(crate) fn from_form(headers: &HeaderMap, body: &[u8]) -> Result<Self, Unusable> {
        let mut fields = Fields::new();
        for (name, value) in form_urlencoded::parse(body) {
            // The specification has unknown fields passed over.
            if let Ok(known) = known(&name) {
                keep(&mut fields, known, value.into_owned())?;
            }
        }
        if let Some((id, secret)) = basic(headers)? {
            keep(&mut fields, "clientid", id)?;
            keep(&mut fields, "clientsecret", secret)?;
        }
        match take(&mut fields, "granttype")?.as_str() {
            "client_credentials" => secret(&mut fields, "clientid", "clientsecret"),
            "refresh_token" => refresh(&mut fields),
            DEVICE_CODE => {
                let code = take(&mut fields, "devicecode")?;
                Ok(TokenRequest::Device { code })
            }
            other => Err(Unusable::Grant(bounded(other))),
        }
    }
}

fn known(name: &str) -> Result<&'static str, Unusable> {
    let plain: String = name
        .chars()
        .filter(|letter| *letter != '_')
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let found = KNOWN.into_iter().find(|known| *known == plain);
    found.ok_or_else(|| Unusable::Unknown(bounded(name)))
}

fn keep(fields: &mut Fields, name: &'static str, value: String) -> Result<(), Unusable> {
    match fields.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Unusable::Field(name)),
    }
}

fn take(fields: &mut Fields, name: &'static str) -> Result<String, Unusable> {
    let found = fields.remove(name).filter(|value| !value.is_empty());
    found.ok_or(Unusable::Field(name))
}

fn secret(
    fields: &mut Fields,
    id: &'static str,
    secret: &'static str,
) -> Result<TokenRequest, Unusable> {
    Ok(TokenRequest::Secret {
        id: take(fields, id)?,
        secret: take(fields, secret)?,
    })
}

fn refresh(fields: &mut Fields) -> Result<TokenRequest, Unusable> {
    let token = take(fields, "refreshtoken")?;
    Ok(TokenRequest::Refresh { token })
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Unusable> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let read = || {
        let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        scheme
            .eq_ignore_ascii_case("Basic")
            .then(|| (decoded(id), decoded(secret)))
    };
    read().map(Some).ok_or(Unusable::Field("Authorization"))
}

/// Both halves are form-encoded before they are joined.
fn decoded(text: &str) -> String {
    let text = text.replace('&', "%26").replace('=', "%3D");
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_WORD_CHARACTERS).collect()
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Secret { id, .. } => write!(f, "Secret({id}, …)"),
            Self::Refresh { .. } => f.write_str("Refresh(…)"),
            Self::Device { .. } => f.write_str("Device(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn json(text: &str) -> Result<TokenRequest, Unusable> {
        TokenRequest::from_json(text.as_bytes())
    }

    fn form(text: &str) -> Result<TokenRequest, Unusable> {
        TokenRequest::from_form(&HeaderMap::new(), text.as_bytes())
    }

    fn asks() -> TokenRequest {
        TokenRequest::Secret {
            id: "a".to_owned(),
            secret: "b".to_owned(),
        }
    }

    #[test]
    fn every_spelling_of_the_field_is_read() {
        for text in [
            r#"{"grantType":"app_token","AppId":"a","AppSecret":"b"}"#,
            r#"{"grantType":"app_token","appID":"a","appSecret":"b","code":null}"#,
            r#"{"grantType":"app_token","appId":"a","appSecret":"b"}"#,
            r#"{"grantType":"client_credentials","clientID":"a","clientSecret":"b"}"#,
            r#"{"grantType":"client_credentials","clientId":"a","clientSecret":"b"}"#,
            r#"{"grant_type":"client_credentials","client_id":"a","client_secret":"b"}"#,
        ] {
            assert_eq!(json(text), Ok(asks()), "{text}");
        }
        assert_eq!(
            form("grant_type=client_credentials&client_id=a&client_secret=b&scope=x&more=y"),
            Ok(asks())
        );
        let refresh = Ok(TokenRequest::Refresh {
            token: "t".to_owned(),
        });
        assert_eq!(
            json(r#"{"grantType":"refresh_token","refreshToken":"t"}"#),
            refresh
        );
        assert_eq!(form("grant_type=refresh_token&refresh_token=t"), refresh);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wrong) in [
            ("", Unusable::Unreadable),
            ("[]", Unusable::Unreadable),
            ("{}", Unusable::Field("granttype")),
            (
                r#"{"grantType":"password","username":"a","password":"b"}"#,
                Unusable::Grant("password".to_owned()),
            ),
            (
                r#"{"grantType":"app_token","AppId":"a"}"#,
                Unusable::Field("appsecret"),
            ),
            (
                r#"{"grantType":"app_token","AppId":7,"AppSecret":"b"}"#,
                Unusable::Field("appid"),
            ),
            (
                r#"{"grantType":"app_token","AppId":"a","appID":"c","AppSecret":"b"}"#,
                Unusable::Field("appid"),
            ),
            (
                r#"{"colour":"red"}"#,
                Unusable::Unknown("colour".to_owned()),
            ),
        ] {
            assert_eq!(json(text), Err(wrong), "{text}");
        }
        assert_eq!(
            form("grant_type=client_credentials&client_id=a&client_id=c&client_secret=b"),
            Err(Unusable::Field("clientid"))
        );
    }

    #[test]
    fn a_client_names_itself_in_the_header_or_in_the_form() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        let asked = |body: &[u8]| TokenRequest::from_form(&headers, body);
        assert_eq!(asked(b"grant_type=client_credentials"), Ok(asks()));
        assert_eq!(
            asked(b"grant_type=client_credentials&client_id=a"),
            Err(Unusable::Field("clientid"))
        );
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic !"));
        assert_eq!(
            TokenRequest::from_form(&headers, b"grant_type=client_credentials"),
            Err(Unusable::Field("Authorization"))
        );
    }
}

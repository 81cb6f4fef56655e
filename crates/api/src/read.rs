//! What a request says, read once: its path, its query, its body.
//!
//! Whatever cannot be read is a 400 whose `details` name the field. An id that can be none reads like one
//! that is not there.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use service::{Error, Kind};
use wire::Problem;

use crate::Refused;
use crate::problem::bad_request;

/// The id of a data volume in the path.
pub(crate) struct VolumeId(pub(crate) domain::DataVolumeId);

/// The id of a PVC asset in the path.
pub(crate) struct AssetId(pub(crate) domain::ClaimAssetId);

/// The id of a scope in the path.
pub(crate) struct UnitId(pub(crate) domain::ScopeId);

/// The id of an access rule in the path.
pub(crate) struct RuleId(pub(crate) domain::AccessRuleId);

/// The id of an application in the path.
pub(crate) struct AppId(pub(crate) domain::ApplicationId);

/// The id of an offer of a static volume in the path.
pub(crate) struct OfferId(pub(crate) domain::VolumeOfferId);

/// The ids of an import and of its data volume in the path.
pub(crate) struct ImportIdOf {
    pub(crate) volume: domain::DataVolumeId,
    pub(crate) import: domain::ImportId,
}

/// The id of an access key in the path.
pub(crate) struct KeyId(pub(crate) domain::AccessKeyId);

/// The query, with every parameter known.
pub(crate) struct Asked<T>(pub(crate) T);

/// The body, JSON with every field known.
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync> FromRequestParts<S> for VolumeId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "data_volume_id", Kind::DataVolume).await?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AssetId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "asset_id", Kind::ClaimAsset).await?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UnitId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id: String = path_id(parts, state, "id", Kind::Scope).await?;
        Ok(Self(domain::ScopeId(id)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RuleId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "access_rule_id", Kind::AccessRule).await?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AppId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "app_id", Kind::Application).await?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OfferId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "offer_id", Kind::VolumeOffer).await?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ImportIdOf {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        Ok(Self {
            volume: path_id(parts, state, "data_volume_id", Kind::DataVolume).await?,
            import: path_id(parts, state, "import_id", Kind::Import).await?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KeyId {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "access_key_id", Kind::AccessKey).await?;
        Ok(Self(id))
    }
}

async fn path_id<T: FromStr, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
    kind: Kind,
) -> Result<T, Refused> {
    let missing = || Refused::from(Error::NotFound(kind));
    let path = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| missing())?;
    path.iter()
        .find(|(known, _)| *known == name)
        .and_then(|(_, text)| text.parse().ok())
        .ok_or_else(missing)
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = parts.uri.query().unwrap_or_default();
        let reader = serde_html_form::Deserializer::from_bytes(query.as_bytes());
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| unreadable(&error.path().to_string(), &error.inner().to_string()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        require_json(request.headers())?;
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| unread(&rejection))?;
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| unreadable(&error.path().to_string(), &error.inner().to_string()))?;
        reader
            .end()
            .map_err(|error| unreadable("", &error.to_string()))?;
        Ok(Self(value))
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Refused> {
    let is_json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        return Ok(());
    }
    Err(Refused(
        Problem::new(
            415,
            "Send the body as JSON, with the content type application/json.",
        )
        .with_details("Content-Type"),
    ))
}

fn unread(rejection: &BytesRejection) -> Refused {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refused(Problem::new(413, "The body is larger than 2 MiB."));
    }
    bad_request("", "The body could not be read to its end.")
}

/// `path` is where the reader stood; a field that is unknown or missing stands only in its words.
fn unreadable(path: &str, words: &str) -> Refused {
    let path = if path == "." { "" } else { path };
    let words = words
        .rsplit_once(" at line ")
        .map_or(words, |(words, _)| words);
    let named = ["unknown field `", "missing field `"]
        .iter()
        .find_map(|start| words.strip_prefix(start)?.split('`').next());
    let field = match (path, named) {
        (path, None) => path.to_owned(),
        ("", Some(named)) => named.to_owned(),
        (path, Some(named)) if path.rsplit('.').next() == Some(named) => path.to_owned(),
        (path, Some(named)) => format!("{path}.{named}"),
    };
    let field: String = field.chars().take(100).collect();
    let words: String = words.chars().take(300).collect();
    bad_request(&field, format!("The request could not be read: {words}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(path: &str, words: &str) -> String {
        unreadable(path, words).0.details
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        assert_eq!(details("limit", "invalid digit found in string"), "limit");
        assert_eq!(
            details(".", "unknown field `colour`, expected `name`"),
            "colour"
        );
        assert_eq!(
            details("meta", "missing field `name` at line 1 column 3"),
            "meta.name"
        );
        assert_eq!(
            details("add[0].scopeType", "unknown variant `x`"),
            "add[0].scopeType"
        );
        assert_eq!(
            details(".", "EOF while parsing a value at line 1 column 0"),
            ""
        );
    }
}

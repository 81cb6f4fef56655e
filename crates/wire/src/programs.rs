//! Programs and what they prove themselves with, in the shapes of Run:ai's API.

use domain::{AccessKeyId, ApplicationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApplicationView {
    /// Its id, by which access rules name it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: ApplicationId,
    /// What it is called.
    pub name: String,
    /// What it sends beside its secret.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub client_id: AccessKeyId,
    /// Whether it may do anything at the moment.
    pub enabled: bool,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// From when on it may do nothing.
    pub expires_at: Option<Timestamp>,
    /// When it last did something, to the minute.
    pub last_login: Option<Timestamp>,
    /// The organisation.
    pub tenant_id: String,
}

/// One page of applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApplicationsPage {
    /// By name.
    pub applications: Vec<ApplicationView>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// A wish for an application or an access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewKey {
    /// What to call it: 2 to 63 small letters, digits, hyphens and underscores, a letter first.
    pub name: String,
    /// From when on it shall be worth nothing; never, if absent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A change to an application or an access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyPatch {
    /// Whether it may be used.
    pub enabled: bool,
}

/// A client id and its secret: the only answer that ever holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MadeKey {
    /// The id of the application or the access key.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: AccessKeyId,
    /// What it is called.
    pub name: String,
    /// What to send beside the secret.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub client_id: AccessKeyId,
    /// The secret.
    pub client_secret: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeKey")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One of one's own access keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccessKeyView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: AccessKeyId,
    /// What it is called.
    pub name: String,
    /// What to send beside the secret.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub client_id: AccessKeyId,
    /// Whether it may be used.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_login: Option<Timestamp>,
}

/// All of one's own access keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccessKeysView {
    /// By name.
    pub access_keys: Vec<AccessKeyView>,
}

impl From<domain::AccessKey> for AccessKeyView {
    fn from(key: domain::AccessKey) -> Self {
        Self {
            id: key.id,
            name: key.name.to_string(),
            client_id: key.id,
            enabled: key.is_enabled,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_login: key.last_used_at,
        }
    }
}

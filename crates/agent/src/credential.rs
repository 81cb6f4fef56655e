//! What an import shows to the place that it fetches from, and to no other.
//!
//! It travels in a ticket, sealed, and lives in memory for as long as the import runs: it is in no order, in no
//! journal and in no log.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a source asks for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Credential {
    /// An access key of S3: requests are signed with it.
    S3 {
        /// Its id.
        access_key_id: String,
        /// Its secret, which is never sent.
        secret_access_key: String,
        /// Of a key that was lent for a while.
        session_token: Option<String>,
    },
    /// A token (`Authorization: Bearer`).
    Bearer {
        /// The token.
        token: String,
    },
    /// A name and a password (`Authorization: Basic`).
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S3 { .. } => "S3(…)",
            Self::Bearer { .. } => "Bearer(…)",
            Self::Basic { .. } => "Basic(…)",
        })
    }
}

/// A credential, and whom it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceCredential {
    /// The credential.
    pub credential: Credential,
    /// The origins that it is shown, like `https://s3.example.org` or `https://data.example.org:8443`.
    pub origins: Vec<String>,
}

impl SourceCredential {
    /// A text that only this key opens, and only in a ticket for this volume.
    pub(crate) fn seal(&self, key: &[u8; 32], volume: &str) -> Option<String> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = serde_json::to_vec(self).ok()?;
        let aad = Aad::from(volume.as_bytes());
        let unique = Nonce::assume_unique_for_key(nonce);
        opener(key)?
            .seal_in_place_append_tag(unique, aad, &mut sealed)
            .ok()?;
        sealed.splice(0..0, nonce);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What was sealed; `None` if it was sealed with another key, for another volume, or changed.
    pub(crate) fn open(key: &[u8; 32], volume: &str, sealed: &str) -> Option<Self> {
        let mut sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(volume.as_bytes());
        let text = opener(key)?.open_in_place(nonce, aad, text).ok()?;
        serde_json::from_slice(text).ok()
    }
}

fn opener(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key)
        .ok()
        .map(LessSafeKey::new)
}

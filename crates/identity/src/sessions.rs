//! Where sessions are kept, and what is in one.
//!
//! The database never holds what a cookie holds. The row is found by a hash of the session's id, and its content
//! (tokens among it) is sealed with a key made from that same id: whoever has the database, a backup or a log
//! has neither sessions nor tokens. How long a session lasts is decided here, by the clock that is handed in, and
//! not by the date that `tower-sessions` puts into a record.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Clock, SignInId, UserId};
use jiff::{SignedDuration, Timestamp};
use openidconnect::{CsrfToken, Nonce};
use rand::RngCore as _;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce as SealNonce, UnboundKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::Store;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// The sign-ins that this browser has begun and not finished: one per tab.
pub(crate) const BEGUN: &str = "begun";
/// Who is signed in.
pub(crate) const SIGNED_IN: &str = "signed_in";

/// How long somebody may take at their identity provider.
pub(crate) const SIGN_IN_TIME: SignedDuration = SignedDuration::from_mins(10);
/// How exactly the idle limit is kept, so that not every request writes.
pub(crate) const TOUCH_TIME: SignedDuration = SignedDuration::from_mins(1);

/// A sign-in between leaving for the identity provider and coming back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) provider_key: String,
    pub(crate) state: CsrfToken,
    pub(crate) nonce: Nonce,
    pub(crate) code_verifier: String,
    pub(crate) return_to: String,
    pub(crate) started_at: Timestamp,
}

/// Who a session belongs to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) user_id: UserId,
    pub(crate) provider_key: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    /// What the session lives on: where the groups are, and what they are read again with.
    pub(crate) sign_in_id: SignInId,
    /// For signing out at the provider.
    pub(crate) id_token: String,
    pub(crate) began_at: Timestamp,
    /// To the minute.
    pub(crate) seen_at: Timestamp,
}

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) idle: SignedDuration,
    pub(crate) absolute: SignedDuration,
}

/// The sessions of the database.
#[derive(Clone)]
pub(crate) struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Sessions {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self {
            store,
            clock,
            limits,
        }
    }

    /// Takes note that something which is good once has been used; `false` when it was before. The note lasts for as
    /// long as it could be used again.
    pub(crate) async fn use_up(
        &self,
        purpose: &str,
        secret: &str,
        until: Timestamp,
    ) -> std::result::Result<bool, store::Error> {
        let mut tx = self.store.begin().await?;
        let key = hash(&format!("used {purpose}"), secret.as_bytes());
        let is_first = tx.insert_session(&key, "", until).await?;
        tx.commit().await?;
        Ok(is_first)
    }

    /// Clears away what nobody can use any more.
    pub(crate) async fn sweep(&self) -> std::result::Result<(), store::Error> {
        let mut tx = self.store.begin().await?;
        let now = self.clock.now();
        tx.delete_expired_sessions(now).await?;
        tx.delete_expired_sign_ins(now).await?;
        tx.commit().await
    }

    /// The earlier of the two limits.
    pub(crate) fn ends_at(&self, began_at: Timestamp, seen_at: Timestamp) -> Timestamp {
        (seen_at + self.limits.idle).min(began_at + self.limits.absolute)
    }

    /// The end of a session of somebody. One of nobody outlives its last sign-in a little, so
    /// that an answer that comes late can be told from one that nobody asked for.
    fn expires_at(&self, record: &Record) -> Result<Timestamp> {
        if let Some(signed_in) = record.data.get(SIGNED_IN) {
            let times: SignedInTimes = read(signed_in)?;
            return Ok(self.ends_at(times.began_at, times.seen_at));
        }
        let begun: Vec<BegunTime> = record.data.get(BEGUN).map_or(Ok(Vec::new()), read)?;
        let last = begun.into_iter().map(|begun| begun.started_at).max();
        Ok(last.unwrap_or_else(|| self.clock.now()) + SIGN_IN_TIME * 2)
    }
}

#[derive(Deserialize)]
struct SignedInTimes {
    began_at: Timestamp,
    seen_at: Timestamp,
}

#[derive(Deserialize)]
struct BegunTime {
    started_at: Timestamp,
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Error::Decode(error.to_string()))
}

fn failed(error: &store::Error) -> Error {
    Error::Backend(crate::refused::chain(error))
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let expires_at = self.expires_at(record)?;
        let mut tx = self.store.begin().await.map_err(|error| failed(&error))?;
        loop {
            let content = seal(record)?;
            let is_new = tx
                .insert_session(&key_hash(&record.id), &content, expires_at)
                .await;
            if is_new.map_err(|error| failed(&error))? {
                break;
            }
            record.id = Id::default();
        }
        tx.commit().await.map_err(|error| failed(&error))
    }

    /// Keeps what changed in a session that is still there. One that was ended meanwhile stays ended: a request
    /// that began before the sign-out must not bring it back.
    async fn save(&self, record: &Record) -> Result<()> {
        let (key, content, expires_at) = (
            key_hash(&record.id),
            seal(record)?,
            self.expires_at(record)?,
        );
        let mut tx = self.store.begin().await.map_err(|error| failed(&error))?;
        if tx
            .session(&key, self.clock.now())
            .await
            .map_err(|error| failed(&error))?
            .is_some()
        {
            tx.save_session(&key, &content, expires_at)
                .await
                .map_err(|error| failed(&error))?;
        }
        tx.commit().await.map_err(|error| failed(&error))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self
            .store
            .session(&key_hash(id), self.clock.now())
            .await
            .map_err(|error| failed(&error))?;
        let Some((content, expires_at)) = found else {
            return Ok(None);
        };
        match unseal(id, &content, expires_at) {
            Ok(record) => Ok(Some(record)),
            Err(error) => {
                tracing::warn!(%error, "a session cannot be read and counts as ended");
                Ok(None)
            }
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.store.begin().await.map_err(|error| failed(&error))?;
        tx.delete_session(&key_hash(id))
            .await
            .map_err(|error| failed(&error))?;
        tx.commit().await.map_err(|error| failed(&error))
    }
}

/// What a row is found by. An id has 128 random bits, so a plain hash cannot be reversed.
fn key_hash(id: &Id) -> String {
    hash("session", &id.0.to_le_bytes())
}

fn hash(purpose: &str, secret: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(purpose, secret))
}

fn digest(purpose: &str, secret: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(secret)
        .finalize()
        .into()
}

fn content_key(id: &Id) -> Result<LessSafeKey> {
    let key = UnboundKey::new(
        &AES_256_GCM,
        &digest("session content", &id.0.to_le_bytes()),
    );
    key.map(LessSafeKey::new)
        .map_err(|_| Error::Encode("there is no key".to_owned()))
}

fn seal(record: &Record) -> Result<String> {
    let mut sealed =
        serde_json::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    let mut nonce = [0; NONCE_LEN];
    rand::rng().fill_bytes(&mut nonce);
    content_key(&record.id)?
        .seal_in_place_append_tag(
            SealNonce::assume_unique_for_key(nonce),
            Aad::empty(),
            &mut sealed,
        )
        .map_err(|_| Error::Encode("it cannot be sealed".to_owned()))?;
    sealed.splice(0..0, nonce);
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

fn unseal(id: &Id, content: &str, expires_at: Timestamp) -> Result<Record> {
    let decode = |error: &dyn fmt::Display| Error::Decode(error.to_string());
    let data = serde_json::from_slice(&open(id, content)?).map_err(|error| decode(&error))?;
    let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at.as_second())
        .map_err(|error| decode(&error))?;
    Ok(Record {
        id: *id,
        data,
        expiry_date,
    })
}

fn open(id: &Id, content: &str) -> Result<Vec<u8>> {
    let unreadable = || Error::Decode("its content is not what was sealed".to_owned());
    let mut sealed = URL_SAFE_NO_PAD.decode(content).map_err(|_| unreadable())?;
    let (nonce, text) = sealed
        .split_at_mut_checked(NONCE_LEN)
        .ok_or_else(unreadable)?;
    let nonce = SealNonce::try_assume_unique_for_key(nonce).map_err(|_| unreadable())?;
    let text = content_key(id)?
        .open_in_place(nonce, Aad::empty(), text)
        .map_err(|_| unreadable())?;
    Ok(text.to_vec())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_content_opens_with_the_id_and_with_no_other() {
        let mut record = Record {
            id: Id(7),
            data: HashMap::default(),
            expiry_date: OffsetDateTime::UNIX_EPOCH,
        };
        record.data.insert("token".to_owned(), "hush".into());
        let content = seal(&record).unwrap();
        assert!(
            !String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(&content).unwrap()).contains("hush")
        );
        assert_eq!(open(&Id(7), &content).unwrap(), br#"{"token":"hush"}"#);
        assert!(open(&Id(8), &content).is_err());
        assert!(open(&Id(7), &content[1..]).is_err());
        assert!(open(&Id(7), "").is_err());
    }

    #[test]
    fn the_hash_says_nothing_of_the_id() {
        assert!(!key_hash(&Id(7)).contains(&Id(7).to_string()));
        assert_ne!(key_hash(&Id(7)), key_hash(&Id(8)));
    }
}

//! Requests that may come twice: who gives a request a key gets its first answer again, for a day.
//!
//! The answer is kept after the change and not with it. A console that goes down between the two has done what was
//! asked and does not know it: after some minutes the request may come again.

use authz::Caller;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use store::RepeatableRequest;

use crate::{Error, Result, Service};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// No request is at work for so long.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Name and value of those headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Service {
    /// Begins a request that may come twice; answers what was answered the first time, if it did.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the key was used for another request, or the first one is still at work.
    pub async fn begin_repeatable(
        &self,
        caller: &Caller,
        key: &str,
        fingerprint: &str,
    ) -> Result<Option<KeptAnswer>> {
        let now = self.0.clock.now();
        let request = request(caller, key, fingerprint);
        let mut tx = self.0.store.begin().await?;
        let earlier = tx
            .begin_request(request, now, now - GIVEN_UP_AFTER, now + KEPT_FOR)
            .await?;
        tx.commit().await?;
        let Some(earlier) = earlier else {
            return Ok(None);
        };
        if earlier.fingerprint != fingerprint {
            return Err(Error::Conflict(
                "This Idempotency-Key was used for another request. Take a new one for each."
                    .to_owned(),
            ));
        }
        let Some(sealed) = earlier.answer else {
            return Err(Error::Conflict(
                "The first request with this Idempotency-Key is still at work. Try again in a moment."
                    .to_owned(),
            ));
        };
        let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| Error::BadAnswer(error);
        let text = self.0.key.open(&name(caller, key), &sealed);
        let text = text.map_err(|error| unreadable(error.into()))?;
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| unreadable(error.into()))
    }

    /// Keeps the answer to a request that was begun with [`Service::begin_repeatable`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_answer(
        &self,
        caller: &Caller,
        key: &str,
        fingerprint: &str,
        answer: &KeptAnswer,
    ) -> Result<()> {
        let text = serde_json::to_string(answer).map_err(|error| Error::BadAnswer(error.into()))?;
        let sealed = self.0.key.seal(&name(caller, key), &text);
        let mut tx = self.0.store.begin().await?;
        tx.keep_answer(request(caller, key, fingerprint), &sealed)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets a request that failed through no fault of the caller, so that it may come again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_repeatable(
        &self,
        caller: &Caller,
        key: &str,
        fingerprint: &str,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        tx.forget_request(request(caller, key, fingerprint)).await?;
        Ok(tx.commit().await?)
    }
}

fn request<'a>(caller: &Caller, key: &'a str, fingerprint: &'a str) -> RepeatableRequest<'a> {
    RepeatableRequest {
        caller_id: caller.id(),
        key,
        fingerprint,
    }
}

/// What an answer is sealed as: it opens for this caller and this key alone.
fn name(caller: &Caller, key: &str) -> String {
    format!("answer {} {key}", caller.id())
}

//! The groups of somebody who signed in, read again before they are five minutes old.
//!
//! Whoever needs them reads them: there is nothing that runs by itself. Of all requests that come at the same time,
//! one reads and the others wait for it, here and on the other consoles of the same database, because a provider may
//! take a refresh token that comes twice for a stolen one. Whatever the provider answers that is not plainly temporary
//! ends the sign-in, and with it the session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::SignInId;
use jiff::{SignedDuration, Timestamp};
use store::SignIn;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::Identity;
use crate::provider::KeptTokens;
use crate::refused::{Refused, chain};

/// Less than five minutes, so that with the time that an answer takes nothing is older than that.
const READ_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(4);
/// How long groups hold that cannot be read again because the provider is away. Whoever was thrown out meanwhile
/// cannot make it be away, and everybody else goes on working.
const AWAY_LIMIT: SignedDuration = SignedDuration::from_mins(60);
/// A provider that was away is not asked again for the same person within this time.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// Longer than an answer can take: two requests to the provider and its keys.
const CLAIM_TIME: SignedDuration = SignedDuration::from_secs(45);
const WAIT_FOR_OTHERS: Duration = Duration::from_millis(200);
const MOST_WAITS: usize = 50;

/// When the provider was last away for one sign-in.
type Turn = Arc<AsyncMutex<Option<Timestamp>>>;

/// Who reads what at the moment.
#[derive(Default)]
pub(crate) struct Readings(Mutex<HashMap<SignInId, Turn>>);

impl Readings {
    fn turn(&self, id: SignInId) -> Turn {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(id).or_default())
    }

    fn forget(&self, id: SignInId) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.remove(&id);
    }
}

impl Identity {
    /// A sign-in with groups that are not older than five minutes; `None` when it has ended.
    pub(crate) async fn as_of_now(&self, id: SignInId) -> Result<Option<SignIn>, Refused> {
        let Some(found) = self.find(id).await? else {
            return Ok(None);
        };
        if self.is_fresh(&found) {
            return Ok(Some(found));
        }
        let turn = self.readings().turn(id).lock_owned().await;
        let identity = self.clone();
        // In a task of its own: a browser that gives up must not leave a refresh token used and its successor lost.
        let reading = tokio::spawn(async move { identity.take_turn(id, turn).await });
        reading.await.map_err(Refused::answer)?
    }

    async fn take_turn(
        &self,
        id: SignInId,
        mut away_at: OwnedMutexGuard<Option<Timestamp>>,
    ) -> Result<Option<SignIn>, Refused> {
        // Somebody else may have read them while this request waited for its turn.
        let Some(found) = self.find(id).await? else {
            return Ok(None);
        };
        if self.is_fresh(&found) {
            return Ok(Some(found));
        }
        let now = self.now();
        if away_at.is_some_and(|at| now < at + TRY_AGAIN_AFTER) {
            return self.while_away(found).map(Some);
        }
        if !self.claim(id).await? {
            return self.wait_for_another_console(found).await;
        }
        match self.read_again(&found).await {
            Ok(read) => {
                self.readings().forget(id);
                Ok(Some(read))
            }
            Err(error) if error.is_temporary() => {
                tracing::warn!(
                    provider = found.provider_key,
                    error = chain(&error),
                    "cannot read somebody's groups again for now"
                );
                *away_at = Some(now);
                let mut tx = self.store().begin().await?;
                tx.unclaim_sign_in(id).await?;
                tx.commit().await?;
                self.while_away(found).map(Some)
            }
            Err(error) => {
                tracing::info!(
                    provider = found.provider_key,
                    person = %found.person_id,
                    error = chain(&error),
                    "the identity provider does not vouch for somebody any more: ended their session"
                );
                self.readings().forget(id);
                let mut tx = self.store().begin().await?;
                tx.end_sign_in(id).await?;
                tx.commit().await?;
                Ok(None)
            }
        }
    }

    /// What the provider is asked with again, for keeping.
    pub(crate) fn seal_tokens(&self, id: SignInId, tokens: &KeptTokens) -> String {
        let text = serde_json::to_string(tokens).unwrap_or_default();
        self.key().seal(&name(id), &text)
    }

    async fn find(&self, id: SignInId) -> Result<Option<SignIn>, Refused> {
        let found = self.store().sign_in(id, self.now()).await?;
        Ok(found.filter(|found| self.provider(&found.provider_key).is_some()))
    }

    fn is_fresh(&self, sign_in: &SignIn) -> bool {
        self.now() < sign_in.groups_read_at + READ_AGAIN_AFTER
    }

    async fn claim(&self, id: SignInId) -> Result<bool, Refused> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let is_ours = tx.claim_sign_in(id, now, now + CLAIM_TIME).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    async fn read_again(&self, found: &SignIn) -> Result<SignIn, Refused> {
        let provider = self
            .provider(&found.provider_key)
            .ok_or_else(|| Refused::UnknownProvider(found.provider_key.clone()))?;
        let tokens = self
            .key()
            .open(&name(found.id), &found.tokens)
            .map_err(Refused::answer)?;
        let tokens: KeptTokens = serde_json::from_str(&tokens).map_err(Refused::answer)?;
        let person = self.store().read().await?.person(found.person_id).await?;
        let person = person.ok_or(Refused::Claim("there is no such person any more"))?;
        let (groups, tokens) = provider.vouch_again(&tokens, &person.subject).await?;
        let read = SignIn {
            groups,
            groups_read_at: self.now(),
            tokens: self.seal_tokens(found.id, &tokens),
            ..found.clone()
        };
        let mut tx = self.store().begin().await?;
        tx.save_sign_in(&read).await?;
        tx.commit().await?;
        Ok(read)
    }

    /// The groups that were read last, for as long as they hold without the provider.
    fn while_away(&self, found: SignIn) -> Result<SignIn, Refused> {
        if self.now() < found.groups_read_at + AWAY_LIMIT {
            Ok(found)
        } else {
            let since = format!("its last answer is of {}", found.groups_read_at);
            Err(Refused::ProviderStillAway(since))
        }
    }

    async fn wait_for_another_console(&self, found: SignIn) -> Result<Option<SignIn>, Refused> {
        for _ in 0..MOST_WAITS {
            tokio::time::sleep(WAIT_FOR_OTHERS).await;
            match self.find(found.id).await? {
                Some(read) if self.is_fresh(&read) => return Ok(Some(read)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
        self.while_away(found).map(Some)
    }
}

/// Until when a sign-in holds as it is, if nobody ends it.
pub(crate) fn holds_until(sign_in: &SignIn) -> Timestamp {
    sign_in
        .expires_at
        .min(sign_in.groups_read_at + READ_AGAIN_AFTER)
}

fn name(id: SignInId) -> String {
    format!("sign-in {id}")
}

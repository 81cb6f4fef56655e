//! From a token or a secret to a caller. The access key is looked up each time: one that was disabled, removed, given
//! another secret or that expired opens nothing from then on, whatever its tokens say.

use authz::{Application, Caller, CallerNow, Grant, Person};
use credentials::{Token, TokenUse};
use domain::{AccessKey, AccessKeyId, ApplicationId, KeyHolder, UserId};
use jiff::{SignedDuration, Timestamp};

use crate::Identity;
use crate::authenticate::known;
use crate::callers::{Credential, Known};
use crate::groups_again::holds_until;
use crate::refused::Refused;

/// How exactly it is kept when a key was last used, so that not every request writes.
const TOUCH_TIME: SignedDuration = SignedDuration::from_mins(1);
/// So many sign-ins of a person are tried for their access keys.
const MOST_TRIED: u32 = 3;

impl Identity {
    /// Whose token that is and what they may do; `None` when it is worth nothing.
    pub(crate) async fn caller_of_token(
        &self,
        text: &str,
    ) -> Result<Option<(Caller, CallerNow)>, Refused> {
        let read = Token::read(text, TokenUse::Access, self.key(), self.now());
        let Some(token) = read else {
            return Ok(None);
        };
        let (id, number) = (token.key_id, token.secret_number);
        let found = self.kept_or_found(Credential::AccessKey(id, number), async {
            let Some(key) = self.usable_key(id, number).await? else {
                return Ok(None);
            };
            let found = self.caller_of_key(&key).await?;
            if found.is_some() {
                self.note_use(&key).await?;
            }
            Ok(found)
        });
        let Some(caller) = found.await? else {
            return Ok(None);
        };
        let identity = self.clone();
        let ends_at = token.expires_at();
        let caller_now = CallerNow::new(move || {
            let identity = identity.clone();
            async move {
                if identity.now() >= ends_at {
                    return Ok(None);
                }
                let found = identity.kept_or_found(Credential::AccessKey(id, number), async {
                    match identity.usable_key(id, number).await? {
                        Some(key) => identity.caller_of_key(&key).await,
                        None => Ok(None),
                    }
                });
                known(found.await)
            }
        });
        Ok(Some((caller, caller_now)))
    }

    /// A key that opens something now, with the secret that it has now.
    pub(crate) async fn usable_key(
        &self,
        id: AccessKeyId,
        secret_number: u32,
    ) -> Result<Option<AccessKey>, Refused> {
        let key = self.store().read().await?.access_key(id).await?;
        let now = self.now();
        Ok(key.filter(|key| key.secret_number == secret_number && key.is_usable(now)))
    }

    /// A key that opens something now and that this is the secret of.
    pub(crate) async fn key_with_secret(
        &self,
        id: &str,
        secret: &str,
    ) -> Result<Option<AccessKey>, Refused> {
        let Ok(id) = id.parse() else {
            return Ok(None);
        };
        let found = self.store().read().await?.access_key_to_check(id).await?;
        let now = self.now();
        Ok(found
            .filter(|(key, hash)| self.key().is_hash_of(hash, secret) && key.is_usable(now))
            .map(|(key, _)| key))
    }

    /// Who acts with a key; `None` for a person who has not signed in for so long that nobody can tell their groups.
    pub(crate) async fn caller_of_key(&self, key: &AccessKey) -> Result<Option<Known>, Refused> {
        let found = match key.holder {
            KeyHolder::Application(id) => self.application(id).await?,
            KeyHolder::Person(id) => self.person(id).await?,
        };
        Ok(found.map(|known| Known {
            caller: known.caller.with_access_key(key.id),
            holds_until: known
                .holds_until
                .min(key.expires_at.unwrap_or(Timestamp::MAX)),
        }))
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Known>, Refused> {
        let mut tx = self.store().read().await?;
        let Some(name) = tx.application_name(id).await? else {
            return Ok(None);
        };
        let rules = tx.access_rules_for_application(id).await?;
        let grants: Vec<Grant> = rules.into_iter().map(Grant::from).collect();
        Ok(Some(Known {
            caller: Caller::new(Application { id, name }, grants),
            holds_until: Timestamp::MAX,
        }))
    }

    /// A person as their identity provider describes them now. Of their sign-ins, the first that is still good is
    /// taken.
    async fn person(&self, id: UserId) -> Result<Option<Known>, Refused> {
        let mut tx = self.store().read().await?;
        let Some(known) = tx.person(id).await? else {
            return Ok(None);
        };
        let sign_ins = tx.sign_ins_of(id, self.now(), MOST_TRIED).await?;
        drop(tx);
        let mut away = None;
        for sign_in in sign_ins {
            match self.as_of_now(sign_in.id).await {
                Ok(Some(sign_in)) => {
                    let holds_until = holds_until(&sign_in);
                    let person = Person {
                        id,
                        issuer: known.issuer,
                        subject: known.subject,
                        name: known.name,
                        email: known.email,
                        groups: sign_in.groups,
                    };
                    let caller = self.caller_for(person).await?;
                    return Ok(Some(Known {
                        caller,
                        holds_until,
                    }));
                }
                Ok(None) => {}
                Err(error) => away = Some(error),
            }
        }
        away.map_or(Ok(None), Err)
    }

    async fn note_use(&self, key: &AccessKey) -> Result<(), Refused> {
        let now = self.now();
        if key.last_used_at.is_some_and(|at| now < at + TOUCH_TIME) {
            return Ok(());
        }
        let mut tx = self.store().begin().await?;
        tx.access_key_was_used(key.id, now).await?;
        Ok(tx.commit().await?)
    }
}

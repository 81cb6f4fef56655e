//! From a token or a secret to a caller. The access key is looked up each time: one that was disabled, removed, given
//! another secret or that expired opens nothing from then on, whatever its tokens say.

use authz::{Application, Caller, CallerNow, Grant, Person};
use credentials::{Token, TokenUse};
use domain::{AccessKey, AccessKeyId, ApplicationId, KeyHolder, UserId};
use jiff::SignedDuration;

use crate::Identity;
use crate::authenticate::known;
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
        let Some(key) = self.usable_key(id, number).await? else {
            return Ok(None);
        };
        let Some(caller) = self.caller_of_key(&key).await? else {
            return Ok(None);
        };
        self.note_use(&key).await?;
        let identity = self.clone();
        let ends_at = token.expires_at();
        let caller_now = CallerNow::new(move || {
            let identity = identity.clone();
            async move {
                if identity.now() >= ends_at {
                    return Ok(None);
                }
                known(identity.caller_of_key_by_id(id, number).await)
            }
        });
        Ok(Some((caller, caller_now)))
    }

    async fn caller_of_key_by_id(
        &self,
        id: AccessKeyId,
        secret_number: u32,
    ) -> Result<Option<Caller>, Refused> {
        match self.usable_key(id, secret_number).await? {
            Some(key) => self.caller_of_key(&key).await,
            None => Ok(None),
        }
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
    pub(crate) async fn caller_of_key(&self, key: &AccessKey) -> Result<Option<Caller>, Refused> {
        let caller = match key.holder {
            KeyHolder::Application(id) => self.application(id).await?,
            KeyHolder::Person(id) => self.person(id).await?,
        };
        Ok(caller.map(|caller| caller.with_access_key(key.id)))
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Caller>, Refused> {
        let mut tx = self.store().read().await?;
        let Some(name) = tx.application_name(id).await? else {
            return Ok(None);
        };
        let rules = tx.access_rules_for_application(id).await?;
        let grants: Vec<Grant> = rules.into_iter().map(Grant::from).collect();
        Ok(Some(Caller::new(Application { id, name }, grants)))
    }

    /// A person as their identity provider describes them now. Of their sign-ins, the first that is still good is
    /// taken.
    async fn person(&self, id: UserId) -> Result<Option<Caller>, Refused> {
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
                    let person = Person {
                        id,
                        issuer: known.issuer,
                        subject: known.subject,
                        name: known.name,
                        email: known.email,
                        groups: sign_in.groups,
                    };
                    return Ok(Some(self.caller_for(person).await?));
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

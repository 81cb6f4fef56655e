//! Programs without a browser that ask a person to let them in (RFC 8628).
//!
//! Letting one in makes an access key, which the program fetches. As with all access keys, only somebody who signed
//! in with a browser can do that.

use authz::{Caller, Person};
use domain::{AccessKey, AccessKeyId, EventKind, KeyHolder};
use store::Tx;
use wire::{DeviceAnswer, DeviceSignInView, NewKey};

use crate::{Error, Kind, Result, Service};

impl Service {
    /// The program that shows this code.
    ///
    /// # Errors
    /// [`Error::NotFound`] when none waits with it, [`Error::ForPeople`] when the caller is a program.
    pub async fn show_device_sign_in(
        &self,
        caller: &Caller,
        user_code: &str,
    ) -> Result<DeviceSignInView> {
        signed_in(caller)?;
        let code = DeviceSignInView::kept(user_code);
        let now = self.0.clock.now();
        let waiting = self
            .0
            .store
            .read()
            .await?
            .waiting_device(&code, now)
            .await?;
        let waiting = waiting.ok_or(Error::NotFound(Kind::DeviceSignIn))?;
        Ok(DeviceSignInView {
            user_code: DeviceSignInView::shown(&waiting.user_code),
            device_name: waiting.device_name,
            address: waiting.address,
            begun_at: waiting.begun_at,
        })
    }

    /// Lets the program in that shows this code, or does not. It gets an access key of the caller's.
    ///
    /// # Errors
    /// [`Error::NotFound`] when none waits with it, [`Error::ForPeople`] when the caller is a program,
    /// [`Error::Conflict`] when the caller has too many access keys.
    pub async fn answer_device_sign_in(&self, caller: &Caller, answer: DeviceAnswer) -> Result<()> {
        let person = signed_in(caller)?;
        let code = DeviceSignInView::kept(&answer.user_code);
        let missing = || Error::NotFound(Kind::DeviceSignIn);
        self.forget_unfetched_keys(person).await?;
        let mut tx = self.0.store.begin().await?;
        let waiting = tx.waiting_device(&code, self.0.clock.now()).await?;
        let waiting = waiting.ok_or_else(missing)?;
        let mut made = None;
        if answer.is_approved {
            let name = &waiting.device_name;
            made = Some(
                self.add_key_for_device(&mut tx, caller, person, name)
                    .await?,
            );
        }
        if !tx.answer_device(&code, made).await? {
            return Err(missing());
        }
        Ok(tx.commit().await?)
    }

    /// Removes the person's keys that no program fetched while its code was good: nobody knows their secrets, and
    /// nobody ever will.
    pub(crate) async fn forget_unfetched_keys(&self, person: &Person) -> Result<()> {
        let now = self.0.clock.now();
        let mut tx = self.0.store.read().await?;
        if tx.unfetched_keys_of(person.id, now).await?.is_empty() {
            return Ok(());
        }
        drop(tx);
        let mut tx = self.0.store.begin().await?;
        for key in tx.unfetched_keys_of(person.id, now).await? {
            tx.delete_access_key(key.id).await?;
            let subject = format!("{}, which its program did not fetch in time", key.name);
            tx.record(&self.event(None, EventKind::Deleted, &key, subject))
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// An access key whose secret nobody knows yet: the program that fetches it gets one of its own.
    async fn add_key_for_device(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        person: &Person,
        device_name: &str,
    ) -> Result<AccessKeyId> {
        let known = tx.access_keys_of(person.id).await?;
        if known.len() >= AccessKey::MOST_PER_PERSON {
            return Err(Error::Conflict(format!(
                "You have {} access keys, and more are not possible. Remove one first.",
                AccessKey::MOST_PER_PERSON
            )));
        }
        let id = AccessKeyId(self.0.ids.fresh());
        let start = key_name(device_name);
        let mut numbers = (1..=known.len() + 1).map(|number| match number {
            1 => start.clone(),
            number => format!("{start}-{number}"),
        });
        let is_free = |name: &String| known.iter().all(|key| key.name.as_str() != name);
        let new = NewKey {
            name: numbers.find(is_free).unwrap_or_else(|| start.clone()),
            expires_at: None,
        };
        let (key, secret) = self.new_key(caller, id, KeyHolder::Person(person.id), &new)?;
        let hash = self.0.key.hash(secret.reveal());
        tx.add_access_key(&key, &hash).await?;
        tx.record(&self.event(Some(caller), EventKind::Created, &key, key.name.as_str()))
            .await?;
        Ok(id)
    }
}

fn signed_in(caller: &Caller) -> Result<&Person> {
    caller.signed_in_person().ok_or(Error::ForPeople)
}

/// What a program says of itself, as the name of a key.
fn key_name(device_name: &str) -> String {
    let letters = device_name
        .chars()
        .map(|letter| letter.to_ascii_lowercase());
    let fit = letters.map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    });
    let fit: String = fit.take(40).collect();
    format!("cli-{}", fit.trim_matches('-'))
        .trim_end_matches('-')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use domain::KeyName;

    use super::*;

    #[test]
    fn every_device_gives_a_key_a_name() {
        for (device, name) in [
            ("Ada's Laptop", "cli-ada-s-laptop"),
            ("login01.example", "cli-login01-example"),
            ("", "cli"),
            ("数", "cli"),
        ] {
            assert_eq!(key_name(device), name);
            assert!(name.parse::<KeyName>().is_ok(), "{name}");
        }
    }
}

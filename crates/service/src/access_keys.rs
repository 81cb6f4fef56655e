//! A person's own access keys, for programs that act for them.
//!
//! Only somebody who signed in with a browser makes, changes or removes them: a key that was stolen must not be able
//! to make another one that outlives it.

use authz::{Caller, Person};
use domain::{AccessKey, AccessKeyId, EventKind, KeyHolder};
use store::Tx;
use wire::{AccessKeyView, AccessKeysView, KeyPatch, MadeKey, NewKey};

use crate::applications::{enabled_word, made, name_taken};
use crate::{Error, Kind, Result, Service};

impl Service {
    /// My access keys, by name.
    ///
    /// # Errors
    /// [`Error::ForPeople`] when the caller is a program.
    pub async fn list_access_keys(&self, caller: &Caller) -> Result<AccessKeysView> {
        let person = signed_in(caller)?;
        self.forget_unfetched_keys(person).await?;
        let keys = self.0.store.read().await?.access_keys_of(person.id).await?;
        Ok(AccessKeysView {
            access_keys: keys.into_iter().map(AccessKeyView::from).collect(),
        })
    }

    /// Makes an access key, and shows its secret.
    ///
    /// # Errors
    /// [`Error::ForPeople`] when the caller is a program; [`Error::Invalid`] when a field is wrong;
    /// [`Error::Conflict`] when I have a key of that name, or too many.
    pub async fn create_access_key(&self, caller: &Caller, new: NewKey) -> Result<MadeKey> {
        let person = signed_in(caller)?;
        self.forget_unfetched_keys(person).await?;
        let mut tx = self.0.store.begin().await?;
        if tx.access_keys_of(person.id).await?.len() >= AccessKey::MOST_PER_PERSON {
            return Err(Error::Conflict(format!(
                "You have {} access keys, and more are not possible. Remove one first.",
                AccessKey::MOST_PER_PERSON
            )));
        }
        let id = AccessKeyId(self.0.ids.fresh());
        let (key, secret) = self.new_key(caller, id, KeyHolder::Person(person.id), &new)?;
        let hash = self.0.key.hash(secret.reveal());
        if !tx.add_access_key(&key, &hash).await? {
            return Err(name_taken(&key.name));
        }
        tx.record(&self.event(Some(caller), EventKind::Created, &key, key.name.as_str()))
            .await?;
        tx.commit().await?;
        Ok(made(&key, &secret))
    }

    /// One of my access keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] when I have no such key.
    pub async fn show_access_key(&self, caller: &Caller, id: AccessKeyId) -> Result<AccessKeyView> {
        let mut tx = self.0.store.read().await?;
        Ok(own_key(&mut tx, caller, id).await?.into())
    }

    /// Enables or disables one of my access keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] when I have no such key.
    pub async fn edit_access_key(
        &self,
        caller: &Caller,
        id: AccessKeyId,
        patch: KeyPatch,
    ) -> Result<AccessKeyView> {
        let mut tx = self.0.store.begin().await?;
        let key = own_key(&mut tx, caller, id).await?;
        let key = key.enabled(patch.enabled, self.0.clock.now());
        tx.save_access_key(&key).await?;
        let word = enabled_word(patch.enabled);
        tx.record(&self.event(Some(caller), EventKind::Edited, &key, word))
            .await?;
        tx.commit().await?;
        Ok(key.into())
    }

    /// Gives one of my access keys another secret, and shows it. The one before, and all tokens of it, are worth
    /// nothing from then on.
    ///
    /// # Errors
    /// [`Error::NotFound`] when I have no such key.
    pub async fn rotate_access_key_secret(
        &self,
        caller: &Caller,
        id: AccessKeyId,
    ) -> Result<MadeKey> {
        let mut tx = self.0.store.begin().await?;
        let key = own_key(&mut tx, caller, id).await?;
        let made = self.rotate(&mut tx, caller, key).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Removes one of my access keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] when I have no such key.
    pub async fn delete_access_key(&self, caller: &Caller, id: AccessKeyId) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let key = own_key(&mut tx, caller, id).await?;
        tx.delete_access_key(id).await?;
        tx.record(&self.event(Some(caller), EventKind::Deleted, &key, key.name.as_str()))
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn signed_in(caller: &Caller) -> Result<&Person> {
    caller.signed_in_person().ok_or(Error::ForPeople)
}

/// The caller's key; that of anybody else is not there.
async fn own_key(tx: &mut Tx, caller: &Caller, id: AccessKeyId) -> Result<AccessKey> {
    let person = signed_in(caller)?;
    let key = tx.access_key(id).await?;
    key.filter(|key| key.holder == KeyHolder::Person(person.id))
        .ok_or(Error::NotFound(Kind::AccessKey))
}

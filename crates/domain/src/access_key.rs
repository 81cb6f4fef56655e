//! What a program proves itself with, and the programs themselves.
//!
//! An application is somebody of its own, with access rules of its own. A person's access key is not: whatever it
//! does, that person does.

use jiff::Timestamp;

use crate::{AccessKeyId, ApplicationId, KeyName, UserId};

/// Who acts when a key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyHolder {
    /// An application, which has this one key.
    Application(ApplicationId),
    /// A person, who may have several.
    Person(UserId),
}

/// A client id and a secret. The secret itself is nowhere: it is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The client id. That of an application's key is the application's own id.
    pub id: AccessKeyId,
    /// Who acts.
    pub holder: KeyHolder,
    /// What its holder calls it.
    pub name: KeyName,
    /// Whether it may be used. One that is disabled can be enabled again.
    pub is_enabled: bool,
    /// Counts the secrets that it has had: tokens that were given for an earlier one are worth nothing.
    pub secret_number: u32,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last enabled, disabled, or given another secret.
    pub updated_at: Timestamp,
    /// From when on it is worth nothing; `None` when it lasts until it is removed.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl AccessKey {
    /// The most keys that one person may have.
    pub const MOST_PER_PERSON: usize = 50;

    /// Whether it opens anything at that moment.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.is_enabled && self.expires_at.is_none_or(|at| now < at)
    }

    /// The same key with its next secret.
    #[must_use]
    pub fn rotated(self, now: Timestamp) -> Self {
        Self {
            secret_number: self.secret_number + 1,
            updated_at: now,
            ..self
        }
    }

    /// The same key, enabled or disabled.
    #[must_use]
    pub fn enabled(self, is_enabled: bool, now: Timestamp) -> Self {
        Self {
            is_enabled,
            updated_at: now,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn key() -> AccessKey {
        AccessKey {
            id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            holder: KeyHolder::Person("00000000-0000-0000-0000-0000000000ad".parse().unwrap()),
            name: "laptop".parse().unwrap(),
            is_enabled: true,
            secret_number: 1,
            created_by: "00000000-0000-0000-0000-0000000000ad".parse().unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            expires_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1)),
            last_used_at: None,
        }
    }

    #[test]
    fn a_key_ends_at_the_moment_at_which_it_expires() {
        let end = key().expires_at.unwrap();
        assert!(key().is_usable(end - SignedDuration::from_micros(1)));
        assert!(!key().is_usable(end));
    }

    #[test]
    fn a_key_that_is_disabled_opens_nothing_until_it_is_enabled() {
        let now = Timestamp::UNIX_EPOCH;
        let disabled = key().enabled(false, now);
        assert!(!disabled.is_usable(now));
        assert!(disabled.enabled(true, now).is_usable(now));
    }
}

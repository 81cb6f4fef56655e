//! What was made of the database, kept until anything changes that it follows from.
//!
//! A number of the database tells whether that happened, on whichever console: whoever looks for something kept has
//! read the number first. What is kept is never believed without.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// For how long at most: a console of an older version changes things without a word.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(5);
/// When there is more than that, all is forgotten.
const MOST: usize = 20_000;

/// Things by what they are found by.
pub(crate) struct Kept<K, V>(Mutex<Entries<K, V>>);

struct Entries<K, V> {
    by_key: HashMap<K, Entry<V>>,
    size: usize,
}

struct Entry<V> {
    thing: V,
    since: Since,
    holds_until: Timestamp,
    size: usize,
}

/// When something was made: before that, the number was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Since {
    pub(crate) generation: u64,
    pub(crate) at: Timestamp,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Entries {
            by_key: HashMap::new(),
            size: 0,
        }))
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    pub(crate) fn find(&self, key: &K, now: Since) -> Option<V> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.by_key.get(key)?;
        let holds = entry.since.generation == now.generation && now.at < entry.holds_until;
        holds.then(|| entry.thing.clone())
    }

    /// Keeps something of a size, and not beyond the moment until when it holds.
    pub(crate) fn keep(&self, key: K, thing: V, since: Since, holds_until: Timestamp, size: usize) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.size + size > MOST {
            entries.by_key.clear();
            entries.size = 0;
        }
        entries.size += size;
        let entry = Entry {
            thing,
            since,
            holds_until: holds_until.min(since.at + KEPT_FOR),
            size,
        };
        if let Some(before) = entries.by_key.insert(key, entry) {
            entries.size -= before.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Since = Since {
        generation: 7,
        at: Timestamp::UNIX_EPOCH,
    };

    fn later(seconds: i64) -> Since {
        Since {
            at: NOW.at + SignedDuration::from_secs(seconds),
            ..NOW
        }
    }

    #[test]
    fn a_thing_is_good_for_one_generation_and_until_its_end() {
        let kept = Kept::default();
        kept.keep("ada", 'a', NOW, Timestamp::MAX, 1);
        kept.keep("bo", 'b', NOW, later(2).at, 1);
        assert_eq!(kept.find(&"ada", later(4)), Some('a'));
        assert_eq!(kept.find(&"ada", later(5)), None);
        assert_eq!(kept.find(&"bo", later(1)), Some('b'));
        assert_eq!(kept.find(&"bo", later(2)), None);
        let changed = Since {
            generation: 8,
            ..NOW
        };
        assert_eq!(kept.find(&"ada", changed), None);
        assert_eq!(kept.find(&"cleo", NOW), None);
    }

    #[test]
    fn all_is_forgotten_when_it_is_too_much() {
        let kept = Kept::default();
        for _ in 0..3 {
            kept.keep("ada", 'a', NOW, Timestamp::MAX, MOST / 2);
        }
        kept.keep("bo", 'b', NOW, Timestamp::MAX, MOST / 2);
        assert_eq!(kept.find(&"ada", NOW), Some('a'));
        kept.keep("cleo", 'c', NOW, Timestamp::MAX, 1);
        assert_eq!(kept.find(&"ada", NOW), None);
        assert_eq!(kept.find(&"cleo", NOW), Some('c'));
    }
}

//! A map that forgets: every entry has an end, and there is a most. Reading an entry after its end finds nothing, even
//! when it was not swept away yet.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Entries by a name that nobody can guess.
#[derive(Debug)]
pub(crate) struct Expiring<V> {
    entries: HashMap<String, Entry<V>>,
    most: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    ends_at: Timestamp,
}

impl<V> Expiring<V> {
    pub(crate) fn with_most(most: usize) -> Self {
        Self {
            entries: HashMap::new(),
            most,
        }
    }

    /// When there is no room, what would end soonest goes: strangers can fill the map, but never lock anybody out.
    pub(crate) fn insert(&mut self, key: String, value: V, now: Timestamp, lives: SignedDuration) {
        if self.entries.len() >= self.most && !self.entries.contains_key(&key) {
            self.entries.retain(|_, entry| entry.ends_at > now);
            if self.entries.len() >= self.most {
                let soonest = self
                    .entries
                    .iter()
                    .min_by_key(|(_, entry)| entry.ends_at)
                    .map(|(key, _)| key.clone());
                soonest.and_then(|key| self.entries.remove(&key));
            }
        }
        self.entries.insert(
            key,
            Entry {
                value,
                ends_at: now + lives,
            },
        );
    }

    pub(crate) fn get(&self, key: &str, now: Timestamp) -> Option<&V> {
        self.entries
            .get(key)
            .filter(|entry| entry.ends_at > now)
            .map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, key: &str, now: Timestamp) -> Option<&mut V> {
        self.entries
            .get_mut(key)
            .filter(|entry| entry.ends_at > now)
            .map(|entry| &mut entry.value)
    }

    pub(crate) fn remove(&mut self, key: &str, now: Timestamp) -> Option<V> {
        self.entries
            .remove(key)
            .filter(|entry| entry.ends_at > now)
            .map(|entry| entry.value)
    }

    /// Whatever has not been swept away yet.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|entry| &entry.value)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    #[test]
    fn an_entry_is_gone_the_moment_it_ends() {
        let mut entries = Expiring::with_most(10);
        let now = Timestamp::UNIX_EPOCH;
        entries.insert("a".to_owned(), 1, now, MINUTE);
        assert_eq!(
            entries.get("a", now + MINUTE - SignedDuration::from_nanos(1)),
            Some(&1)
        );
        assert_eq!(entries.get("a", now + MINUTE), None);
        assert_eq!(entries.remove("a", now + MINUTE), None);
    }

    #[test]
    fn a_full_map_forgets_what_ends_soonest() {
        let mut entries = Expiring::with_most(2);
        let now = Timestamp::UNIX_EPOCH;
        entries.insert("long".to_owned(), 1, now, MINUTE * 2);
        entries.insert("short".to_owned(), 2, now, MINUTE);
        entries.insert("new".to_owned(), 3, now, MINUTE);
        assert_eq!(entries.get("short", now), None);
        assert_eq!(entries.get("long", now), Some(&1));
        assert_eq!(entries.get("new", now), Some(&3));
    }
}

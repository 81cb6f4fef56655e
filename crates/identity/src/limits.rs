//! How much somebody may ask for in a minute.
//!
//! Each has a bucket that fills up again all the time; what is taken out of an empty one is refused, with the time
//! after which there is something in it. The buckets are this console's own and are forgotten when it stops.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use wire::Problem;

/// So many buckets are kept. When there are more, those that are full go: they say nothing.
const MOST_BUCKETS: usize = 20_000;
const SECONDS_PER_MINUTE: f64 = 60.0;

/// A limit per minute, for each key of its own.
pub(crate) struct Limit<K> {
    per_minute: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    looked_at: Timestamp,
}

/// How long to wait for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) retry_after_seconds: u64,
}

impl<K: Eq + Hash> Limit<K> {
    /// So many a minute; 0 is no limit.
    pub(crate) fn per_minute(per_minute: u32) -> Self {
        Self {
            per_minute,
            buckets: Mutex::default(),
        }
    }

    /// Takes one.
    pub(crate) fn take(&self, key: K, now: Timestamp) -> Result<(), TooMany> {
        self.draw(key, now, 1.0)
    }

    /// Whether there is one left, without taking it.
    pub(crate) fn look(&self, key: K, now: Timestamp) -> Result<(), TooMany> {
        self.draw(key, now, 0.0)
    }

    fn draw(&self, key: K, now: Timestamp, amount: f64) -> Result<(), TooMany> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let most = f64::from(self.per_minute);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| bucket.filled(most, now) < most);
        }
        let bucket = buckets.entry(key).or_insert(Bucket {
            left: most,
            looked_at: now,
        });
        let left = bucket.filled(most, now);
        let is_there = left >= 1.0;
        *bucket = Bucket {
            left: if is_there { left - amount } else { left },
            looked_at: now,
        };
        if is_there {
            return Ok(());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 60"
        )]
        let wait = ((1.0 - left) * SECONDS_PER_MINUTE / most).ceil() as u64;
        Err(TooMany {
            retry_after_seconds: wait.max(1),
        })
    }
}

impl Bucket {
    fn filled(self, most: f64, now: Timestamp) -> f64 {
        let passed = now.duration_since(self.looked_at).as_secs_f64().max(0.0);
        (self.left + passed * most / SECONDS_PER_MINUTE).min(most)
    }
}

impl TooMany {
    /// The answer, with the words for whoever asked too often.
    pub(crate) fn answer(self, words: &str) -> Response {
        let headers = [
            (RETRY_AFTER, HeaderValue::from(self.retry_after_seconds)),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let problem = Problem::new(429, words);
        (StatusCode::TOO_MANY_REQUESTS, headers, Json(problem)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn what_is_over_the_limit_waits_until_there_is_room() {
        let limit = Limit::per_minute(2);
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(limit.take("ada", now), Ok(()));
        assert_eq!(limit.take("ada", now), Ok(()));
        let too_many = Err(TooMany {
            retry_after_seconds: 30,
        });
        assert_eq!(limit.take("ada", now), too_many);
        assert_eq!(limit.look("ada", now), too_many);
        assert_eq!(limit.take("grace", now), Ok(()));
        let later = now + SignedDuration::from_secs(30);
        assert_eq!(limit.look("ada", later), Ok(()));
        assert_eq!(limit.take("ada", later), Ok(()));
        assert_eq!(limit.take("ada", later), too_many);
        let much_later = now + SignedDuration::from_hours(1);
        for _ in 0..2 {
            assert_eq!(limit.take("ada", much_later), Ok(()));
        }
        assert!(limit.take("ada", much_later).is_err());
    }

    #[test]
    fn without_a_limit_there_is_none() {
        let limit = Limit::per_minute(0);
        for _ in 0..1000 {
            assert_eq!(limit.take((), Timestamp::UNIX_EPOCH), Ok(()));
        }
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let limit = Limit::per_minute(1);
        let now = Timestamp::UNIX_EPOCH;
        for number in 0..MOST_BUCKETS {
            assert_eq!(limit.take(number, now), Ok(()));
        }
        let later = now + SignedDuration::from_mins(2);
        assert_eq!(limit.take(MOST_BUCKETS, later), Ok(()));
        assert_eq!(limit.buckets.lock().unwrap().len(), 1);
    }
}

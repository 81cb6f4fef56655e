//! Chance that a seed decides, so that what went wrong can be looked at again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that the environment may give.
pub fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Numbers that `STOWAGE_SEED` and the order in which dice are made decide.
pub struct Dice(u64);

impl Dice {
    /// Dice that no others are like.
    #[expect(clippy::new_without_default, reason = "each call makes other dice")]
    pub fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        Self(setting("STOWAGE_SEED").unwrap_or(1).wrapping_add(number))
    }

    /// Any number (`SplitMix64`).
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % (end as u64).max(1)).unwrap_or(0)
    }

    /// A while between `from` and `to` milliseconds.
    pub fn while_between(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_micros(from * 1_000 + self.roll() % ((to - from) * 1_000).max(1))
    }
}

//! How fast, how much at once, how soon again.

use std::collections::VecDeque;

const MEBIBYTE: u64 = 1 << 20;
/// How much one request carries at first. 16 to 64 MiB keep a browser at full speed; 1 MiB slices
/// reached a quarter of it.
pub(crate) const FIRST_SLICE_BYTES: u64 = 32 * MEBIBYTE;
/// How much small files come to in one request.
pub(crate) const FIRST_BATCH_BYTES: u64 = 16 * MEBIBYTE;
const MIN_SLICE_BYTES: u64 = 8 * MEBIBYTE;
const MAX_SLICE_BYTES: u64 = 64 * MEBIBYTE;

/// The next slice: larger where one takes less than a second, smaller where it takes more than eight,
/// so that a slow line still acknowledges often.
pub(crate) fn next_slice_bytes(slice_bytes: u64, took_ms: u64) -> u64 {
    match took_ms {
        0..1_000 => (slice_bytes * 2).min(MAX_SLICE_BYTES),
        8_001.. => (slice_bytes / 2).max(MIN_SLICE_BYTES),
        _ => slice_bytes,
    }
}

/// How long to wait after so many failures in a row: 1 s doubling up to 30 s, the last half of it left to chance.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds up to 30,000 and a factor between 0 and 1"
)]
pub(crate) fn back_off_ms(setbacks: u32, jitter: f64) -> u64 {
    let longest = (1_000_u64 << setbacks.saturating_sub(1).min(5)).min(30_000);
    longest / 2 + (longest as f64 / 2.0 * jitter.clamp(0.0, 1.0)) as u64
}

/// A moving average of what was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// When and how many bytes since the run began, oldest first.
    samples: VecDeque<(u64, u64)>,
    total_bytes: u64,
}

impl Rate {
    const WINDOW_MS: u64 = 15_000;
    const SPACING_MS: u64 = 250;

    /// Begins anew, when sending begins or goes on.
    pub(crate) fn restart(&mut self, now_ms: u64) {
        self.total_bytes = 0;
        self.samples.clear();
        self.samples.push_back((now_ms, 0));
    }

    pub(crate) fn acknowledge(&mut self, bytes: u64, now_ms: u64) {
        self.total_bytes += bytes;
        // A full last sample is moved on instead of adding one per small file.
        let len = self.samples.len();
        if len >= 2 && now_ms.saturating_sub(self.samples[len - 2].0) < Self::SPACING_MS {
            self.samples[len - 1] = (now_ms, self.total_bytes);
        } else {
            self.samples.push_back((now_ms, self.total_bytes));
        }
        while self.samples.len() > 2 && now_ms.saturating_sub(self.samples[1].0) > Self::WINDOW_MS {
            self.samples.pop_front();
        }
    }

    /// `None` until something was acknowledged.
    pub(crate) fn bytes_per_second(&self, now_ms: u64) -> Option<u64> {
        let &(since_ms, before) = self.samples.front()?;
        let bytes = self.total_bytes - before;
        let took_ms = now_ms.saturating_sub(since_ms).max(1);
        (bytes > 0).then(|| bytes.saturating_mul(1_000) / took_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_follow_the_line() {
        assert_eq!(next_slice_bytes(FIRST_SLICE_BYTES, 200), MAX_SLICE_BYTES);
        assert_eq!(next_slice_bytes(MAX_SLICE_BYTES, 200), MAX_SLICE_BYTES);
        assert_eq!(
            next_slice_bytes(FIRST_SLICE_BYTES, 3_000),
            FIRST_SLICE_BYTES
        );
        assert_eq!(next_slice_bytes(MIN_SLICE_BYTES, 60_000), MIN_SLICE_BYTES);
    }

    #[test]
    fn waiting_doubles_and_stays_under_half_a_minute() {
        let longest: Vec<u64> = (1..9).map(|n| back_off_ms(n, 1.0)).collect();
        assert_eq!(
            longest,
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(back_off_ms(3, 0.0), 2_000);
    }

    #[test]
    fn the_rate_forgets_what_is_long_ago() {
        let mut rate = Rate::default();
        rate.restart(0);
        assert_eq!(rate.bytes_per_second(10), None);
        for second in 1..=10 {
            rate.acknowledge(1_000, second * 1_000);
        }
        assert_eq!(rate.bytes_per_second(10_000), Some(1_000));
        for second in 11..=40 {
            rate.acknowledge(5_000, second * 1_000);
        }
        assert_eq!(rate.bytes_per_second(40_000), Some(5_000));
    }
}

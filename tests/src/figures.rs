//! Times, and what is told of them.

use std::time::Duration;

/// Times of one thing, measured again and again.
#[derive(Debug, Default, Clone)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The time that `percent` of 100 did not exceed (nearest rank); zero when nothing was measured.
    pub fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }
}

/// Milliseconds with one digit behind the point.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut times = Times::default();
        for millisecond in (1..=20).rev() {
            times.push(Duration::from_millis(millisecond));
        }
        assert_eq!(times.at(50), Duration::from_millis(10));
        assert_eq!(times.at(95), Duration::from_millis(19));
        assert_eq!(times.at(100), Duration::from_millis(20));
        assert_eq!(Times::default().at(95), Duration::ZERO);
    }
}

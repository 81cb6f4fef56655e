//! How many requests at once.
//!
//! More than a line needs only make each of them slower, and browsers open six connections to a host, shared
//! by all tabs and event streams. So another number is tried now and then, and kept if it was better.

const FEWEST: usize = 2;
const FIRST: usize = 3;
const MOST: usize = 4;
/// One measurement, in milliseconds.
const PERIOD_MS: u64 = 4_000;
/// Measurements between two tries.
const REST: u32 = 4;

/// How many requests at once; see the module.
#[derive(Debug)]
pub(crate) struct Breadth {
    lanes: usize,
    since_ms: u64,
    bytes: u64,
    /// The number before the try that goes on, and its bytes per second.
    before: Option<(usize, u64)>,
    tries_more: bool,
    rest: u32,
}

impl Default for Breadth {
    fn default() -> Self {
        Self {
            lanes: FIRST,
            since_ms: 0,
            bytes: 0,
            before: None,
            tries_more: true,
            rest: 1,
        }
    }
}

impl Breadth {
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Begins a measurement anew: what was sent before says nothing of now.
    pub(crate) fn restart(&mut self, now_ms: u64) {
        if let Some((lanes, _)) = self.before.take() {
            self.lanes = lanes;
        }
        self.since_ms = now_ms;
        self.bytes = 0;
    }

    /// Notes what was acknowledged while all lanes were busy.
    pub(crate) fn acknowledge(&mut self, bytes: u64, now_ms: u64) {
        self.bytes += bytes;
        let took_ms = now_ms.saturating_sub(self.since_ms);
        if took_ms < PERIOD_MS {
            return;
        }
        let rate = self.bytes.saturating_mul(1_000) / took_ms;
        self.since_ms = now_ms;
        self.bytes = 0;
        match self.before.take() {
            Some((lanes, before)) => {
                // One more has to be worth it; one less may cost a little.
                let is_better = if self.lanes > lanes {
                    rate.saturating_mul(10) >= before.saturating_mul(11)
                } else {
                    rate.saturating_mul(20) >= before.saturating_mul(19)
                };
                if !is_better {
                    self.lanes = lanes;
                    self.tries_more = !self.tries_more;
                }
                self.rest = REST;
            }
            None if self.rest > 0 => self.rest -= 1,
            None => self.try_another(rate),
        }
    }

    fn try_another(&mut self, rate: u64) {
        self.before = Some((self.lanes, rate));
        self.tries_more = match self.lanes {
            FEWEST => true,
            MOST => false,
            _ => self.tries_more,
        };
        if self.tries_more {
            self.lanes += 1;
        } else {
            self.lanes -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that were tried on a line that carries so many bytes a second by so many lanes.
    fn tried(rate: impl Fn(usize) -> u64) -> Vec<usize> {
        let mut breadth = Breadth::default();
        let numbers = (1..60).map(|period| {
            breadth.acknowledge(rate(breadth.lanes()) * 4, period * PERIOD_MS);
            breadth.lanes()
        });
        numbers.collect()
    }

    fn mostly(numbers: &[usize]) -> usize {
        let count = |lanes: usize| numbers.iter().filter(|&&number| number == lanes).count();
        (FEWEST..=MOST).max_by_key(|&lanes| count(lanes)).unwrap()
    }

    #[test]
    fn a_line_that_each_lane_adds_to_gets_the_most() {
        let numbers = tried(|lanes| lanes as u64 * 10_000_000);
        assert_eq!(mostly(&numbers), MOST);
        assert!(numbers.iter().all(|lanes| (FEWEST..=MOST).contains(lanes)));
    }

    #[test]
    fn a_line_that_is_full_with_two_gets_no_more() {
        assert_eq!(mostly(&tried(|_| 20_000_000)), FEWEST);
    }

    #[test]
    fn a_line_that_three_fill_keeps_three() {
        assert_eq!(mostly(&tried(|lanes| lanes.min(3) as u64 * 10_000_000)), 3);
    }

    #[test]
    fn a_pause_ends_a_try() {
        let mut breadth = Breadth::default();
        breadth.acknowledge(4_000, PERIOD_MS);
        breadth.acknowledge(4_000, 2 * PERIOD_MS);
        assert_eq!(breadth.lanes(), 4);
        breadth.restart(100_000);
        assert_eq!(breadth.lanes(), 3);
    }
}

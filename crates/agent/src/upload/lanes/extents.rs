//! Which bytes of a file are stored: ranges that neither touch nor overlap.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Stored ranges, by where they begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extents(BTreeMap<u64, u64>);

impl Extents {
    /// Adds a range, and joins it with those that it touches.
    pub(super) fn add(&mut self, range: &Range<u64>) {
        let Range { mut start, mut end } = *range;
        if start >= end {
            return;
        }
        while let Some((&begin, &until)) = self.0.range(..=end).next_back() {
            if until < start {
                break;
            }
            self.0.remove(&begin);
            start = start.min(begin);
            end = end.max(until);
        }
        self.0.insert(start, end);
    }

    /// The first stored range that has bytes of this one.
    pub(super) fn overlapping(&self, range: &Range<u64>) -> Option<Range<u64>> {
        let before = self.0.range(..=range.start).next_back();
        let within = self.0.range(range.start..range.end.max(range.start)).next();
        before
            .into_iter()
            .chain(within)
            .map(|(begin, end)| *begin..*end)
            .find(|stored| {
                stored.end > range.start && stored.start < range.end.max(range.start + 1)
            })
    }

    /// Where the next stored range begins from a place on that is not stored.
    pub(super) fn next_after(&self, place: u64) -> Option<u64> {
        self.0.range(place..).next().map(|(begin, _)| *begin)
    }

    /// How many bytes there are from the beginning on without a gap.
    pub(super) fn prefix(&self) -> u64 {
        self.0.get(&0).copied().unwrap_or(0)
    }

    /// How many ranges there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        self.0.iter().map(|(begin, end)| *begin..*end)
    }
}

/// `0-1048576,4194304-8388608`: each from its first byte to the one behind its last.
impl fmt::Display for Extents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A header is no place for more; a client that asks again sees the next.
        const MOST: usize = 200;
        for (index, range) in self.iter().take(MOST).enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}-{}", range.start, range.end)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ranges: &[Range<u64>]) -> Extents {
        let mut extents = Extents::default();
        for range in ranges {
            extents.add(range);
        }
        extents
    }

    #[test]
    fn ranges_that_touch_are_one() {
        assert_eq!(of(&[0..2, 4..6]).to_string(), "0-2,4-6");
        assert_eq!(of(&[0..2, 4..6, 2..4]).to_string(), "0-6");
        assert_eq!(of(&[4..6, 0..9]).to_string(), "0-9");
        assert_eq!(of(&[0..9, 4..6]).to_string(), "0-9");
        assert_eq!(of(&[5..9, 0..1, 3..5, 1..1]).to_string(), "0-1,3-9");
        assert_eq!(of(&[5..9, 0..1]).prefix(), 1);
        assert_eq!(of(&[5..9, 2..3]).prefix(), 0);
    }

    #[test]
    fn what_is_stored_is_found() {
        let extents = of(&[2..4, 6..8]);
        assert_eq!(extents.overlapping(&(0..2)), None);
        assert_eq!(extents.overlapping(&(4..6)), None);
        assert_eq!(extents.overlapping(&(8..99)), None);
        assert_eq!(extents.overlapping(&(0..3)), Some(2..4));
        assert_eq!(extents.overlapping(&(3..5)), Some(2..4));
        assert_eq!(extents.overlapping(&(3..3)), Some(2..4));
        assert_eq!(extents.overlapping(&(4..7)), Some(6..8));
        assert_eq!(extents.overlapping(&(0..99)), Some(2..4));
        assert_eq!(extents.next_after(4), Some(6));
        assert_eq!(extents.next_after(8), None);
    }

    #[test]
    fn any_order_of_pieces_is_the_same_in_the_end() {
        let mut pieces: Vec<Range<u64>> = (0..50).map(|n| n * 7..n * 7 + 7).collect();
        for step in 1..50 {
            pieces.rotate_left(step);
            pieces.swap(0, step);
            assert_eq!(of(&pieces).to_string(), "0-350");
        }
    }
}

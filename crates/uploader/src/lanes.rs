//! Which bytes of a large file are stored, and which piece of it is sent next.
//!
//! Several requests carry pieces of one file at once. What counts as stored is what the server told; where
//! it is not sure it is asked, and then no lane of the file may be at work: the question would end them.

use std::ops::Range;

/// A rest that is smaller than that is not sent by itself, and no piece is made smaller only to be shared.
const LEAST_PIECE_BYTES: u64 = 4 << 20;

/// Stored ranges in their order: they neither touch nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extents(Vec<Range<u64>>);

impl Extents {
    pub(crate) fn of(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut extents = Self::default();
        for range in ranges {
            extents.add(range);
        }
        extents
    }

    /// The first bytes of a file.
    pub(crate) fn first(bytes: u64) -> Self {
        Self::of(std::iter::once(0..bytes))
    }

    /// Adds a range and joins it with those that it touches.
    pub(crate) fn add(&mut self, mut range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let begin = self.0.partition_point(|stored| stored.end < range.start);
        let end = self.0.partition_point(|stored| stored.start <= range.end);
        if let [first, ..] = &self.0[begin..end] {
            range.start = range.start.min(first.start);
        }
        if let [.., last] = &self.0[begin..end] {
            range.end = range.end.max(last.end);
        }
        self.0.splice(begin..end, [range]);
    }

    /// How many bytes they come to.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// The first bytes of a file that are neither stored nor on their way.
    fn first_gap(&self, on_their_way: &[Range<u64>], size_bytes: u64) -> Range<u64> {
        let mut taken = self.clone();
        for range in on_their_way {
            taken.add(range.clone());
        }
        let (begin, next) = match &taken.0[..] {
            [first, rest @ ..] if first.start == 0 => (first.end, rest.first()),
            ranges => (0, ranges.first()),
        };
        begin..next.map_or(size_bytes, |next| next.start)
    }

    /// The piece of a file that is sent next: at most `slice_bytes`, and less where all idle lanes can share
    /// the rest. `None` if everything is stored or on its way.
    pub(crate) fn next_piece(
        &self,
        on_their_way: &[Range<u64>],
        size_bytes: u64,
        slice_bytes: u64,
        lanes: usize,
    ) -> Option<Range<u64>> {
        let gap = self.first_gap(on_their_way, size_bytes);
        if gap.is_empty() {
            return None;
        }
        let sent: u64 = on_their_way
            .iter()
            .map(|range| range.end - range.start)
            .sum();
        let rest = size_bytes.saturating_sub(self.bytes() + sent);
        let idle = lanes.saturating_sub(on_their_way.len()).max(1);
        let share = rest.div_ceil(u64::try_from(idle).unwrap_or(1));
        let piece = share.max(LEAST_PIECE_BYTES).min(slice_bytes.max(1));
        let end = gap.end.min(gap.start + piece);
        let is_crumb = gap.end - end < LEAST_PIECE_BYTES / 4;
        Some(gap.start..if is_crumb { gap.end } else { end })
    }
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "extents are lists of ranges, also of one"
)]
mod tests {
    use super::*;

    const MEBIBYTE: u64 = 1 << 20;

    #[test]
    fn ranges_that_touch_are_one() {
        let of = |ranges: &[Range<u64>]| Extents::of(ranges.iter().cloned()).0;
        assert_eq!(of(&[0..2, 4..6]), [0..2, 4..6]);
        assert_eq!(of(&[4..6, 0..2, 2..4]), [0..6]);
        assert_eq!(of(&[0..9, 4..6, 3..3]), [0..9]);
        assert_eq!(of(&[4..6, 8..9, 1..2, 0..20]), [0..20]);
        assert_eq!(of(&[5..9, 0..1, 3..5]), [0..1, 3..9]);
    }

    #[test]
    fn gaps_are_filled_from_the_beginning_on() {
        let stored = Extents::of([0..10, 20..30]);
        assert_eq!(stored.first_gap(&[], 40), 10..20);
        assert_eq!(stored.first_gap(&[10..15], 40), 15..20);
        assert_eq!(stored.first_gap(&[10..15, 15..20], 40), 30..40);
        assert!(stored.first_gap(&[10..20, 30..40], 40).is_empty());
        assert_eq!(Extents::of([5..9]).first_gap(&[], 9), 0..5);
    }

    #[test]
    fn idle_lanes_share_the_rest_and_leave_no_crumbs() {
        let none = Extents::default();
        let size = 100 * MEBIBYTE;
        assert_eq!(
            none.next_piece(&[], size, 16 * MEBIBYTE, 3),
            Some(0..16 * MEBIBYTE)
        );
        let most = Extents::of([0..70 * MEBIBYTE]);
        let first = most.next_piece(&[], size, 16 * MEBIBYTE, 3).unwrap();
        assert_eq!(first, 70 * MEBIBYTE..80 * MEBIBYTE);
        let tail = Extents::of([0..size - 5 * MEBIBYTE + 7]);
        let last = tail.next_piece(&[], size, 16 * MEBIBYTE, 3).unwrap();
        assert_eq!(last.end, size, "{last:?}");
        assert_eq!(
            Extents::of([0..size]).next_piece(&[], size, MEBIBYTE, 3),
            None
        );
    }

    /// Lanes that end in any order, some of them short or not at all, send every byte and none twice at once.
    #[test]
    fn whatever_is_lost_the_file_becomes_whole() {
        let mut chance = 1_u64;
        let mut next = move |below: u64| {
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (chance >> 33) % below
        };
        for _ in 0..200 {
            let size = 1 + next(400 * MEBIBYTE);
            let (slice, lanes) = (
                MEBIBYTE + next(64 * MEBIBYTE),
                1 + usize::try_from(next(4)).unwrap(),
            );
            let (mut stored, mut way): (Extents, Vec<Range<u64>>) = Default::default();
            for step in 0.. {
                assert!(step < 10_000, "for ever");
                while way.len() < lanes
                    && let Some(piece) = stored.next_piece(&way, size, slice, lanes)
                {
                    assert!(piece.end <= size && !piece.is_empty());
                    let free =
                        |other: &Range<u64>| other.end <= piece.start || piece.end <= other.start;
                    assert!(way.iter().chain(&stored.0).all(free), "sent twice");
                    way.push(piece);
                }
                if way.is_empty() {
                    break;
                }
                let ended = way.swap_remove(usize::try_from(next(way.len() as u64)).unwrap());
                match next(5) {
                    0 => {}
                    1 => stored.add(ended.start..ended.start + (ended.end - ended.start) / 2),
                    _ => stored.add(ended),
                }
            }
            assert_eq!(stored.bytes(), size);
        }
    }
}

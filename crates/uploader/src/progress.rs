//! What the server said is stored, and how an item goes on from there.

use std::ops::Range;

use crate::answer::MAX_CONTRADICTIONS;
use crate::lanes::Extents;
use crate::pace::next_slice_bytes;
use crate::requests::{InFlight, Work};
use crate::{Command, Moment, Queue, State};

impl Queue {
    pub(crate) fn acknowledge(
        &mut self,
        index: usize,
        request: &InFlight,
        offset_bytes: u64,
        extents: Option<Vec<Range<u64>>>,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        let before = self.items[index].acknowledged_bytes;
        let size_bytes = self.items[index].size_bytes;
        let is_slice = matches!(request.work, Work::Patch(..));
        self.down_until_ms = None;
        if is_slice {
            let took_ms = moment.now_ms.saturating_sub(request.began_at_ms);
            self.slice_bytes = next_slice_bytes(self.slice_bytes, took_ms);
        }
        let stored = self.stored_after(index, &request.work, offset_bytes, extents);
        self.change(index, |item| {
            item.acknowledged_bytes = stored.min(size_bytes);
            item.is_offset_known = true;
        });
        self.count_in_flight(self.items[index].id);
        self.note_pace(stored.saturating_sub(before), moment.now_ms);
        if stored >= size_bytes {
            self.end_requests_of(index, out);
            return self.is_stored(index, State::Done, out);
        }
        let is_stuck = is_slice && stored <= before;
        let setbacks = &mut self.items[index].setbacks;
        *setbacks = if stored > before {
            0
        } else {
            *setbacks + u32::from(is_stuck)
        };
        if *setbacks > MAX_CONTRADICTIONS {
            self.end_requests_of(index, out);
            return self.fail(
                index,
                "The server took none of this file's bytes, several times. Try again later.",
            );
        }
        self.continue_with(index, moment, out);
    }

    /// How many bytes of an item are stored now.
    fn stored_after(
        &mut self,
        index: usize,
        work: &Work,
        offset_bytes: u64,
        extents: Option<Vec<Range<u64>>>,
    ) -> u64 {
        let Some(lanes) = &mut self.items[index].lanes else {
            return offset_bytes;
        };
        match (work, extents) {
            (Work::Patch(_, range), _) => lanes.add(range.start..offset_bytes.min(range.end)),
            (_, Some(extents)) => *lanes = Extents::of(extents),
            (_, None) => *lanes = Extents::first(offset_bytes),
        }
        lanes.bytes()
    }

    pub(crate) fn note_pace(&mut self, bytes: u64, now_ms: u64) {
        self.rate.acknowledge(bytes, now_ms);
        if self.requests.len() + 1 < self.breadth.lanes() {
            // Too little to send: nothing is learned of the line.
            self.breadth.restart(now_ms);
        } else {
            self.breadth.acknowledge(bytes, now_ms);
        }
    }

    /// Sends the next slice of an item, unless enough is on its way.
    fn continue_with(&mut self, index: usize, moment: Moment, out: &mut Vec<Command>) {
        let is_on_its_way = !self.ranges_of(self.items[index].id).is_empty();
        let has_room = self.requests.len() < self.breadth.lanes();
        match self.next_slice(index).filter(|_| has_room) {
            Some(slice) => self.send(slice, moment, out),
            None if is_on_its_way => {}
            None => self.put_first(index),
        }
    }
}

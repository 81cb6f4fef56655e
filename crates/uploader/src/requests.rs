//! What is on its way.
//!
//! An item is [`State::Sending`] as long as a request carries it. What ends an item's requests puts the
//! other files of a batch back in line.

use std::ops::Range;

use crate::{Command, ItemId, Queue, RequestId, State};

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Makes the upload, with the whole file if it is small.
    Create(ItemId),
    /// Asks how much is stored.
    Head(ItemId),
    /// Sends a slice.
    Patch(ItemId, Range<u64>),
    /// Sends small files whole.
    Batch(Vec<ItemId>),
    /// Makes an empty folder.
    MakeFolder(ItemId),
}

impl Work {
    pub(crate) fn items(&self) -> &[ItemId] {
        match self {
            Self::Create(item)
            | Self::Head(item)
            | Self::Patch(item, _)
            | Self::MakeFolder(item) => std::slice::from_ref(item),
            Self::Batch(items) => items,
        }
    }
}

/// A request that was not answered yet.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) id: RequestId,
    pub(crate) work: Work,
    pub(crate) began_at_ms: u64,
    /// Bytes of files that left the browser with it.
    pub(crate) sent_bytes: u64,
}

impl Queue {
    /// Takes a request that was answered off the list; `None` if it was ended before.
    pub(crate) fn take_request(&mut self, id: RequestId) -> Option<InFlight> {
        let place = self.requests.iter().position(|request| request.id == id)?;
        let request = self.requests.remove(place);
        for item in request.work.items() {
            self.count_in_flight(*item);
        }
        Some(request)
    }

    /// Which bytes of an item are on their way.
    pub(crate) fn ranges_of(&self, id: ItemId) -> Vec<Range<u64>> {
        let ranges = self
            .requests
            .iter()
            .filter_map(|request| match &request.work {
                Work::Patch(item, range) if *item == id => Some(range.clone()),
                _ => None,
            });
        ranges.collect()
    }

    /// Bytes left the browser.
    pub(crate) fn has_sent(&mut self, id: RequestId, sent_bytes: u64) {
        let Some(place) = self.requests.iter().position(|request| request.id == id) else {
            return;
        };
        let items = self.requests[place].work.items().to_vec();
        let most = match &self.requests[place].work {
            Work::Patch(_, range) => range.end - range.start,
            _ => items
                .iter()
                .filter_map(|id| self.index(*id))
                .map(|index| self.items[index].size_bytes)
                .sum(),
        };
        self.requests[place].sent_bytes = sent_bytes.min(most);
        if let [item] = items[..] {
            return self.count_in_flight(item);
        }
        let mut rest = sent_bytes;
        for item in items {
            if let Some(index) = self.index(item) {
                let item = &mut self.items[index];
                item.in_flight_bytes = rest.min(item.size_bytes);
                rest -= item.in_flight_bytes;
            }
        }
    }

    pub(crate) fn count_in_flight(&mut self, item: ItemId) {
        let carriers = self
            .requests
            .iter()
            .filter(|request| request.work.items() == [item]);
        let sent: u64 = carriers.map(|request| request.sent_bytes).sum();
        if let Some(index) = self.index(item) {
            let item = &mut self.items[index];
            item.in_flight_bytes = sent.min(item.size_bytes - item.acknowledged_bytes);
        }
    }

    /// Ends the requests of one item. The files that shared a batch with it go first again.
    pub(crate) fn end_requests_of(&mut self, index: usize, out: &mut Vec<Command>) {
        let id = self.items[index].id;
        let (ended, kept) = std::mem::take(&mut self.requests)
            .into_iter()
            .partition(|request| request.work.items().contains(&id));
        self.requests = kept;
        for request in &ended {
            out.push(Command::Abort {
                request: request.id,
            });
        }
        self.put_back(ended, Some(id));
    }

    /// Ends everything that is on its way; it goes on first when it may.
    pub(crate) fn hold_sending(&mut self, out: &mut Vec<Command>) {
        let ended = std::mem::take(&mut self.requests);
        out.extend(ended.iter().map(|request| Command::Abort {
            request: request.id,
        }));
        self.put_back(ended, None);
    }

    fn put_back(&mut self, ended: Vec<InFlight>, but: Option<ItemId>) {
        for InFlight { work, .. } in ended.into_iter().rev() {
            let may_be_stored = !matches!(work, Work::Head(_));
            for id in work.items().iter().rev() {
                let Some(index) = self.index(*id) else {
                    continue;
                };
                self.items[index].is_offset_known = false;
                self.items[index].may_be_stored |= may_be_stored;
                self.items[index].in_flight_bytes = 0;
                if but != Some(*id) && self.items[index].state == State::Sending {
                    self.put_first(index);
                }
            }
        }
    }
}

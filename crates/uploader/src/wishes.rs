//! What a person may want of the queue.

use domain::DataVolumeId;
use serde::{Deserialize, Serialize};

use crate::{Command, ItemId, Moment, Queue, Remembered, State};

/// What to do with a file whose name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    /// Put the new content in place of the old one, when it is whole.
    Replace,
    /// Store it under another name: `name (2).ext`.
    KeepBoth,
    /// Leave what is there.
    Skip,
}

/// What a person wants of the queue, as it is told to whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    /// [`Queue::pause`].
    Pause,
    /// [`Queue::resume`].
    Resume,
    /// [`Queue::try_room_again`].
    TryRoomAgain(DataVolumeId),
    /// [`Queue::retry`].
    Retry(ItemId),
    /// [`Queue::retry_failed`].
    RetryFailed,
    /// [`Queue::cancel`].
    Cancel(ItemId),
    /// [`Queue::cancel_all`].
    CancelAll,
    /// [`Queue::clear_finished`].
    ClearFinished,
    /// [`Queue::decide`].
    Decide {
        /// On this conflict.
        id: ItemId,
        /// In this way.
        choice: Choice,
        /// And on all others.
        is_for_all: bool,
    },
    /// [`Queue::discard`].
    Discard(Remembered),
}

impl Queue {
    /// Does what a person wants.
    pub fn wish(&mut self, wish: &Wish, moment: Moment) -> Vec<Command> {
        match wish {
            Wish::Pause => self.pause(moment),
            Wish::Resume => self.resume(moment),
            Wish::TryRoomAgain(volume) => self.try_room_again(*volume, moment),
            Wish::Retry(id) => self.retry(*id, moment),
            Wish::RetryFailed => self.retry_failed(moment),
            Wish::Cancel(id) => self.cancel(*id, moment),
            Wish::CancelAll => self.cancel_all(moment),
            Wish::ClearFinished => {
                self.clear_finished();
                Vec::new()
            }
            Wish::Decide {
                id,
                choice,
                is_for_all,
            } => self.decide(*id, *choice, *is_for_all, moment),
            Wish::Discard(left) => self.discard(left),
        }
    }

    /// Ends what is on its way and begins nothing new.
    pub fn pause(&mut self, moment: Moment) -> Vec<Command> {
        let mut commands = Vec::new();
        self.is_paused = true;
        self.hold_sending(&mut commands);
        commands.extend(self.go_on(moment));
        commands
    }

    /// Goes on: after a pause, after signing in again, or without waiting for the network's next try.
    pub fn resume(&mut self, moment: Moment) -> Vec<Command> {
        self.is_paused = false;
        self.is_signed_out = false;
        self.down_until_ms = None;
        self.release_interrupted(u64::MAX);
        self.rate.restart(moment.now_ms);
        self.breadth.restart(moment.now_ms);
        self.go_on(moment)
    }

    /// Tries a volume again that had no room.
    pub fn try_room_again(&mut self, volume: DataVolumeId, moment: Moment) -> Vec<Command> {
        for volume in self.volumes.iter_mut().filter(|other| other.id == volume) {
            volume.no_room = None;
        }
        self.go_on(moment)
    }

    /// Tries one item again, now.
    pub fn retry(&mut self, id: ItemId, moment: Moment) -> Vec<Command> {
        if let Some(index) = self.index(id) {
            self.try_again(index);
            self.down_until_ms = None;
        }
        self.go_on(moment)
    }

    /// Tries all failed items again.
    pub fn retry_failed(&mut self, moment: Moment) -> Vec<Command> {
        for index in 0..self.items.len() {
            if matches!(self.items[index].state, State::Failed(_)) {
                self.try_again(index);
            }
        }
        self.go_on(moment)
    }

    fn try_again(&mut self, index: usize) {
        if self.items[index].may_be_retried() {
            self.items[index].setbacks = 0;
            self.items[index].lookups = 0;
            self.put_last(index);
        }
    }

    /// Takes one item out, with what the server has of it. A failed one is only struck off the list.
    pub fn cancel(&mut self, id: ItemId, moment: Moment) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(index) = self.index(id) {
            let item = &self.items[index];
            let place = &mut self.places[item.target];
            place.left_out.push(item.path.to_string());
            self.take_out(index, &mut commands);
        }
        commands.extend(self.go_on(moment));
        commands
    }

    /// Takes everything out that is not finished.
    pub fn cancel_all(&mut self, moment: Moment) -> Vec<Command> {
        let mut commands = Vec::new();
        for index in 0..self.items.len() {
            self.take_out(index, &mut commands);
        }
        for volume in &mut self.volumes {
            volume.ready.clear();
            volume.no_room = None;
        }
        self.is_paused = false;
        commands.extend(self.go_on(moment));
        commands
    }

    fn take_out(&mut self, index: usize, commands: &mut Vec<Command>) {
        let id = self.items[index].id;
        if self.items[index].state.is_finished() {
            return;
        }
        self.end_requests_of(index, commands);
        self.throw_upload_away(index, commands);
        self.change(index, |item| item.state = State::Cancelled);
        commands.push(Command::Release { item: id });
    }

    /// Strikes off what is stored, was there already or was cancelled.
    pub fn clear_finished(&mut self) {
        self.items.retain(|item| !item.state.is_finished());
        let finished = |item: &crate::Item| u32::from(item.state.is_settled());
        self.tally.settled = self.items.iter().map(finished).sum();
        self.tally.stored = 0;
        let counted = self.items.iter().filter(|item| item.state.is_counted());
        self.tally.counted = u32::try_from(counted.clone().count()).unwrap_or(u32::MAX);
        self.tally.bytes = counted.clone().map(|item| item.size_bytes).sum();
        self.tally.acknowledged_bytes = counted.map(|item| item.acknowledged_bytes).sum();
    }

    /// Settles one conflict, or all that there are and, until the queue has run empty, all that come.
    pub fn decide(
        &mut self,
        id: ItemId,
        choice: Choice,
        is_for_all: bool,
        moment: Moment,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        if is_for_all {
            self.standing_choice = Some(choice);
        }
        // From the last to the first, so that they are sent in their order.
        for index in (0..self.items.len()).rev() {
            if self.items[index].state == State::Conflict
                && (is_for_all || self.items[index].id == id)
            {
                self.settle_conflict(index, choice, &mut commands);
            }
        }
        commands.extend(self.go_on(moment));
        commands
    }
}

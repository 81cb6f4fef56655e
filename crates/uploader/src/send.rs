//! What is sent next.

use wire::WhenPresent;

use crate::batch::Pack;
use crate::lanes::Extents;
use crate::queue::{Folder, Survey};
use crate::requests::{InFlight, Work};
use crate::{BatchedFile, Command, ItemKind, Moment, Queue, RequestId, State};

/// What can be done about an item that is in line.
enum Turn {
    /// Nothing now: it waits for a listing, or is settled already.
    Passed,
    /// One request of its own.
    Alone(Work),
    /// It may share a request with others.
    Small,
}

impl Queue {
    /// Begins what can be begun now.
    pub(crate) fn go_on(&mut self, moment: Moment) -> Vec<Command> {
        let mut commands = Vec::new();
        let is_down = self
            .down_until_ms
            .is_some_and(|until| moment.now_ms < until);
        if !self.is_paused && !self.is_signed_out && !is_down {
            self.down_until_ms = None;
            for volume in &mut self.volumes {
                if volume.survey == Survey::Unasked && !volume.ready.is_empty() {
                    volume.survey = Survey::Asking;
                    commands.push(Command::AskUnfinished { volume: volume.id });
                }
            }
            while self.requests.len() < self.breadth.lanes() {
                let Some(work) = self.next_work(&mut commands) else {
                    break;
                };
                self.send(work, moment, &mut commands);
            }
        }
        // Whoever holds the queue lets it go on with everything at once: no need to wake before.
        let is_held = self.is_paused || self.is_signed_out;
        let wake_at = self
            .interrupted_until()
            .into_iter()
            .chain(self.down_until_ms)
            .min();
        let wake_at = wake_at.filter(|_| !is_held);
        if let Some(at_ms) = wake_at.filter(|_| wake_at != self.woken_at_ms) {
            commands.push(Command::WakeAt { at_ms });
        }
        self.woken_at_ms = wake_at;
        commands
    }

    fn interrupted_until(&self) -> Option<u64> {
        let until =
            self.interrupted
                .iter()
                .filter_map(|id| match self.items[self.index(*id)?].state {
                    State::Interrupted { retry_at_ms } => Some(retry_at_ms),
                    _ => None,
                });
        until.min()
    }

    /// What to send next, one volume after the other.
    fn next_work(&mut self, commands: &mut Vec<Command>) -> Option<Work> {
        for _ in 0..self.volumes.len() {
            self.turn = (self.turn + 1) % self.volumes.len();
            let volume = &self.volumes[self.turn];
            if volume.survey != Survey::Known || volume.no_room.is_some() {
                continue;
            }
            let work = self.next_of(self.turn, commands);
            if work.is_some() {
                return work;
            }
        }
        None
    }

    /// What a volume's line has next. Small files are gathered from behind large ones, which keep their
    /// places.
    fn next_of(&mut self, volume: usize, commands: &mut Vec<Command>) -> Option<Work> {
        let mut pack = Pack::of(self.batch_bytes);
        let mut passed = Vec::new();
        while pack.has_room() && passed.len() < Pack::MOST_PASSED {
            let Some(index) = self.next_ready(volume) else {
                break;
            };
            let (id, size_bytes) = (self.items[index].id, self.items[index].size_bytes);
            match self.turn_of(index, commands) {
                Turn::Passed => {}
                Turn::Alone(work) if pack.is_empty() => return Some(work),
                Turn::Small if pack.take(id, size_bytes) => {}
                Turn::Alone(_) | Turn::Small => passed.push(id),
            }
        }
        for id in passed.into_iter().rev() {
            self.volumes[volume].ready.push_front(id);
        }
        pack.into_work().or_else(|| self.next_lane(volume))
    }

    /// One more lane for a file that is on its way, where no other file waits.
    fn next_lane(&self, volume: usize) -> Option<Work> {
        let on_their_way = self
            .requests
            .iter()
            .filter_map(|request| match request.work {
                Work::Patch(item, _) => self.index(item),
                _ => None,
            });
        on_their_way
            .filter(|&index| self.volume_of(index) == volume && self.items[index].lanes.is_some())
            .find_map(|index| self.next_slice(index))
    }

    fn next_ready(&mut self, volume: usize) -> Option<usize> {
        while let Some(id) = self.volumes[volume].ready.pop_front() {
            if let Some(index) = self
                .index(id)
                .filter(|&index| self.items[index].state == State::Waiting)
            {
                return Some(index);
            }
        }
        None
    }

    fn turn_of(&mut self, index: usize, commands: &mut Vec<Command>) -> Turn {
        let volume = self.volume_of(index);
        let id = self.items[index].id;
        if self.items[index].kind == ItemKind::Folder {
            return Turn::Alone(Work::MakeFolder(id));
        }
        if self.items[index].upload.is_none() {
            self.adopt_earlier_upload(index);
        }
        if self.items[index].upload.is_some() {
            let is_known = self.items[index].is_offset_known;
            let slice = is_known.then(|| self.next_slice(index)).flatten();
            return Turn::Alone(slice.unwrap_or(Work::Head(id)));
        }
        if self.items[index].when_present == WhenPresent::No {
            if self.volumes[volume].lists_first {
                self.list_folder_of(index, commands);
            }
            let item = &self.items[index];
            match self.volumes[volume].folders.get_mut(item.folder()) {
                Some(Folder::Listing { parked, .. }) => {
                    parked.push(item.id);
                    return Turn::Passed;
                }
                Some(Folder::Listed(entries)) => {
                    if let Some(found) = entries.get(item.name()).copied() {
                        self.name_is_taken(index, found, commands);
                        return Turn::Passed;
                    }
                }
                None => {}
            }
        }
        if Pack::fits(&self.items[index]) {
            Turn::Small
        } else {
            Turn::Alone(Work::Create(id))
        }
    }

    /// The next bytes of an item; `None` if all are stored or on their way.
    pub(crate) fn next_slice(&self, index: usize) -> Option<Work> {
        let item = &self.items[index];
        let range = match &item.lanes {
            None => {
                let begin = item.acknowledged_bytes;
                begin..item.size_bytes.min(begin + self.slice_bytes)
            }
            Some(stored) => {
                let lanes = self.breadth.lanes();
                let on_their_way = self.ranges_of(item.id);
                stored.next_piece(&on_their_way, item.size_bytes, self.slice_bytes, lanes)?
            }
        };
        (!range.is_empty()).then_some(Work::Patch(item.id, range))
    }

    /// Goes on with an upload of an earlier page, if it is of the very same file.
    fn adopt_earlier_upload(&mut self, index: usize) {
        let volume = self.volume_of(index);
        let item = &self.items[index];
        let earlier = &mut self.volumes[volume].earlier_uploads;
        let is_same = earlier.get(&*item.path).is_some_and(|upload| {
            upload.size_bytes.0 == item.size_bytes && upload.modified_ms == Some(item.modified_ms)
        });
        let Some(upload) = is_same.then(|| earlier.remove(&*item.path)).flatten() else {
            return;
        };
        self.change(index, |item| {
            item.acknowledged_bytes = upload.offset_bytes.0.min(item.size_bytes);
            item.is_offset_known = item.acknowledged_bytes < item.size_bytes && !upload.takes_lanes;
            item.lanes = upload.takes_lanes.then(Extents::default);
            item.upload = Some(upload.id.into_boxed_str());
        });
    }

    /// Sends one request.
    pub(crate) fn send(&mut self, work: Work, moment: Moment, commands: &mut Vec<Command>) {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        let mut files = Vec::new();
        for id in work.items() {
            let Some(index) = self.index(*id) else {
                continue;
            };
            self.change(index, |item| item.state = State::Sending);
            if matches!(work, Work::Create(_)) {
                let takes_lanes =
                    self.takes_lanes && self.items[index].size_bytes > self.slice_bytes;
                self.items[index].lanes = takes_lanes.then(Extents::default);
            }
            if matches!(work, Work::Batch(_)) {
                files.push(self.batched(index));
            } else {
                commands.extend(self.command(index, request, &work));
            }
        }
        if let (Work::Batch(_), Some(first)) = (&work, files.first()) {
            let volume = self.index(first.item).map(|index| self.volume_of(index));
            let volume = self.volumes[volume.unwrap_or_default()].id;
            commands.push(Command::SendBatch {
                request,
                volume,
                files,
            });
        }
        self.requests.push(InFlight {
            id: request,
            work,
            began_at_ms: moment.now_ms,
            sent_bytes: 0,
        });
    }

    fn command(&self, index: usize, request: RequestId, work: &Work) -> Option<Command> {
        let volume = self.volumes[self.volume_of(index)].id;
        let item = &self.items[index];
        let (id, path) = (item.id, item.path.to_string());
        let upload = item.upload.as_deref().unwrap_or_default().to_owned();
        Some(match work {
            Work::Batch(_) => return None,
            Work::MakeFolder(_) => Command::MakeFolder {
                request,
                item: id,
                volume,
                path,
            },
            Work::Head(_) => Command::Head {
                request,
                item: id,
                volume,
                upload,
            },
            Work::Create(_) => Command::Create {
                request,
                item: id,
                volume,
                path,
                size_bytes: item.size_bytes,
                modified_ms: item.modified_ms,
                when_present: item.when_present,
                is_with_content: item.size_bytes > 0 && item.lanes.is_none(),
                takes_lanes: item.lanes.is_some(),
            },
            Work::Patch(_, range) => Command::Patch {
                request,
                item: id,
                volume,
                upload,
                offset_bytes: range.start,
                length_bytes: range.end - range.start,
            },
        })
    }

    fn batched(&self, index: usize) -> BatchedFile {
        let item = &self.items[index];
        BatchedFile {
            item: item.id,
            path: item.path.to_string(),
            size_bytes: item.size_bytes,
            modified_ms: item.modified_ms,
            when_present: item.when_present,
        }
    }
}

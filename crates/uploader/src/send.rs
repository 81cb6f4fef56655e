//! What is sent next.

use wire::WhenPresent;

use crate::item::Request;
use crate::queue::{Folder, Survey};
use crate::{Command, ItemKind, Moment, Queue, State};

/// Uploads at a time, over all volumes: browsers open six connections to a host, shared by all tabs and
/// event streams.
const LANES: usize = 3;

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
            while self.sending.len() < LANES {
                let Some(index) = self.next_ready() else {
                    break;
                };
                self.start(index, moment, &mut commands);
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

    /// Takes the next item out of the volumes' lines, one volume after the other.
    fn next_ready(&mut self) -> Option<usize> {
        for _ in 0..self.volumes.len() {
            self.turn = (self.turn + 1) % self.volumes.len();
            let volume = &mut self.volumes[self.turn];
            if volume.survey != Survey::Known || volume.no_room.is_some() {
                continue;
            }
            while let Some(id) = self.volumes[self.turn].ready.pop_front() {
                if let Some(index) = self
                    .index(id)
                    .filter(|&index| self.items[index].state == State::Waiting)
                {
                    return Some(index);
                }
            }
        }
        None
    }

    fn start(&mut self, index: usize, moment: Moment, commands: &mut Vec<Command>) {
        let volume = self.volume_of(index);
        if self.items[index].kind == ItemKind::Folder {
            return self.send(index, Request::MakeFolder, commands);
        }
        if self.items[index].upload.is_none() {
            self.adopt_earlier_upload(index);
        }
        if self.items[index].upload.is_some() {
            let is_known = self.items[index].is_offset_known;
            let request = if is_known {
                Request::Patch {
                    began_at_ms: moment.now_ms,
                }
            } else {
                Request::Head
            };
            return self.send(index, request, commands);
        }
        if self.items[index].when_present == WhenPresent::No {
            let item = &self.items[index];
            match self.volumes[volume].folders.get_mut(item.folder()) {
                Some(Folder::Listing { parked, .. }) => return parked.push(item.id),
                Some(Folder::Listed(entries)) => {
                    if let Some(found) = entries.get(item.name()).copied() {
                        return self.name_is_taken(index, found, commands);
                    }
                }
                None => {}
            }
        }
        self.send(index, Request::Create, commands);
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
            item.is_offset_known = item.acknowledged_bytes < item.size_bytes;
            item.upload = Some(upload.id.into_boxed_str());
        });
    }

    /// Sends one request for an item.
    pub(crate) fn send(&mut self, index: usize, request: Request, commands: &mut Vec<Command>) {
        let volume = self.volumes[self.volume_of(index)].id;
        self.change(index, |item| {
            item.state = State::Sending;
            item.request = Some(request);
            item.in_flight_bytes = 0;
        });
        let slice_bytes = self.slice_bytes;
        let item = &mut self.items[index];
        let (id, path) = (item.id, item.path.to_string());
        if !self.sending.contains(&id) {
            self.sending.push(id);
        }
        let upload = item.upload.as_deref().unwrap_or_default().to_owned();
        commands.push(match request {
            Request::MakeFolder => Command::MakeFolder {
                item: id,
                volume,
                path,
            },
            Request::Head => Command::Head {
                item: id,
                volume,
                upload,
            },
            Request::Create => Command::Create {
                item: id,
                volume,
                path,
                size_bytes: item.size_bytes,
                modified_ms: item.modified_ms,
                when_present: item.when_present,
                is_with_content: (1..=slice_bytes).contains(&item.size_bytes),
            },
            Request::Patch { .. } => Command::Patch {
                item: id,
                volume,
                upload,
                offset_bytes: item.acknowledged_bytes,
                length_bytes: slice_bytes.min(item.size_bytes - item.acknowledged_bytes),
            },
        });
    }
}

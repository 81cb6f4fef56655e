//! Names that are taken, and what lies there instead.

use domain::DataVolumeId;
use wire::{FileKind, FileView, Problem, WhenPresent};

use crate::queue::{Entries, Folder};
use crate::requests::Work;
use crate::{Choice, Command, Moment, Queue, State};

impl Queue {
    /// A 409: another offset, or another thing of that name.
    pub(crate) fn does_not_fit(
        &mut self,
        index: usize,
        work: &Work,
        problem: Problem,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        match work {
            Work::MakeFolder(_) => self.is_stored(index, State::AlreadyThere, out),
            Work::Head(_) | Work::Batch(_) => self.contradict(index, &problem),
            Work::Patch(item, _) if self.items[index].setbacks == 0 => {
                self.items[index].setbacks = 1;
                self.send(Work::Head(*item), moment, out);
            }
            Work::Patch(..) | Work::Create(_) => {
                // Refused although the offset was right: the name was taken while the file was sent.
                self.throw_upload_away(index, out);
                if self.items[index].when_present == WhenPresent::No {
                    self.ask_what_lies_there(index, problem, out);
                } else {
                    self.fail(index, problem.message);
                }
            }
        }
    }

    /// Looks for what has taken an item's name. A list that was read before may be older than that.
    pub(crate) fn ask_what_lies_there(
        &mut self,
        index: usize,
        problem: Problem,
        out: &mut Vec<Command>,
    ) {
        let volume = self.volume_of(index);
        let folder = self.items[index].folder().to_owned();
        match self.volumes[volume].folders.get(&folder) {
            Some(Folder::Listed(entries)) => {
                if let Some(found) = entries.get(self.items[index].name()).copied() {
                    return self.name_is_taken(index, found, out);
                }
                if self.items[index].lookups > 0 {
                    return self.fail(index, problem.message);
                }
                self.items[index].lookups += 1;
                self.volumes[volume].folders.remove(&folder);
            }
            Some(Folder::Listing { .. }) => {}
            None => self.items[index].lookups += 1,
        }
        self.list_folder_of(index, out);
        if let Some(Folder::Listing { parked, .. }) = self.volumes[volume].folders.get_mut(&folder)
        {
            parked.push(self.items[index].id);
        }
        self.change(index, |item| item.state = State::Waiting);
    }

    /// Lists the folder that an item goes into, once.
    pub(crate) fn list_folder_of(&mut self, index: usize, out: &mut Vec<Command>) {
        let volume = self.volume_of(index);
        let folder = self.items[index].folder().to_owned();
        let volume = &mut self.volumes[volume];
        if volume.folders.contains_key(&folder) {
            return;
        }
        out.push(Command::List {
            volume: volume.id,
            folder: folder.clone(),
            offset: 0,
        });
        let listing = Folder::Listing {
            entries: Entries::new(),
            parked: Vec::new(),
        };
        volume.folders.insert(folder, listing);
    }

    /// What was listed before may have been changed by hand since.
    pub(crate) fn forget_listings(&mut self) {
        for volume in &mut self.volumes {
            volume
                .folders
                .retain(|_, folder| matches!(folder, Folder::Listing { .. }));
        }
    }

    pub(crate) fn folder_is_listed(
        &mut self,
        id: DataVolumeId,
        name: String,
        listed: Vec<FileView>,
        next: Option<u64>,
        out: &mut Vec<Command>,
    ) {
        let Some(volume) = self.volume_by_id(id) else {
            return;
        };
        let Some(Folder::Listing { entries, parked }) = self.volumes[volume].folders.get_mut(&name)
        else {
            return;
        };
        entries.extend(listed.into_iter().map(|file| {
            let modified_ms = file.modified_at.as_millisecond();
            (file.name, (file.kind, file.size_bytes.0, modified_ms))
        }));
        if let Some(offset) = next {
            return out.push(Command::List {
                volume: id,
                folder: name,
                offset,
            });
        }
        let (entries, parked) = (std::mem::take(entries), std::mem::take(parked));
        self.volumes[volume]
            .folders
            .insert(name, Folder::Listed(entries));
        self.volumes[volume].ready.extend(parked.iter().copied());
        self.volumes[volume].ready.rotate_right(parked.len());
    }

    pub(crate) fn list_is_refused(
        &mut self,
        id: DataVolumeId,
        name: &str,
        problem: &Problem,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        let Some(volume) = self.volume_by_id(id) else {
            return;
        };
        let Some(Folder::Listing { parked, .. }) = self.volumes[volume].folders.remove(name) else {
            return;
        };
        if problem.code == 401 {
            self.volumes[volume].ready.extend(parked);
            return self.sign_out(out);
        }
        if problem.code == 404 && self.volumes[volume].lists_first {
            // Nothing of this folder was stored, so it is not there.
            self.volumes[volume]
                .folders
                .insert(name.to_owned(), Folder::Listed(Entries::new()));
            return self.volumes[volume].ready.extend(parked);
        }
        for index in parked
            .into_iter()
            .filter_map(|id| self.index(id))
            .collect::<Vec<_>>()
        {
            if self.items[index].state != State::Waiting {
                continue;
            }
            if problem.is_temporary() {
                self.interrupt(index, problem, None, moment);
            } else {
                self.fail(index, problem.message.clone());
            }
        }
    }

    /// Something lies there under the item's name.
    pub(crate) fn name_is_taken(
        &mut self,
        index: usize,
        found: (FileKind, u64, i64),
        out: &mut Vec<Command>,
    ) {
        let (kind, size_bytes, modified_ms) = found;
        let item = &self.items[index];
        if kind != FileKind::File {
            return self.fail(
                index,
                "A folder or a link of this name lies there. Rename one of them and try again.",
            );
        }
        if size_bytes == item.size_bytes && modified_ms == item.modified_ms {
            let state = if item.may_be_stored {
                State::Done
            } else {
                State::AlreadyThere
            };
            return self.is_stored(index, state, out);
        }
        match self.standing_choice {
            Some(choice) => self.settle_conflict(index, choice, out),
            None => self.change(index, |item| item.state = State::Conflict),
        }
    }

    pub(crate) fn settle_conflict(&mut self, index: usize, choice: Choice, out: &mut Vec<Command>) {
        match choice {
            Choice::Replace => self.items[index].when_present = WhenPresent::Yes,
            Choice::KeepBoth => self.items[index].when_present = WhenPresent::Rename,
            Choice::Skip => {
                self.change(index, |item| item.state = State::Cancelled);
                return out.push(Command::Release {
                    item: self.items[index].id,
                });
            }
        }
        self.put_first(index);
    }
}

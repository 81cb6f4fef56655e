//! The queue of everything that is to be stored, over all data volumes.
//!
//! Names are tried first and asked about afterwards: an upload is made, and only when the server says
//! that the name is taken, the folder is listed once for all items in it. So new data pays nothing, and
//! a folder that is dropped again costs one listing per folder instead of one request per file.

use std::collections::{HashMap, VecDeque};

use domain::{DataVolumeId, VolumePath};
use serde::{Deserialize, Serialize};
use wire::{FileKind, UnfinishedUpload, WhenPresent};

use crate::breadth::Breadth;
use crate::pace::{FIRST_BATCH_BYTES, FIRST_SLICE_BYTES, Rate};
use crate::requests::InFlight;
use crate::{Choice, Command, Item, ItemId, ItemKind, Moment, Remembered, State};

/// Where dropped files go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The data volume.
    pub volume_id: DataVolumeId,
    /// Its name, for people.
    pub volume_name: String,
    /// The folder in it.
    pub folder: VolumePath,
}

/// A file or an empty folder that a person added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its path from the folder it was dropped on: just a name, or `folder/…/name`.
    pub path: String,
    /// What it is.
    pub kind: ItemKind,
    /// Its size.
    pub size_bytes: u64,
    /// When it last changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) target: Target,
    pub(crate) volume: usize,
    /// Items that are not finished: failed ones count, because they are still to be had.
    pub(crate) unfinished_items: u32,
    /// Whether the browser keeps handles of all that is not finished.
    pub(crate) has_handles: bool,
    /// What the person took out one by one, relative to the volume.
    pub(crate) left_out: Vec<String>,
}

/// Whether the server told of uploads that an earlier page began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survey {
    Unasked,
    Asking,
    Known,
}

/// What lies in a folder under one name: kind, size, time of change in milliseconds.
pub(crate) type Entries = HashMap<String, (FileKind, u64, i64)>;

#[derive(Debug)]
pub(crate) enum Folder {
    Listing {
        entries: Entries,
        parked: Vec<ItemId>,
    },
    Listed(Entries),
}

#[derive(Debug)]
pub(crate) struct Volume {
    pub(crate) id: DataVolumeId,
    pub(crate) name: String,
    /// May hold items that were settled meanwhile; they are passed over.
    pub(crate) ready: VecDeque<ItemId>,
    pub(crate) survey: Survey,
    pub(crate) earlier_uploads: HashMap<String, UnfinishedUpload>,
    pub(crate) folders: HashMap<String, Folder>,
    /// Whether a folder is listed before something is sent to it, and not only when a name in it is taken.
    pub(crate) lists_first: bool,
    /// The server's words when it had no room.
    pub(crate) no_room: Option<String>,
    pub(crate) stored_files: u64,
    pub(crate) stored_bytes: u64,
}

/// Amounts that are kept along, because counting 100,000 items for each answer takes too long.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counted: u32,
    pub(crate) settled: u32,
    pub(crate) stored: u32,
    pub(crate) failed: u32,
    pub(crate) conflicts: u32,
    pub(crate) bytes: u64,
    pub(crate) acknowledged_bytes: u64,
}

impl Tally {
    fn count(&mut self, item: &Item) {
        if item.state.is_counted() {
            self.counted += 1;
            self.bytes += item.size_bytes;
            self.acknowledged_bytes += item.acknowledged_bytes;
        }
        self.settled += u32::from(item.state.is_settled());
        self.stored += u32::from(matches!(item.state, State::Done | State::AlreadyThere));
        self.failed += u32::from(matches!(item.state, State::Failed(_)));
        self.conflicts += u32::from(item.state == State::Conflict);
    }

    fn discount(&mut self, item: &Item) {
        if item.state.is_counted() {
            self.counted -= 1;
            self.bytes -= item.size_bytes;
            self.acknowledged_bytes -= item.acknowledged_bytes;
        }
        self.settled -= u32::from(item.state.is_settled());
        self.stored -= u32::from(matches!(item.state, State::Done | State::AlreadyThere));
        self.failed -= u32::from(matches!(item.state, State::Failed(_)));
        self.conflicts -= u32::from(item.state == State::Conflict);
    }
}

/// The queue; see the module.
#[derive(Debug)]
pub struct Queue {
    /// By id, which only grows.
    pub(crate) items: Vec<Item>,
    next_id: u32,
    pub(crate) places: Vec<Place>,
    pub(crate) volumes: Vec<Volume>,
    /// Whose turn it is next.
    pub(crate) turn: usize,
    pub(crate) requests: Vec<InFlight>,
    pub(crate) next_request: u64,
    pub(crate) interrupted: Vec<ItemId>,
    pub(crate) tally: Tally,
    pub(crate) rate: Rate,
    pub(crate) slice_bytes: u64,
    pub(crate) breadth: Breadth,
    /// Whether one file may be on its way by several requests at once.
    pub(crate) takes_lanes: bool,
    pub(crate) batch_bytes: u64,
    pub(crate) is_paused: bool,
    pub(crate) is_signed_out: bool,
    /// Until then nothing new is begun, because the network or a neighbour is away.
    pub(crate) down_until_ms: Option<u64>,
    /// What who answered said was away; `None` where nobody answered.
    pub(crate) said: Option<String>,
    pub(crate) woken_at_ms: Option<u64>,
    pub(crate) standing_choice: Option<Choice>,
    /// What an earlier page left behind.
    pub(crate) left_behind: Vec<Remembered>,
    pub(crate) stored_count: u64,
    /// Folders and choices that are still being read: more will be added.
    pub(crate) readings: u32,
    /// Files that were added since the first of these readings began.
    found: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next_id: 0,
            places: Vec::new(),
            volumes: Vec::new(),
            turn: 0,
            requests: Vec::new(),
            next_request: 0,
            interrupted: Vec::new(),
            tally: Tally::default(),
            rate: Rate::default(),
            slice_bytes: FIRST_SLICE_BYTES,
            breadth: Breadth::default(),
            takes_lanes: true,
            batch_bytes: FIRST_BATCH_BYTES,
            is_paused: false,
            is_signed_out: false,
            down_until_ms: None,
            said: None,
            woken_at_ms: None,
            standing_choice: None,
            left_behind: Vec::new(),
            stored_count: 0,
            readings: 0,
            found: 0,
        }
    }
}

impl Queue {
    /// A queue that sends each file by one request after the other, several files at once: for who reads from
    /// a disk that answers best in order.
    pub fn in_order() -> Self {
        Self {
            takes_lanes: false,
            ..Self::default()
        }
    }

    /// Says that files will be added until [`Self::end_reading`]: the queue may run empty in between, and is
    /// not at its end then.
    pub fn begin_reading(&mut self, moment: Moment) {
        if self.is_idle() {
            self.begin_run(moment.now_ms);
        }
        if self.readings == 0 {
            self.found = 0;
            self.forget_listings();
        }
        self.readings += 1;
    }

    /// Says that what was to be read has been added.
    pub fn end_reading(&mut self) {
        self.readings = self.readings.saturating_sub(1);
    }

    /// How many files were found, while dropped or chosen folders are still read.
    pub fn found(&self) -> Option<u32> {
        (self.readings > 0).then_some(self.found)
    }

    /// Takes files in. The ids follow each other from the one that is answered.
    ///
    /// A name that no volume takes becomes a failed item with the reason; the rest goes on.
    pub fn add(
        &mut self,
        target: &Target,
        added: Vec<Added>,
        moment: Moment,
    ) -> (ItemId, Vec<Command>) {
        let first = ItemId(self.next_id);
        if self.is_idle() {
            self.begin_run(moment.now_ms);
        }
        let place = self.place(target);
        if self.readings == 0 {
            self.forget_listings();
        }
        self.left_behind
            .retain(|left| left.volume_id != target.volume_id || left.folder != target.folder);
        for mut file in added {
            let state = match target.folder.join(&file.path) {
                Ok(path) => {
                    file.path = path.into();
                    self.places[place].take_in_again(&file.path);
                    State::Waiting
                }
                Err(error) => State::Failed(format!(
                    "This name cannot be stored: {error}. Rename it and add it again."
                )),
            };
            self.take_in(place, file, state);
        }
        (first, self.go_on(moment))
    }

    /// Notes a file that the browser could not open, so that nobody believes it was stored.
    pub fn add_unreadable(&mut self, target: &Target, path: String) {
        let place = self.place(target);
        let file = Added {
            path,
            kind: ItemKind::File,
            size_bytes: 0,
            modified_ms: 0,
        };
        let reason = "The browser cannot read this file. Check that it is still there and that you may open it, \
                      and add it again.";
        self.take_in(place, file, State::Failed(reason.to_owned()));
    }

    fn take_in(&mut self, place: usize, file: Added, state: State) {
        let id = ItemId(self.next_id);
        self.next_id += 1;
        self.found += 1;
        let is_waiting = state == State::Waiting;
        let item = Item {
            id,
            path: file.path.into_boxed_str(),
            kind: file.kind,
            size_bytes: file.size_bytes,
            modified_ms: file.modified_ms,
            state,
            acknowledged_bytes: 0,
            in_flight_bytes: 0,
            target: place,
            upload: None,
            lanes: None,
            is_offset_known: true,
            when_present: WhenPresent::No,
            stored_as: None,
            setbacks: 0,
            may_be_stored: false,
            goes_alone: false,
            lookups: 0,
        };
        self.tally.count(&item);
        self.places[place].unfinished_items += u32::from(!item.state.is_finished());
        self.items.push(item);
        if is_waiting {
            self.volumes[self.places[place].volume].ready.push_back(id);
        }
    }

    fn begin_run(&mut self, now_ms: u64) {
        self.standing_choice = None;
        self.is_paused = false;
        self.rate.restart(now_ms);
        self.breadth.restart(now_ms);
        for volume in &mut self.volumes {
            volume.stored_files = 0;
            volume.stored_bytes = 0;
            volume.lists_first = false;
        }
    }

    pub(crate) fn place(&mut self, target: &Target) -> usize {
        if let Some(place) = self.places.iter().position(|place| place.target == *target) {
            return place;
        }
        let volume = self.volume_index(target.volume_id, &target.volume_name);
        self.places.push(Place {
            target: target.clone(),
            volume,
            unfinished_items: 0,
            has_handles: false,
            left_out: Vec::new(),
        });
        self.places.len() - 1
    }

    pub(crate) fn volume_index(&mut self, id: DataVolumeId, name: &str) -> usize {
        if let Some(volume) = self.volumes.iter().position(|volume| volume.id == id) {
            return volume;
        }
        self.volumes.push(Volume {
            id,
            name: name.to_owned(),
            ready: VecDeque::new(),
            survey: Survey::Unasked,
            earlier_uploads: HashMap::new(),
            folders: HashMap::new(),
            lists_first: false,
            no_room: None,
            stored_files: 0,
            stored_bytes: 0,
        });
        self.volumes.len() - 1
    }

    /// Whether nothing is left that would go on by itself or after a decision.
    pub fn is_idle(&self) -> bool {
        self.readings == 0 && self.tally.settled as usize == self.items.len()
    }

    pub(crate) fn index(&self, id: ItemId) -> Option<usize> {
        self.items.binary_search_by_key(&id, |item| item.id).ok()
    }

    pub(crate) fn volume_of(&self, index: usize) -> usize {
        self.places[self.items[index].target].volume
    }

    /// The only way to change an item's state and amounts: keeps the tally right.
    pub(crate) fn change(&mut self, index: usize, change: impl FnOnce(&mut Item)) {
        let item = &mut self.items[index];
        self.tally.discount(item);
        let was_finished = item.state.is_finished();
        change(item);
        self.tally.count(item);
        let place = &mut self.places[item.target];
        match (was_finished, item.state.is_finished()) {
            (false, true) => place.unfinished_items -= 1,
            (true, false) => place.unfinished_items += 1,
            _ => {}
        }
        if item.state != State::Sending {
            item.in_flight_bytes = 0;
        }
    }

    /// Puts an item back to be sent next.
    pub(crate) fn put_first(&mut self, index: usize) {
        self.change(index, |item| item.state = State::Waiting);
        let volume = self.volume_of(index);
        self.volumes[volume].ready.push_front(self.items[index].id);
    }

    /// Puts an item back to be sent when the others are.
    pub(crate) fn put_last(&mut self, index: usize) {
        self.change(index, |item| item.state = State::Waiting);
        let volume = self.volume_of(index);
        self.volumes[volume].ready.push_back(self.items[index].id);
    }
}

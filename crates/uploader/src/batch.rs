//! Many small files in one request.
//!
//! A request costs a browser some milliseconds, however little it carries: a hundred or more files in one
//! were ten times faster. What the server takes of a batch it tells file by file, and the very same file
//! again is no conflict, so a batch whose answer was lost is simply sent again.

use wire::{BatchResult, Problem, WhenPresent};

use crate::queue::Survey;
use crate::requests::Work;
use crate::{Command, Item, ItemId, Moment, Queue, State, StoredAs};

/// Larger files have a request of their own: there is nothing to be won by sharing.
const MOST_FILE_BYTES: u64 = 4 << 20;
/// More files in one request gain nothing, and all of them wait for the slowest.
const MOST_FILES: usize = 200;
/// A proxy that takes less than that takes small files one by one.
const LEAST_BATCH_BYTES: u64 = 1 << 20;

/// Files that go into one request.
pub(crate) struct Pack {
    items: Vec<ItemId>,
    bytes: u64,
    most_bytes: u64,
}

impl Pack {
    /// So many files that go alone are passed over in search of small ones.
    pub(crate) const MOST_PASSED: usize = 500;

    pub(crate) fn of(most_bytes: u64) -> Self {
        Self {
            items: Vec::new(),
            bytes: 0,
            most_bytes,
        }
    }

    /// Whether a file may share a request.
    pub(crate) fn fits(item: &Item) -> bool {
        !item.goes_alone && item.size_bytes <= MOST_FILE_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.items.len() < MOST_FILES && self.bytes < self.most_bytes
    }

    /// Takes one more file, if it is not too large beside the others.
    pub(crate) fn take(&mut self, item: ItemId, size_bytes: u64) -> bool {
        let fits = self.items.is_empty() || self.bytes + size_bytes <= self.most_bytes;
        let fits = fits && !self.items.contains(&item);
        if fits {
            self.items.push(item);
            self.bytes += size_bytes;
        }
        fits
    }

    pub(crate) fn into_work(self) -> Option<Work> {
        match self.items[..] {
            [] => None,
            [only] => Some(Work::Create(only)),
            _ => Some(Work::Batch(self.items)),
        }
    }
}

impl Queue {
    /// Notes what became of each file of a batch.
    pub(crate) fn batch_is_answered(
        &mut self,
        items: &[ItemId],
        results: Vec<BatchResult>,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        self.down_until_ms = None;
        if results.len() != items.len() {
            let problem = Problem::new(500, "The console told of other files than were sent.");
            return self.unpack(items, &problem);
        }
        for (id, result) in items.iter().zip(results) {
            let Some(index) = self.index(*id) else {
                continue;
            };
            let size_bytes = self.items[index].size_bytes;
            match result {
                BatchResult::Stored { path, blake3 } => {
                    self.note_pace(size_bytes, moment.now_ms);
                    self.note_stored(index, path.as_str(), blake3);
                    self.is_stored(index, State::Done, out);
                }
                BatchResult::Present { path, blake3 } => {
                    // More of what was added may be there: a list of its folder says it without sending it.
                    let volume = self.volume_of(index);
                    self.volumes[volume].lists_first = true;
                    self.note_stored(index, path.as_str(), blake3);
                    self.is_there(index, out);
                }
                BatchResult::Refused { problem, .. } => {
                    self.file_of_a_batch_is_refused(index, problem, out);
                }
            }
        }
    }

    fn note_stored(&mut self, index: usize, path: &str, blake3: String) {
        self.items[index].stored_as = Some(Box::new(StoredAs {
            path: path.into(),
            blake3: blake3.into_boxed_str(),
        }));
    }

    /// The same file lay there already. Others of its folder may as well: it is looked at before more is sent.
    fn is_there(&mut self, index: usize, out: &mut Vec<Command>) {
        let state = if self.items[index].may_be_stored {
            State::Done
        } else {
            self.list_folder_of(index, out);
            State::AlreadyThere
        };
        self.is_stored(index, state, out);
    }

    fn file_of_a_batch_is_refused(
        &mut self,
        index: usize,
        problem: Problem,
        out: &mut Vec<Command>,
    ) {
        let may_ask = self.items[index].when_present == WhenPresent::No;
        match problem.code {
            409 if may_ask => self.ask_what_lies_there(index, problem, out),
            507 => {
                let volume = self.volume_of(index);
                self.volumes[volume].no_room = Some(problem.message);
                self.put_first(index);
            }
            460 => self.contradict(index, &problem),
            _ if problem.is_temporary() => self.contradict(index, &problem),
            _ => self.fail(index, problem.message),
        }
    }

    /// A batch was refused as a whole, or never answered.
    pub(crate) fn batch_is_refused(
        &mut self,
        items: &[ItemId],
        problem: &Problem,
        retry_after_ms: Option<u64>,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        let indices: Vec<usize> = items.iter().filter_map(|id| self.index(*id)).collect();
        match problem.code {
            401 => {
                indices
                    .iter()
                    .rev()
                    .for_each(|&index| self.put_first(index));
                self.sign_out(out);
            }
            403 | 404 => {
                for index in indices {
                    let volume = self.volume_of(index);
                    self.volumes[volume].survey = Survey::Unasked;
                    self.fail(index, problem.message.clone());
                }
            }
            507 => {
                for &index in indices.iter().rev() {
                    let volume = self.volume_of(index);
                    self.volumes[volume].no_room = Some(problem.message.clone());
                    self.put_first(index);
                }
            }
            413 if self.batch_bytes > LEAST_BATCH_BYTES => {
                self.batch_bytes /= 2;
                indices
                    .iter()
                    .rev()
                    .for_each(|&index| self.put_first(index));
            }
            // What went wrong is no field: the body was cut on its way.
            400 if problem.details.is_empty() => {
                indices
                    .iter()
                    .rev()
                    .for_each(|&index| self.contradict(index, problem));
            }
            _ if problem.is_temporary() => {
                for index in indices {
                    self.items[index].may_be_stored |= problem.code == 0;
                    self.interrupt(index, problem, retry_after_ms, moment);
                }
            }
            _ => self.unpack(items, problem),
        }
    }

    /// Sends the files of a batch one by one: what is wrong with one of them is then told of that one.
    fn unpack(&mut self, items: &[ItemId], problem: &Problem) {
        for id in items.iter().rev() {
            if let Some(index) = self.index(*id) {
                self.items[index].goes_alone = true;
                self.contradict(index, problem);
            }
        }
    }
}

//! The queue in a few numbers, and the rows that a person looks at.

use domain::DataVolumeId;
use serde::{Deserialize, Serialize};

use crate::{Item, Queue, State};

/// What the queue as a whole is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Sending, or about to.
    Running,
    /// Held by the person.
    Paused,
    /// Held until the person signs in again.
    SignedOut,
    /// The network, the console or something that it needs is away; tried again by itself.
    Unreachable {
        /// When, in milliseconds since 1970.
        retry_at_ms: u64,
        /// What is away, in the words of who answered; `None` where nobody did.
        said: Option<String>,
    },
    /// A volume is full, and nothing else is left to send.
    NoRoom,
    /// Only conflicts are left.
    Undecided,
    /// Nothing left to do.
    Finished,
}

/// What was stored in one data volume since the queue last began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The data volume.
    pub volume_id: DataVolumeId,
    /// Its name.
    pub volume_name: String,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The queue in a few numbers. Failed and cancelled items are not in the amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// What it is doing.
    pub condition: Condition,
    /// Rows of the list.
    pub rows: usize,
    /// Items that are stored, are to be stored, or were there already.
    pub items: u32,
    /// Of these, those that are stored or were there already.
    pub stored_items: u32,
    /// Items that failed.
    pub failed: u32,
    /// Items whose name is taken.
    pub conflicts: u32,
    /// Bytes of all counted items.
    pub bytes: u64,
    /// What the server said is stored.
    pub acknowledged_bytes: u64,
    /// What left the browser since.
    pub in_flight_bytes: u64,
    /// `None` until something was acknowledged.
    pub bytes_per_second: Option<u64>,
    /// Full volumes, with the server's words.
    pub no_room: Vec<(DataVolumeId, String)>,
    /// What was stored, per volume.
    pub stored: Vec<Stored>,
}

impl Overview {
    /// Seconds until the rest is stored at this rate.
    pub fn seconds_left(&self) -> Option<u64> {
        let rate = self.bytes_per_second.filter(|rate| *rate > 0)?;
        Some(
            self.bytes
                .saturating_sub(self.acknowledged_bytes)
                .div_ceil(rate),
        )
    }

    /// Whether anything is still to be done, by the queue or by the person.
    pub fn is_active(&self) -> bool {
        self.condition != Condition::Finished
    }
}

/// Which rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// On the way, interrupted, or waiting for a decision.
    Active,
    /// Failed.
    Failed,
    /// Stored, there already, or cancelled.
    Finished,
}

impl Filter {
    fn admits(self, state: &State) -> bool {
        match self {
            Self::All => true,
            Self::Active => {
                matches!(
                    state,
                    State::Sending | State::Paused | State::Interrupted { .. } | State::Conflict
                )
            }
            Self::Failed => matches!(state, State::Failed(_)),
            Self::Finished => state.is_finished(),
        }
    }
}

impl Queue {
    /// The queue in a few numbers.
    pub fn overview(&self, now_ms: u64) -> Overview {
        let touched = self.volumes.iter().filter(|volume| volume.stored_files > 0);
        let full = self
            .volumes
            .iter()
            .filter_map(|volume| Some((volume.id, volume.no_room.clone()?)));
        Overview {
            condition: self.condition(now_ms),
            rows: self.items.len(),
            items: self.tally.counted,
            stored_items: self.tally.stored,
            failed: self.tally.failed,
            conflicts: self.tally.conflicts,
            bytes: self.tally.bytes,
            acknowledged_bytes: self.tally.acknowledged_bytes,
            in_flight_bytes: self.requests.iter().map(|request| request.sent_bytes).sum(),
            bytes_per_second: self.rate.bytes_per_second(now_ms),
            no_room: full.collect(),
            stored: touched
                .map(|volume| Stored {
                    volume_id: volume.id,
                    volume_name: volume.name.clone(),
                    files: volume.stored_files,
                    bytes: volume.stored_bytes,
                })
                .collect(),
        }
    }

    fn condition(&self, now_ms: u64) -> Condition {
        let unsettled = self.items.len() - self.tally.settled as usize;
        let is_full = self.volumes.iter().any(|volume| volume.no_room.is_some());
        match self.down_until_ms {
            _ if self.is_idle() => Condition::Finished,
            _ if self.is_signed_out => Condition::SignedOut,
            _ if self.is_paused => Condition::Paused,
            Some(retry_at_ms) if retry_at_ms > now_ms && self.requests.is_empty() => {
                Condition::Unreachable {
                    retry_at_ms,
                    said: self.said.clone(),
                }
            }
            _ if self.readings == 0 && unsettled == self.tally.conflicts as usize => {
                Condition::Undecided
            }
            _ if is_full && self.requests.is_empty() => Condition::NoRoom,
            _ => Condition::Running,
        }
    }

    /// How often something was stored since the page began: lists of files are old when it grows.
    pub fn stored_count(&self) -> u64 {
        self.stored_count
    }

    /// How many rows a filter leaves.
    pub fn row_count(&self, filter: Filter) -> usize {
        match filter {
            Filter::All => self.items.len(),
            Filter::Failed => self.tally.failed as usize,
            other => self
                .items
                .iter()
                .filter(|item| other.admits(&item.state))
                .count(),
        }
    }

    /// Some rows of those that a filter leaves.
    pub fn rows(&self, filter: Filter, offset: usize, limit: usize) -> impl Iterator<Item = &Item> {
        let offset_in_all = if filter == Filter::All {
            offset.min(self.items.len())
        } else {
            0
        };
        let offset_in_filtered = if filter == Filter::All { 0 } else { offset };
        self.items[offset_in_all..]
            .iter()
            .filter(move |item| filter.admits(&item.state))
            .skip(offset_in_filtered)
            .take(limit)
    }

    /// The first item whose name is taken.
    pub fn first_conflict(&self) -> Option<&Item> {
        if self.tally.conflicts == 0 {
            return None;
        }
        self.items.iter().find(|item| item.state == State::Conflict)
    }

    /// The name of the data volume that an item goes to.
    pub fn volume_name(&self, item: &Item) -> &str {
        &self.places[item.target].target.volume_name
    }

    /// How a row stands in words that a person sees: held items are shown as such.
    pub fn shown_state(&self, item: &Item) -> State {
        let is_held = self.is_paused || self.is_signed_out;
        if is_held && item.state == State::Waiting {
            State::Paused
        } else {
            item.state.clone()
        }
    }
}

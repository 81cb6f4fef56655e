//! What a page shows of the queue, as plain data: the queue itself lives in a worker.
//!
//! Only the rows that are seen are in it, however long the queue is.

use serde::{Deserialize, Serialize};

use crate::{Filter, ItemId, Overview, Queue, Remembered, State};

/// The queue as a page sees it at one moment. Never changed by the page: the next one takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The queue in a few numbers.
    pub overview: Overview,
    /// How many files were found, while dropped or chosen folders are still read.
    pub found: Option<u32>,
    /// What earlier pages left behind and nobody has gone on with.
    pub left_behind: Vec<Remembered>,
    /// Grows when something was stored.
    pub stored_count: u64,
    /// The first item whose name is taken.
    pub conflict: Option<Conflict>,
    /// The rows that the page looks at.
    pub list: List,
    /// Whether nothing is left that would go on by itself or after a decision.
    pub is_idle: bool,
    /// The time that goes with the times in it, in milliseconds since 1970.
    pub now_ms: u64,
}

impl View {
    /// Whether there are uploads, or traces of earlier ones.
    pub fn has_something_to_say(&self) -> bool {
        self.overview.rows > 0 || !self.left_behind.is_empty() || self.found.is_some()
    }
}

/// Which rows a page looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Of which kind.
    pub filter: Filter,
    /// Rows of that kind to pass over.
    pub offset: usize,
    /// Rows at most.
    pub limit: usize,
}

/// Some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// What was looked at.
    pub seen: Seen,
    /// How many rows of that kind there are.
    pub total: usize,
    /// Those that were looked at.
    pub rows: Vec<Row>,
}

/// What is shown of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which item.
    pub id: ItemId,
    /// Where it stands among the rows of its kind, from 0.
    pub position: usize,
    /// Where it goes, relative to the volume.
    pub path: String,
    /// The data volume that it goes to.
    pub volume_name: String,
    /// Its size on the person's disk.
    pub size_bytes: u64,
    /// What the server said is stored.
    pub acknowledged_bytes: u64,
    /// What left the browser since; may be lost.
    pub in_flight_bytes: u64,
    /// Where it stands; held items are shown as such.
    pub state: State,
    /// Whether everything has been sent and the server is making it last.
    pub is_being_stored: bool,
    /// Whether another try can help.
    pub may_be_retried: bool,
    /// The time that goes with a time in its state, else 0: such rows stay as they are while time goes by.
    pub now_ms: u64,
}

/// What is known of a name that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The item that wants it.
    pub id: ItemId,
    /// Where it goes, relative to the volume.
    pub path: String,
    /// The data volume that it goes to.
    pub volume_name: String,
    /// The size of the person's file.
    pub size_bytes: u64,
}

impl Queue {
    /// The queue as a page sees it now that looks at these rows.
    pub fn view(&self, seen: Seen, now_ms: u64) -> View {
        View {
            overview: self.overview(now_ms),
            found: self.found(),
            left_behind: self.left_behind().to_vec(),
            stored_count: self.stored_count(),
            conflict: self.first_conflict().map(|item| Conflict {
                id: item.id,
                path: item.path.to_string(),
                volume_name: self.volume_name(item).to_owned(),
                size_bytes: item.size_bytes,
            }),
            list: self.list(seen, now_ms),
            is_idle: self.is_idle(),
            now_ms,
        }
    }

    fn list(&self, seen: Seen, now_ms: u64) -> List {
        if seen.limit == 0 {
            return List {
                seen,
                ..List::default()
            };
        }
        let rows = self.rows(seen.filter, seen.offset, seen.limit).enumerate();
        let row = |(index, item): (usize, &crate::Item)| {
            let state = self.shown_state(item);
            let tells_time = matches!(state, State::Interrupted { .. });
            Row {
                id: item.id,
                position: seen.offset + index,
                path: item.path.to_string(),
                volume_name: self.volume_name(item).to_owned(),
                size_bytes: item.size_bytes,
                acknowledged_bytes: item.acknowledged_bytes,
                in_flight_bytes: item.in_flight_bytes,
                state,
                is_being_stored: item.is_being_stored(),
                may_be_retried: item.may_be_retried(),
                now_ms: if tells_time { now_ms } else { 0 },
            }
        };
        List {
            seen,
            total: self.row_count(seen.filter),
            rows: rows.map(row).collect(),
        }
    }
}

//! The sender's half of the data path: what a person dropped or named, until it is stored.
//!
//! [`Queue`] is a plain state machine: events and the person's wishes in, [`Command`]s out. It knows no
//! browser and no clock and is tested on any machine. In browsers it lives in a worker (`browser::worker`), which
//! carries the commands out; the page has a copy of what is to be seen (`browser::page`).

mod answer;
mod batch;
mod breadth;
mod command;
mod conflict;
mod item;
mod lanes;
mod overview;
mod pace;
mod progress;
pub mod protocol;
mod queue;
mod remembered;
mod report;
mod requests;
mod send;
mod view;
mod wishes;

#[cfg(target_arch = "wasm32")]
pub mod browser;

pub use command::{BatchedFile, Command, Event, Moment, RequestId, StoredAs};
pub use item::{Item, ItemId, ItemKind, State};
pub use overview::{Condition, Filter, Overview, Stored};
pub use queue::{Added, Queue, Target};
pub use remembered::Remembered;
pub use view::{Conflict, List, Row, Seen, View};
pub use wishes::{Choice, Wish};

#[cfg(test)]
mod tests;

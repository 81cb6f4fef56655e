//! One file (or one empty folder) of the queue.
//!
//! `path` is text as it came from the disk: it is a valid [`domain::VolumePath`] unless the item failed
//! for its name, and such an item is never sent.

use domain::VolumePath;
use serde::{Deserialize, Serialize};
use wire::WhenPresent;

use crate::StoredAs;
use crate::lanes::Extents;

/// An item, for as long as the page lives. Ids only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemId(pub u32);

/// What is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A regular file.
    File,
    /// A folder without files: folders with files come into being with the first of them.
    Folder,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Its turn will come.
    Waiting,
    /// A request for it is on its way.
    Sending,
    /// Held by the person, or until they sign in again.
    Paused,
    /// The network or a neighbour failed; tried again by itself.
    Interrupted {
        /// When, in milliseconds since 1970.
        retry_at_ms: u64,
    },
    /// The name is taken by something else: the person decides.
    Conflict,
    /// Stored for good.
    Done,
    /// The same file lies there already: same path, size and time of change.
    AlreadyThere,
    /// Refused or broken; what happened and what to do.
    Failed(String),
    /// Taken out of the queue, or left as it was after a conflict.
    Cancelled,
}

impl State {
    /// Whether nothing more happens to it by itself.
    pub fn is_settled(&self) -> bool {
        matches!(
            self,
            Self::Done | Self::AlreadyThere | Self::Failed(_) | Self::Cancelled
        )
    }

    /// Whether “Clear finished” takes it away.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyThere | Self::Cancelled)
    }

    /// Whether it counts into the amounts that are to be sent.
    pub(crate) fn is_counted(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::Cancelled)
    }
}

/// One row of the queue.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Where it goes, relative to the volume.
    pub path: Box<str>,
    /// What it is.
    pub kind: ItemKind,
    /// Its size on the person's disk.
    pub size_bytes: u64,
    /// When it last changed, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Where it stands.
    pub state: State,
    /// What the server said is stored.
    pub acknowledged_bytes: u64,
    /// What left the browser since; may be lost.
    pub in_flight_bytes: u64,
    /// Where it was stored, and what it is; `None` until then, and where an answer was lost.
    pub stored_as: Option<Box<StoredAs>>,
    pub(crate) target: usize,
    pub(crate) upload: Option<Box<str>>,
    /// What is stored of it, if the upload takes bytes by several requests at once.
    pub(crate) lanes: Option<Extents>,
    /// Whether `acknowledged_bytes` is the server's last word; not so after a cut.
    pub(crate) is_offset_known: bool,
    pub(crate) when_present: WhenPresent,
    /// Failures in a row without a byte of progress.
    pub(crate) setbacks: u32,
    /// Whether all of it may have reached the server although no answer came back.
    pub(crate) may_be_stored: bool,
    /// Whether it is sent by itself, however small it is: a batch with it was not taken.
    pub(crate) goes_alone: bool,
    /// How often its folder was listed because its name was taken.
    pub(crate) lookups: u8,
}

impl Item {
    /// The folder it goes into, relative to the volume.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(&*self.path, |(_, name)| name)
    }

    /// Whether another try can help: a name that cannot be stored stays one.
    pub fn may_be_retried(&self) -> bool {
        matches!(self.state, State::Failed(_) | State::Interrupted { .. })
            && self.path.parse::<VolumePath>().is_ok()
    }

    /// Whether everything has been sent and the server is making it last.
    pub fn is_being_stored(&self) -> bool {
        self.state == State::Sending
            && self.size_bytes > 0
            && self.acknowledged_bytes + self.in_flight_bytes >= self.size_bytes
    }
}

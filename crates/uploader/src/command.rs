//! What the queue wants done, and what it is told.
//!
//! The queue never waits: whoever carries out a [`Command`] comes back with an [`Event`]. At most one
//! request per item is on its way, and after [`Command::Abort`] no event of the aborted request may come.

use domain::DataVolumeId;
use wire::{FileView, Problem, UnfinishedUpload, WhenPresent};

use crate::ItemId;

/// The time and a random number between 0 and 1, handed in with everything that happens.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// Spreads retries of many pages.
    pub jitter: f64,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Asks for the caller's unfinished uploads: answered by [`Event::Unfinished`] or [`Event::UnfinishedRefused`].
    AskUnfinished {
        /// Of this data volume.
        volume: DataVolumeId,
    },
    /// Lists a page of a folder: answered by [`Event::Listed`] or [`Event::ListRefused`].
    List {
        /// In this data volume.
        volume: DataVolumeId,
        /// The folder.
        folder: String,
        /// Entries to pass over.
        offset: u64,
    },
    /// Makes an empty folder: answered by [`Event::FolderMade`] or [`Event::Refused`].
    MakeFolder {
        /// For this item.
        item: ItemId,
        /// In this data volume.
        volume: DataVolumeId,
        /// The folder.
        path: String,
    },
    /// Makes an upload: answered by [`Event::Created`], [`Event::Refused`] or [`Event::FileChanged`].
    Create {
        /// For this item.
        item: ItemId,
        /// In this data volume.
        volume: DataVolumeId,
        /// Where the file goes.
        path: String,
        /// How large it is.
        size_bytes: u64,
        /// When it last changed.
        modified_ms: i64,
        /// What to do when the name is taken.
        when_present: WhenPresent,
        /// Whether the whole file goes along (creation-with-upload).
        is_with_content: bool,
    },
    /// Asks how much of an upload is stored: answered by [`Event::Acknowledged`] or [`Event::Refused`].
    Head {
        /// For this item.
        item: ItemId,
        /// In this data volume.
        volume: DataVolumeId,
        /// The upload.
        upload: String,
    },
    /// Sends a slice: answered by [`Event::Acknowledged`], [`Event::Refused`] or [`Event::FileChanged`].
    Patch {
        /// For this item.
        item: ItemId,
        /// In this data volume.
        volume: DataVolumeId,
        /// The upload.
        upload: String,
        /// Where the slice begins.
        offset_bytes: u64,
        /// How long it is.
        length_bytes: u64,
    },
    /// Throws an upload away. Not answered.
    Delete {
        /// In this data volume.
        volume: DataVolumeId,
        /// The upload.
        upload: String,
    },
    /// Ends the request that is on its way. Not answered.
    Abort {
        /// Of this item.
        item: ItemId,
    },
    /// Lets go of the file on the person's disk: it is not needed any more. Not answered.
    Release {
        /// Of this item.
        item: ItemId,
    },
    /// Comes back with [`Event::Tick`] not before that time; a new one replaces the old one.
    WakeAt {
        /// Milliseconds since 1970.
        at_ms: u64,
    },
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The caller's unfinished uploads.
    Unfinished {
        /// Of this data volume.
        volume: DataVolumeId,
        /// All of them.
        uploads: Vec<UnfinishedUpload>,
    },
    /// They cannot be told.
    UnfinishedRefused {
        /// Of this data volume.
        volume: DataVolumeId,
        /// Why; code 0 is a cut of the network.
        problem: Problem,
    },
    /// A page of a folder.
    Listed {
        /// Of this data volume.
        volume: DataVolumeId,
        /// Which folder.
        folder: String,
        /// The entries.
        entries: Vec<FileView>,
        /// Where the next page begins.
        next: Option<u64>,
    },
    /// It cannot be listed.
    ListRefused {
        /// Of this data volume.
        volume: DataVolumeId,
        /// Which folder.
        folder: String,
        /// Why; code 0 is a cut of the network.
        problem: Problem,
    },
    /// An empty folder is there.
    FolderMade {
        /// Of this item.
        item: ItemId,
    },
    /// An upload is there.
    Created {
        /// Of this item.
        item: ItemId,
        /// The upload's id.
        upload: String,
        /// `Upload-Offset` of the answer, if it had one.
        offset_bytes: Option<u64>,
    },
    /// The server told how much is stored.
    Acknowledged {
        /// Of this item.
        item: ItemId,
        /// `Upload-Offset` of the answer.
        offset_bytes: u64,
    },
    /// Bytes left the browser.
    Progress {
        /// Of this item.
        item: ItemId,
        /// By this request, up to now.
        sent_bytes: u64,
    },
    /// A request was refused, or never answered.
    Refused {
        /// Of this item.
        item: ItemId,
        /// Why; code 0 is a cut of the network.
        problem: Problem,
        /// `Retry-After` of the answer, if it had one.
        retry_after_ms: Option<u64>,
        /// The upload that was made nevertheless: a full volume keeps what it took.
        upload: Option<String>,
    },
    /// The file on the person's disk is not the one that was added.
    FileChanged {
        /// Of this item.
        item: ItemId,
    },
    /// The browser has a network again, or the person is back at the page and may have signed in.
    Returned,
    /// Time passed, as [`Command::WakeAt`] wanted.
    Tick,
}

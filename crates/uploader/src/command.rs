//! What the queue wants done, and what it is told.
//!
//! The queue never waits: whoever carries out a [`Command`] comes back with an [`Event`] of the same
//! [`RequestId`]. A file may have several requests on their way, and a request several files; what comes of a
//! request that was ended changes nothing.

use std::ops::Range;

use domain::DataVolumeId;
use wire::{BatchResult, FileView, Problem, UnfinishedUpload, WhenPresent};

use crate::ItemId;

/// The time and a random number between 0 and 1, handed in with everything that happens.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// Spreads retries of many pages.
    pub jitter: f64,
}

/// A request that is on its way. No number is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// One file of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchedFile {
    /// For this item.
    pub item: ItemId,
    /// Where the file goes.
    pub path: String,
    /// How large it is.
    pub size_bytes: u64,
    /// When it last changed.
    pub modified_ms: i64,
    /// What to do when the name is taken.
    pub when_present: WhenPresent,
}

/// Where a file was stored, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAs {
    /// Its path in the volume: another one than was asked for if both are kept.
    pub path: Box<str>,
    /// BLAKE3 of its bytes in hexadecimal digits, as the server computed it.
    pub blake3: Box<str>,
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
        /// This request.
        request: RequestId,
        /// For this item.
        item: ItemId,
        /// In this data volume.
        volume: DataVolumeId,
        /// The folder.
        path: String,
    },
    /// Makes an upload: answered by [`Event::Created`], [`Event::Refused`] or [`Event::FileChanged`].
    Create {
        /// This request.
        request: RequestId,
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
        /// Whether its bytes will come by several requests at once.
        takes_lanes: bool,
    },
    /// Sends small files in one request: answered by [`Event::BatchAnswered`], [`Event::Refused`] or
    /// [`Event::FileChanged`].
    SendBatch {
        /// This request.
        request: RequestId,
        /// To this data volume.
        volume: DataVolumeId,
        /// All of them.
        files: Vec<BatchedFile>,
    },
    /// Asks how much of an upload is stored: answered by [`Event::Acknowledged`] or [`Event::Refused`].
    Head {
        /// This request.
        request: RequestId,
        /// For this item.
        item: ItemId,
        /// In this data volume.
        volume: DataVolumeId,
        /// The upload.
        upload: String,
    },
    /// Sends a slice: answered by [`Event::Acknowledged`], [`Event::Refused`] or [`Event::FileChanged`].
    Patch {
        /// This request.
        request: RequestId,
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
    /// Ends a request that is on its way. Not answered.
    Abort {
        /// This one.
        request: RequestId,
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

impl Command {
    /// The number of its request; `None` for commands that are not answered by one.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::MakeFolder { request, .. }
            | Self::Create { request, .. }
            | Self::SendBatch { request, .. }
            | Self::Head { request, .. }
            | Self::Patch { request, .. } => Some(*request),
            _ => None,
        }
    }
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
        /// By this request.
        request: RequestId,
    },
    /// An upload is there.
    Created {
        /// By this request.
        request: RequestId,
        /// The upload's id.
        upload: String,
        /// `Upload-Offset` of the answer, if it had one.
        offset_bytes: Option<u64>,
        /// What the answer said of a file that is whole.
        stored_as: Option<StoredAs>,
    },
    /// A batch was taken to its end.
    BatchAnswered {
        /// By this request.
        request: RequestId,
        /// What became of each file, in the order in which they were sent.
        results: Vec<BatchResult>,
    },
    /// The server told how much is stored.
    Acknowledged {
        /// By this request.
        request: RequestId,
        /// `Upload-Offset` of the answer.
        offset_bytes: u64,
        /// `Stowage-Extents` of the answer, if it had any.
        extents: Option<Vec<Range<u64>>>,
        /// What the answer said of a file that is whole.
        stored_as: Option<StoredAs>,
    },
    /// Bytes left the browser.
    Progress {
        /// By this request.
        request: RequestId,
        /// By this request, up to now.
        sent_bytes: u64,
    },
    /// A request was refused, or never answered.
    Refused {
        /// By this request.
        request: RequestId,
        /// Why; code 0 is a cut of the network.
        problem: Problem,
        /// `Retry-After` of the answer, if it had one.
        retry_after_ms: Option<u64>,
        /// The upload that was made nevertheless: a full volume keeps what it took.
        upload: Option<String>,
    },
    /// Files on the person's disk are not those that were added.
    FileChanged {
        /// By this request, which is over.
        request: RequestId,
        /// These.
        items: Vec<ItemId>,
    },
    /// The browser has a network again, or the person is back at the page and may have signed in.
    Returned,
    /// Time passed, as [`Command::WakeAt`] wanted.
    Tick,
}

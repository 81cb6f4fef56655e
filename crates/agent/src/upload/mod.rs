//! Uploads of one volume: what is staged, what is promised, and how it appears under its name.
//!
//! This part knows no protocol. The one rule that a reader would get wrong: the last byte of a file is
//! acknowledged by its publication and never before, so whoever asks and sees a full offset sees a file.

mod arriving;
mod body;
mod checksum;
mod concat;
mod digest;
mod folders;
mod group;
mod id;
mod journal;
mod lanes;
mod publish;
mod pump;
mod receive;
mod recover;
mod roster;
mod scratch;
mod store;
mod sweep;
mod syncing;
mod turns;
mod writer;

pub(crate) use arriving::{Arriving, arriving, give_up};
pub(crate) use body::{BodyReader, Received};
pub(crate) use checksum::{ALGORITHMS, Checksum};
pub(crate) use concat::{MOST_PARTS, assemble, assemble_one, assemble_waiting, length, parts};
pub(crate) use digest::{Digests, Hash256};
pub(crate) use group::{Group, Growing, NewFile, Stored};
pub(crate) use id::UploadId;
pub(crate) use journal::Kind;
pub(crate) use lanes::{LaneOutcome, Sessions, extents_of, receive_lane};
pub(crate) use publish::refuse_conflict;
pub(crate) use pump::{Endings, next_bytes};
pub(crate) use receive::{Incoming, Outcome, Published, may_still_write, receive};
pub(crate) use roster::{Roster, unfinished};
pub(crate) use scratch::Scratch;
pub(crate) use store::{NewUpload, Upload};
pub(crate) use sweep::sweep;
pub(crate) use turns::{Turn, Turns};

//! Uploads of one volume: what is staged, what is promised, and how it appears under its name.
//!
//! This part knows no protocol. The one rule that a reader would get wrong: the last byte of a file is
//! acknowledged by its publication and never before, so whoever asks and sees a full offset sees a file.

mod checksum;
mod journal;
mod publish;
mod receive;
mod roster;
mod store;
mod sweep;
mod turns;
mod writer;

pub(crate) use checksum::{ALGORITHMS, Checksum};
pub(crate) use receive::{Incoming, Outcome, receive};
pub(crate) use roster::{Roster, unfinished};
pub(crate) use store::{NewUpload, Upload, UploadId};
pub(crate) use sweep::sweep;
pub(crate) use turns::{Turn, Turns};

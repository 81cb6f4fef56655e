//! Parallel lanes into one file: an upload whose bytes may arrive at any place, several requests at once.
//!
//! The file has its whole size from the beginning on, and a journal says which of its bytes are stored. No
//! part of a file is ever copied, and no byte that is stored is written again.

mod extents;
mod log;
mod receive;
mod session;

pub(crate) use receive::{LaneOutcome, extents_of, receive_lane};
pub(crate) use session::Sessions;

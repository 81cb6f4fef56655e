//! What tests of faults share, whomever they kill: errands by which files come into a volume, the ledger of what was
//! answered, the tally of what was found, a disk that breaks, and what
//! is mounted at the end.

mod dice;
mod disk;
mod drive;
mod errands;
mod fuse;
mod ledger;
mod mounts;
pub mod requests;
mod tally;
pub mod traffic;

pub use dice::{Dice, setting};
pub use disk::Disk;
pub use drive::{Drive, formatted, may_mount};
pub use errands::{Ending, Errand, is_well};
pub use ledger::{Begun, Book, Ledger, content_of, files_in};
pub use mounts::unmount_beneath;
pub use requests::{Answer, Door};
pub use tally::{Findings, Tally, is_soak};

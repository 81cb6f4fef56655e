//! What tests of faults share, whomever they kill: errands by which files come into a volume, the ledger of what was
//! answered, the tally of what was found, and a disk that breaks.

mod dice;
mod disk;
mod drive;
mod errands;
mod fuse;
mod ledger;
pub mod requests;
mod tally;
pub mod traffic;

pub use dice::{Dice, setting};
pub use disk::Disk;
pub use drive::{Drive, formatted, may_mount};
pub use errands::{Ending, Errand, is_well};
pub use ledger::{Begun, Book, Ledger, content_of, files_in};
pub use requests::{Answer, Door};
pub use tally::{Findings, Tally, is_soak};

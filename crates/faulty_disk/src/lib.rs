//! A disk for tests and measurements: it loses its power, fails, fills up or is slow, as asked.
//!
//! One file of a file system of ours (FUSE) under a loop device under a real ext4. What the kernel writes lies in the
//! disk's cache until the kernel says flush, as in a real one. A power cut leaves what was flushed, and of the rest
//! any part. Needs root, on Linux.

mod dice;
mod disk;
mod drive;
mod fuse;

pub use dice::{Dice, setting};
pub use disk::Disk;
pub use drive::{Drive, formatted, may_mount};

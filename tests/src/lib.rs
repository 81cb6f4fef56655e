//! The console as a whole: the real binary, started on a folder of its own, and what is measured on it.
//!
//! Measurements are never tests: they print figures, with medians, and are run by `cargo xtask bench`.

pub mod console;
pub mod content;
pub mod engines;
pub mod figures;
pub mod memory;
pub mod selection;

//! What a killed process leaves mounted.

use std::fs;
use std::path::Path;

use rustix::mount::{UnmountFlags, unmount};

/// Takes off whatever is mounted beneath a folder, the last first, so that the folder can be deleted.
pub fn unmount_beneath(folder: &Path) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    let beneath: Vec<&str> = points
        .filter(|point| Path::new(point).starts_with(folder))
        .collect();
    for point in beneath.into_iter().rev() {
        // What stays mounted stays in the way of the deletion, and shows there.
        let _ = unmount(point, UnmountFlags::DETACH);
    }
}

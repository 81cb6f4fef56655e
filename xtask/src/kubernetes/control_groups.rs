//! The part of this machine's control groups that the node's pods live in.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

const ROOT: &str = "/sys/fs/cgroup";

/// A group of its own in every hierarchy of the machine; it is removed when this is dropped.
pub(super) struct ControlGroups {
    /// As the kubelet calls it.
    name: String,
    folders: Vec<PathBuf>,
}

impl ControlGroups {
    pub(super) fn make(name: &str) -> Result<Self> {
        let mut made = Self {
            name: format!("/{name}"),
            folders: Vec::new(),
        };
        for hierarchy in hierarchies()? {
            let folder = hierarchy.join(name);
            fs::create_dir(&folder).with_context(|| format!("{}", folder.display()))?;
            made.folders.push(folder);
        }
        Ok(made)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for ControlGroups {
    fn drop(&mut self) {
        // A process that was ended leaves its group a moment later.
        for _ in 0..50 {
            self.folders.retain(|folder| remove(folder).is_err());
            if self.folders.is_empty() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A folder for each controller in version 1, where some are links to others; one for all in version 2.
fn hierarchies() -> Result<Vec<PathBuf>> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").exists() {
        return Ok(vec![root.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(root).context(ROOT)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The innermost first; the files in there go with their group.
fn remove(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

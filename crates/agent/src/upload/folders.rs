//! Folders of many files that are stored together: opened once, made where missing, synced at the end.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use domain::VolumePath;
use rustix::fs;
use rustix::io::Errno;

use crate::beneath;
use crate::error::Result;
use crate::volume::Volume;

/// Handles that are kept. Processes may have few.
const MOST_OPEN: usize = 128;

/// Folders, by their paths.
#[derive(Default)]
pub(super) struct Folders {
    open: HashMap<VolumePath, Arc<OwnedFd>>,
    changed: HashSet<VolumePath>,
}

impl Folders {
    /// Opens a folder, and makes it and those on the way to it where they are missing.
    pub(super) fn open(&mut self, volume: &Volume, path: &VolumePath) -> Result<Arc<OwnedFd>> {
        if let Some(folder) = self.open.get(path) {
            return Ok(Arc::clone(folder));
        }
        let opened = match beneath::open_folder(volume.root(), beneath::text(path)) {
            Ok(folder) => folder,
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => {
                let (parent, name) = beneath::split(path)?;
                let folder = self.open(volume, &parent)?;
                match fs::mkdirat(&*folder, name, beneath::FOLDER_MODE) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(other) => return Err(other.into()),
                }
                self.changed.insert(parent);
                beneath::open_folder(&*folder, name)
                    .map_err(|error| beneath::in_the_way(error, name))?
            }
            Err(error) => {
                let name = path.file_name().unwrap_or_default();
                return Err(beneath::in_the_way(error, name));
            }
        };
        if self.open.len() >= MOST_OPEN {
            self.sync()?;
        }
        let folder = Arc::new(opened);
        self.open.insert(path.clone(), Arc::clone(&folder));
        Ok(folder)
    }

    /// Notes that a name appeared in a folder.
    pub(super) fn has_changed(&mut self, path: VolumePath) {
        self.changed.insert(path);
    }

    /// Makes all names survive a power cut, and closes the folders whose names do.
    pub(super) fn sync(&mut self) -> Result<()> {
        for path in self.changed.drain() {
            if let Some(folder) = self.open.get(&path) {
                beneath::sync_folder(&**folder)?;
            }
        }
        self.open.clear();
        Ok(())
    }
}

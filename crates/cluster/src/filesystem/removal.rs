//! Taking a claim out of use.
//!
//! A folder that Stowage made is first given a hidden name, in one step, and then emptied: after a crash
//! in between nobody finds half a dataset, and the next call goes on. A folder that was there before
//! loses only `.stowage`, the marker last.

use std::io;

use domain::{DataVolumeId, VolumePath};

use super::folder::{Doing, Folder, is_no_folder};
use super::marker::FILE;
use super::names::claim_name;
use super::storage::{Place, Storage};
use super::tree::remove_tree;
use crate::{ClaimKey, Removal, Result};

/// Entries that are removed in one call: a large claim must not hold the reconciler.
const BUDGET: usize = 20_000;

impl Storage {
    /// Takes a claim out of use.
    pub(super) fn remove_claim(&self, key: &ClaimKey) -> Result<Removal> {
        let name = claim_name(&key.name)?;
        match self.find_key(key)? {
            Some(place) => {
                let is_made_here = place
                    .marker
                    .as_ref()
                    .is_some_and(|marker| marker.is_made_here);
                // Both the console's database and the marker must say that Stowage made it.
                if !(key.is_ours && is_made_here) {
                    return self.release(key, &place.claim);
                }
                if let Some(waiting) = self.put_aside(key, name, &place)? {
                    return Ok(waiting);
                }
            }
            None if !key.is_ours => return self.finish_release(key, name),
            None => {}
        }
        self.remove_link(key, name)?;
        for (parent, _) in self.parents(&key.project)?.found {
            for leftover in [trash_name(&key.uid), draft_name(key.data_volume_id)] {
                let removed = remove_tree(&parent, &leftover, BUDGET);
                if let Some(waiting) = self.waiting(key, removed)? {
                    return Ok(waiting);
                }
            }
        }
        Ok(Removal::Done)
    }

    fn put_aside(&self, key: &ClaimKey, name: &str, place: &Place) -> Result<Option<Removal>> {
        let renamed = place.parent.rename_to_free(name, &trash_name(&key.uid));
        match renamed {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                Ok(Some(Removal::Waiting(format!(
                    "{} is a mount point itself: unmount it",
                    self.shown(&key.project, name)
                ))))
            }
            answer => {
                let putting = || format!("putting {} aside", self.shown(&key.project, name));
                answer.doing(putting)?;
                place.parent.sync().doing(putting)?;
                Ok(None)
            }
        }
    }

    fn remove_link(&self, key: &ClaimKey, name: &str) -> Result<()> {
        let removing = || format!("removing the link {}", self.shown(&key.project, name));
        let Some(project) = self.project(&key.project)? else {
            return Ok(());
        };
        let entry = project.entry(name).doing(removing)?;
        if !self.is_link_to_claim(entry.as_ref(), &key.project.0, name) {
            return Ok(());
        }
        // The link may lead to a claim of the same name that was made since.
        let (places, _) = self.places(&key.project, name)?;
        if places.is_empty() {
            project.remove_file(name).doing(removing)
        } else {
            Ok(())
        }
    }

    /// Removes `.stowage` from a folder that was there before.
    fn release(&self, key: &ClaimKey, claim: &Folder) -> Result<Removal> {
        let releasing = || format!("releasing {}", self.shown(&key.project, &key.name));
        if let Some(staging) = claim.child(VolumePath::STAGING).doing(releasing)? {
            for name in staging.names().doing(releasing)? {
                if name == FILE {
                    continue;
                }
                let removed = match staging.remove_file(&name) {
                    Ok(()) => Ok(true),
                    Err(_) => remove_tree(&staging, &name, BUDGET),
                };
                if let Some(waiting) = self.waiting(key, removed)? {
                    return Ok(waiting);
                }
            }
            staging.remove_file(FILE).doing(releasing)?;
        }
        self.remove_empty_staging(key, claim)
    }

    /// Goes on where a crash ended a release: the marker is gone, its folder is not.
    fn finish_release(&self, key: &ClaimKey, name: &str) -> Result<Removal> {
        let (places, _) = self.places(&key.project, name)?;
        for place in places.iter().filter(|place| place.marker.is_none()) {
            self.remove_empty_staging(key, &place.claim)?;
        }
        Ok(Removal::Done)
    }

    fn remove_empty_staging(&self, key: &ClaimKey, claim: &Folder) -> Result<Removal> {
        match claim.remove_folder(VolumePath::STAGING) {
            Ok(()) => Ok(Removal::Done),
            Err(error) if is_no_folder(&error) => Ok(Removal::Done),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                Ok(Removal::Waiting("an upload is still ending".to_owned()))
            }
            Err(error) => {
                Err(error).doing(|| format!("releasing {}", self.shown(&key.project, &key.name)))
            }
        }
    }

    fn waiting(&self, key: &ClaimKey, removed: io::Result<bool>) -> Result<Option<Removal>> {
        let shown = self.shown(&key.project, &key.name);
        match removed {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(Removal::Waiting(format!(
                "the files of {shown} are being deleted"
            )))),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::CrossesDevices | io::ErrorKind::ResourceBusy
                ) =>
            {
                Ok(Some(Removal::Waiting(format!(
                    "something is mounted inside {shown}: unmount it"
                ))))
            }
            Err(error) => Err(error).doing(|| format!("deleting {shown}")),
        }
    }
}

/// The hidden name under which a claim is emptied.
fn trash_name(uid: &str) -> String {
    format!(".stowage-trash-{uid}")
}

/// The hidden name under which a claim is made.
pub(super) fn draft_name(data_volume_id: DataVolumeId) -> String {
    format!(".stowage-new-{data_volume_id}")
}

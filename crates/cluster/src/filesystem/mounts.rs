//! What receiving projects get: `<project>/shared/<volume>`, a bind mount or a link.
//!
//! Before anything is made, a record of it is written where projects cannot reach
//! (`.stowage/mounts` beneath the cluster's root). What has no record, or another data volume's, is
//! somebody else's and is never touched; what a crash left half done has one and is done again.

use std::io;
use std::path::PathBuf;

use domain::{MountPhase, ShareMode, VolumePath};
use rustix::fs::StatVfsMountFlags;

use super::bind::{MountKind, is_mount_point, take_off};
use super::folder::{Doing, Entry, Folder, is_no_folder};
use super::names::SHARED;
use super::records::Record;
use super::storage::{FOLDER_MODE, Place, Storage, relative};
use crate::{ClaimKey, MountOrder, MountState, Removal, Result};

/// The folder that a receiving project gets.
struct Source {
    folder: Folder,
    /// Its path without links on the way.
    real: PathBuf,
}

/// What stands in a receiving project's folder under the volume's name.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A link, with its text.
    Link(String),
    /// Something is mounted on the folder.
    Mount {
        is_of_source: bool,
        is_read_only: bool,
    },
    EmptyFolder,
    Foreign,
}

/// Why a mount cannot be made now.
enum Obstacle {
    /// The sentence says what to do.
    InTheWay(String),
    /// Processes hold it.
    Busy,
}

impl Storage {
    /// Gives a receiving project the volume, or finds it there.
    pub(super) fn ensure_mount(&self, order: &MountOrder) -> Result<MountState> {
        let _alone = self.mounting.one_at_a_time();
        let location = self.mount_location(order);
        let state = |phase, message: &str| MountState {
            phase,
            location: location.clone(),
            message: message.to_owned(),
        };
        if order.project == order.claim.project {
            return Ok(state(
                MountPhase::Failed,
                "This project is the volume's origin and has its folder already.",
            ));
        }
        let record = self.record(order)?;
        if record
            .as_ref()
            .is_some_and(|record| record.data_volume_id != order.claim.data_volume_id)
        {
            return Ok(state(
                MountPhase::Failed,
                &in_the_way(&location, "another data volume"),
            ));
        }
        let Some(place) = self.find_key(&order.claim)? else {
            // A folder made anew under the claim's name must not be reached through an old link.
            self.take_away(order)?;
            return Ok(state(
                MountPhase::Failed,
                "The volume's own folder is gone, or another one took its place: see the data volume's conditions.",
            ));
        };
        let Some(source) =
            source(place, &order.sub_path).doing(|| format!("opening {}", order.sub_path))?
        else {
            self.take_away(order)?;
            let message = format!(
                "There is no folder “{}” in the volume: make it, and it appears here.",
                order.sub_path
            );
            return Ok(state(MountPhase::Failed, &message));
        };
        let project = self.ensure_project(&order.project)?;
        let shared = match project.child_or_make(SHARED, FOLDER_MODE) {
            Err(error) if is_no_folder(&error) => {
                let shown = self.shown(&order.project, SHARED);
                return Ok(state(
                    MountPhase::Failed,
                    &in_the_way(&shown, "a link or a file"),
                ));
            }
            answer => answer.doing(|| format!("making {}", self.shown(&order.project, SHARED)))?,
        };
        match self.put(order, &source, &shared, record.as_ref())? {
            None => Ok(state(MountPhase::Ready, self.enforcement(order.mode))),
            Some(Obstacle::Busy) => Ok(state(
                MountPhase::Pending,
                "An older mount of this volume is still in use by processes on this machine.",
            )),
            Some(Obstacle::InTheWay(message)) => Ok(state(MountPhase::Failed, &message)),
        }
    }

    /// Takes it away again.
    pub(super) fn remove_mount(&self, order: &MountOrder) -> Result<Removal> {
        let _alone = self.mounting.one_at_a_time();
        self.take_away(order)
    }

    fn put(
        &self,
        order: &MountOrder,
        source: &Source,
        shared: &Folder,
        record: Option<&Record>,
    ) -> Result<Option<Obstacle>> {
        let name = order.name.as_str();
        let location = self.mount_location(order);
        let doing = || format!("mounting {location}");
        let target = relative(&self.real(&order.project.0, SHARED), &source.real);
        let wanted = Record {
            data_volume_id: order.claim.data_volume_id,
            claim_uid: order.claim.uid.clone(),
            mode: order.mode,
            sub_path: order.sub_path.clone(),
        };
        let found = look(shared, name, &source.folder).doing(doing)?;
        let is_right = match &found {
            Found::Link(text) => self.mounting.kind == MountKind::Link && *text == target,
            Found::Mount {
                is_of_source,
                is_read_only,
            } => {
                let is_limited_alike =
                    *is_read_only == is_to_be_read_only(order, source).doing(doing)?;
                self.mounting.kind == MountKind::Bind && *is_of_source && is_limited_alike
            }
            _ => false,
        };
        let is_ours =
            record.is_some() || is_right || matches!(&found, Found::Link(text) if *text == target);
        if (!is_ours && matches!(found, Found::Link(_) | Found::Mount { .. }))
            || found == Found::Foreign
        {
            return Ok(Some(Obstacle::InTheWay(in_the_way(
                &location,
                "something else",
            ))));
        }
        if record != Some(&wanted) {
            self.write_record(order, &wanted)?;
        }
        if is_right {
            return Ok(None);
        }
        if let Some(obstacle) = clear(shared, name, &location)? {
            return Ok(Some(obstacle));
        }
        self.make_mount(order, source, shared, &target)
    }

    fn make_mount(
        &self,
        order: &MountOrder,
        source: &Source,
        shared: &Folder,
        target: &str,
    ) -> Result<Option<Obstacle>> {
        let name = order.name.as_str();
        let location = self.mount_location(order);
        let doing = || format!("mounting {location}");
        match self.mounting.kind {
            MountKind::Link => {
                let is_made = shared.link(name, target).doing(doing)?;
                Ok((!is_made).then(|| Obstacle::InTheWay(in_the_way(&location, "something else"))))
            }
            MountKind::Bind => {
                // Nothing is to be written beneath the mount while it is not there.
                let folder = shared.child_or_make(name, 0o555).doing(doing)?;
                self.mounting
                    .bind(&source.folder, &folder, order.mode)
                    .doing(doing)?;
                Ok(None)
            }
        }
    }

    /// Takes away what has our record, and what plainly is ours although the record was lost.
    fn take_away(&self, order: &MountOrder) -> Result<Removal> {
        let name = order.name.as_str();
        let location = self.mount_location(order);
        let doing = || format!("removing {location}");
        let record = self.record(order)?;
        if record
            .as_ref()
            .is_some_and(|record| record.data_volume_id != order.claim.data_volume_id)
        {
            return Ok(Removal::Done);
        }
        let shared = match self
            .project(&order.project)?
            .map(|project| project.child(SHARED))
            .transpose()
        {
            Err(error) if is_no_folder(&error) => None,
            answer => answer.doing(doing)?.flatten(),
        };
        let Some(shared) = shared else {
            self.forget_record(order)?;
            return Ok(Removal::Done);
        };
        let is_ours = record.is_some()
            || matches!(shared.entry(name).doing(doing)?, Some(Entry::Link(text)) if self.is_link_to(&text, order));
        if !is_ours {
            return Ok(Removal::Done);
        }
        match clear(&shared, name, &location)? {
            Some(Obstacle::Busy) => {
                return Ok(Removal::Waiting(
                    "still in use by processes on this machine".to_owned(),
                ));
            }
            // People put files beneath the mount while it was off: those are theirs.
            Some(Obstacle::InTheWay(message)) => tracing::warn!(message, "left in place"),
            None => {}
        }
        self.forget_record(order)?;
        Ok(Removal::Done)
    }

    fn is_link_to(&self, text: &str, order: &MountOrder) -> bool {
        let ClaimKey { project, name, .. } = &order.claim;
        let from = self.real(&order.project.0, SHARED);
        let bases = self.classes.iter().filter_map(|class| class.base.as_ref());
        bases
            .map(|base| base.real.join(&project.0).join(name))
            .chain([self.real(&project.0, name)])
            .any(|real| relative(&from, &within(real, &order.sub_path)) == text)
    }

    fn mount_location(&self, order: &MountOrder) -> String {
        self.shown(&order.project, &format!("{SHARED}/{}", order.name))
    }

    fn enforcement(&self, mode: ShareMode) -> &'static str {
        match (self.mounting.kind, mode) {
            (MountKind::Bind, ShareMode::ReadOnly) => {
                "Read-only bind mount on this machine: the file system itself refuses writes."
            }
            (MountKind::Bind, ShareMode::ReadWrite) => {
                "Bind mount on this machine: who may write is told by owner and mode of the files."
            }
            (MountKind::Link, ShareMode::ReadOnly) => {
                "Link; read-only is enforced by the console, not by the file system."
            }
            (MountKind::Link, ShareMode::ReadWrite) => {
                "Link; who may write is told by owner and mode of the files."
            }
        }
    }
}

/// The folder of a claim that is shared, if it is there. Links on the way are not followed.
fn source(place: Place, sub_path: &VolumePath) -> io::Result<Option<Source>> {
    let mut folder = place.claim;
    for name in sub_path.components() {
        folder = match folder.child(name) {
            Ok(Some(child)) => child,
            Ok(None) => return Ok(None),
            Err(error) if is_no_folder(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
    }
    Ok(Some(Source {
        folder,
        real: within(place.real, sub_path),
    }))
}

fn within(mut folder: PathBuf, sub_path: &VolumePath) -> PathBuf {
    folder.extend(sub_path.components());
    folder
}

fn is_to_be_read_only(order: &MountOrder, source: &Source) -> io::Result<bool> {
    let given = source.folder.mount_flags()?;
    Ok(order.mode == ShareMode::ReadOnly || given.contains(StatVfsMountFlags::RDONLY))
}

fn look(shared: &Folder, name: &str, source: &Folder) -> io::Result<Found> {
    Ok(match shared.entry(name)? {
        None => Found::Nothing,
        Some(Entry::Link(text)) => Found::Link(text),
        Some(Entry::Other) => Found::Foreign,
        Some(Entry::Folder) => {
            let Some(folder) = shared.child(name)? else {
                return Ok(Found::Nothing);
            };
            if is_mount_point(shared, name)? {
                Found::Mount {
                    is_of_source: folder.identity()? == source.identity()?,
                    is_read_only: folder.mount_flags()?.contains(StatVfsMountFlags::RDONLY),
                }
            } else if folder.raw_names(1)?.is_empty() {
                Found::EmptyFolder
            } else {
                Found::Foreign
            }
        }
    })
}

/// Takes off every mount and removes the link or the empty folder beneath; never content.
fn clear(shared: &Folder, name: &str, location: &str) -> Result<Option<Obstacle>> {
    let doing = || format!("removing {location}");
    while shared.entry(name).doing(doing)? == Some(Entry::Folder)
        && is_mount_point(shared, name).doing(doing)?
    {
        match take_off(shared, name) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                return Ok(Some(Obstacle::Busy));
            }
            answer => answer.doing(doing)?,
        }
    }
    match shared.entry(name).doing(doing)? {
        None => Ok(None),
        Some(Entry::Link(_)) => shared.remove_file(name).doing(doing).map(|()| None),
        Some(Entry::Folder) => match shared.remove_folder(name) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(Some(
                Obstacle::InTheWay(in_the_way(location, "a folder with files")),
            )),
            answer => answer.doing(doing).map(|()| None),
        },
        Some(Entry::Other) => Ok(Some(Obstacle::InTheWay(in_the_way(location, "a file")))),
    }
}

fn in_the_way(location: &str, what: &str) -> String {
    format!("At {location} stands {what}: move it away, and the volume appears there.")
}

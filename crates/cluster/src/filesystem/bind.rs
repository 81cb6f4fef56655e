//! Bind mounts: the one way in which a file system itself enforces read-only for one project.
//!
//! A mount is made and limited in Stowage's own folder first and only then put into its place, so that
//! there is no instant at which a receiving project could write. It is seen on this machine only.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{ShareMode, Sharing};
use rustix::fs::{CWD, StatVfsMountFlags};
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount_bind,
    mount_change, mount_remount, move_mount, open_tree, unmount,
};

use super::file_system::{FileSystem, mount_id};
use super::folder::{Doing, Folder};
use super::settings::Mounts;
use crate::{Error, Result};

const SCRATCH: &str = "mounting";
const PROBE: &str = "mount-probe";

/// How receiving projects get a volume here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MountKind {
    /// A bind mount.
    Bind,
    /// A link.
    Link,
}

/// Makes bind mounts, one at a time, or knows why links are made instead.
#[derive(Debug)]
pub(super) struct Mounting {
    pub(super) kind: MountKind,
    scratch: PathBuf,
    one_at_a_time: Mutex<()>,
}

impl Mounting {
    /// Finds out what this process may do, by doing it once in Stowage's own folder.
    pub(super) fn probe(
        wanted: Mounts,
        own: &Folder,
        own_path: &Path,
        projects: &Folder,
    ) -> Result<Self> {
        let mut mounting = Self {
            kind: MountKind::Link,
            scratch: own_path.join(SCRATCH),
            one_at_a_time: Mutex::new(()),
        };
        let is_elsewhere_too =
            FileSystem::of(projects).is_ok_and(|file_system| file_system.is_network());
        if wanted == Mounts::Link || (wanted == Mounts::Auto && is_elsewhere_too) {
            return Ok(mounting);
        }
        own.child_or_make(SCRATCH, 0o700)
            .doing(|| format!("making {}", mounting.scratch.display()))?;
        match mounting.try_once(own) {
            Ok(()) => mounting.kind = MountKind::Bind,
            Err(error) if wanted == Mounts::Bind => {
                return Err(Error::Refused(format!(
                    "The setting “mounts” is “bind”, but this process may not make read-only bind mounts ({error}): give it CAP_SYS_ADMIN, or choose “link”."
                )));
            }
            Err(error) => {
                tracing::info!(%error, "no bind mounts here: receiving projects get links");
            }
        }
        Ok(mounting)
    }

    fn try_once(&self, own: &Folder) -> io::Result<()> {
        let probe = own.child_or_make(PROBE, 0o700)?;
        let source = probe.child_or_make("source", 0o700)?;
        while is_mount_point(&probe, "target")? {
            take_off(&probe, "target")?;
        }
        let target = probe.child_or_make("target", 0o700)?;
        self.bind(&source, &target, ShareMode::ReadOnly)?;
        let seen = probe.child("target")?.ok_or(io::ErrorKind::NotFound)?;
        let written = seen.publish_file("file", b"");
        drop(seen);
        take_off(&probe, "target")?;
        probe.remove_folder("target")?;
        match written {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::ROFS) => Ok(()),
            _ => Err(io::Error::other(
                "a read-only bind mount could be written to",
            )),
        }
    }

    /// Holds other mounts and removals off.
    pub(super) fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What receiving projects get, in a sentence.
    pub(super) fn sharing(&self) -> Sharing {
        Sharing::Possible {
            how: match self.kind {
                MountKind::Bind => {
                    "Each receiving project finds it in its folder “shared”, as a read-only bind mount: the file system itself refuses writes."
                }
                MountKind::Link => {
                    "Each receiving project finds it in its folder “shared”, as a link: read-only is enforced by the console, not by the file system."
                }
            }
            .to_owned(),
        }
    }

    /// Puts a folder's content onto another, empty folder. The caller holds [`Mounting::one_at_a_time`].
    pub(super) fn bind(&self, claim: &Folder, onto: &Folder, mode: ShareMode) -> io::Result<()> {
        self.clear_scratch()?;
        mount_bind(claim.path(), &self.scratch)?;
        let limited = self.limit(claim, mode).and_then(|()| {
            let tree = open_tree(
                CWD,
                &self.scratch,
                OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
            )?;
            let by_handle =
                MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
            Ok(move_mount(&tree, "", onto, "", by_handle)?)
        });
        self.clear_scratch()?;
        limited
    }

    fn limit(&self, claim: &Folder, mode: ShareMode) -> io::Result<()> {
        // What is mounted later inside the claim must not come along with rights of its own.
        mount_change(&self.scratch, MountPropagationFlags::PRIVATE)?;
        let mut flags = MountFlags::BIND | MountFlags::NOSUID | MountFlags::NODEV;
        // A remount sets all limits: those of the claim's own mount are kept.
        let given = claim.mount_flags()?;
        if given.contains(StatVfsMountFlags::NOEXEC) {
            flags |= MountFlags::NOEXEC;
        }
        if mode == ShareMode::ReadOnly || given.contains(StatVfsMountFlags::RDONLY) {
            flags |= MountFlags::RDONLY;
        }
        Ok(mount_remount(&self.scratch, flags, "")?)
    }

    /// Takes off what a crash may have left on the scratch folder.
    fn clear_scratch(&self) -> io::Result<()> {
        loop {
            match unmount(&self.scratch, UnmountFlags::NOFOLLOW) {
                Ok(()) => {}
                Err(Errno::INVAL) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether something is mounted on a folder.
pub(super) fn is_mount_point(parent: &Folder, name: &str) -> io::Result<bool> {
    match parent.child(name)? {
        Some(child) => Ok(mount_id(&child)? != mount_id(parent)?),
        None => Ok(false),
    }
}

/// Takes off the topmost mount of a folder; [`io::ErrorKind::ResourceBusy`] while processes use it.
pub(super) fn take_off(parent: &Folder, name: &str) -> io::Result<()> {
    Ok(unmount(parent.path().join(name), UnmountFlags::NOFOLLOW)?)
}

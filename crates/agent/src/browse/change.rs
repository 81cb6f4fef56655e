//! New folders, other names, deletion. Nothing is replaced and no link is followed.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};

use domain::VolumePath;
use rustix::fs::{self, AtFlags, Dir, FileType, RenameFlags};
use rustix::io::Errno;

use super::folder::is_own;
use crate::beneath;
use crate::error::{Error, Result};
use crate::manifest;
use crate::volume::Volume;

/// How many folders deletion goes down with a handle for each; what is deeper is moved up first.
const DEEPEST: usize = 64;
/// How often a folder is emptied again that others keep filling.
const ROUNDS: u32 = 16;

/// Makes a folder and those on the way to it. One that exists is fine.
pub(super) fn make_folder(root: impl AsFd, path: &VolumePath) -> Result<()> {
    beneath::make_folders(root, path).map(drop)
}

/// Moves a file or folder to a path that is free.
pub(super) fn rename(volume: &Volume, from: &VolumePath, to: &VolumePath) -> Result<()> {
    let root = volume.root();
    beneath::split(from)?;
    if to.is_within(from) && to != from {
        return Err(Error::conflict("A folder cannot be moved into itself."));
    }
    let (from_folder, from_name) = beneath::open_parent(root, from)?;
    let (to_folder, to_name) = beneath::open_parent(root, to)?;
    let found =
        beneath::look(&from_folder, from_name)?.ok_or(Error::NotFound("such file or folder"))?;
    let moved = match fs::renameat_with(
        &from_folder,
        from_name,
        &to_folder,
        to_name,
        RenameFlags::NOREPLACE,
    ) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            let is_folder = beneath::kind_of(&found) == FileType::Directory;
            rename_slowly(&from_folder, from_name, &to_folder, to_name, is_folder)?
        }
        other => other,
    };
    match moved {
        Ok(()) => {}
        Err(Errno::EXIST) => return Err(Error::Conflict(format!("“{to_name}” exists already."))),
        Err(other) => return Err(other.into()),
    }
    beneath::sync_folder(&to_folder)?;
    beneath::sync_folder(&from_folder)?;
    manifest::moved(volume, from, to);
    Ok(())
}

/// The same where the file system cannot rename without replacing. A link refuses a taken name; folders
/// cannot be linked, and the kernel replaces none that has anything in it.
fn rename_slowly(
    from_folder: &OwnedFd,
    from_name: &str,
    to_folder: &OwnedFd,
    to_name: &str,
    is_folder: bool,
) -> Result<rustix::io::Result<()>> {
    if is_folder {
        let is_free = beneath::look(to_folder, to_name)?.is_none();
        let taken = Err(Errno::EXIST);
        return Ok(if is_free {
            fs::renameat(from_folder, from_name, to_folder, to_name)
        } else {
            taken
        });
    }
    let linked = fs::linkat(from_folder, from_name, to_folder, to_name, AtFlags::empty());
    Ok(linked.and_then(|()| fs::unlinkat(from_folder, from_name, AtFlags::empty())))
}

/// Deletes a file, a link itself, or a folder with all that is in it.
pub(super) fn delete(volume: &Volume, path: &VolumePath) -> Result<()> {
    let (folder, name) = beneath::open_parent(volume.root(), path)?;
    match fs::unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) => {}
        // POSIX says EPERM where Linux says EISDIR.
        Err(Errno::ISDIR | Errno::PERM) => delete_folder(&folder, name)?,
        Err(other) => return Err(other.into()),
    }
    manifest::removed(volume, path);
    Ok(beneath::sync_folder(&folder)?)
}

fn delete_folder(parent: &OwnedFd, name: &str) -> Result<()> {
    let top = beneath::open_folder(parent, name)?;
    let mut round = 0;
    loop {
        // A round that moved folders up got further, however deep the tree is.
        let has_moved = empty(&top, &top, 0)?;
        round += u32::from(!has_moved);
        match fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY | Errno::EXIST) if round < ROUNDS => {}
            other => return Ok(other?),
        }
    }
}

/// Removes what is in `folder`. Folders that lie too deep are moved up to `top`, where the next round
/// finds them: a tree of any depth is deleted with a bounded number of handles. Answers whether some were.
fn empty(folder: &OwnedFd, top: &OwnedFd, depth: usize) -> Result<bool> {
    let mut has_moved = false;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_own(name) {
            continue;
        }
        match fs::unlinkat(folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR | Errno::PERM) if depth < DEEPEST => {
                has_moved |= remove(folder, name, top, depth)?;
            }
            Err(Errno::ISDIR | Errno::PERM) => {
                let aside = format!("deleted-{:032x}", rand::random::<u128>());
                fs::renameat(folder, name, top, aside)?;
                has_moved = true;
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(has_moved)
}

fn remove(folder: &OwnedFd, name: &CStr, top: &OwnedFd, depth: usize) -> Result<bool> {
    let inner = beneath::open_folder(folder, name)?;
    let mut has_moved = false;
    for round in 1.. {
        has_moved |= empty(&inner, top, depth + 1)?;
        match fs::unlinkat(folder, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY | Errno::EXIST) if round < ROUNDS => {}
            other => return Ok(other.map(|()| has_moved)?),
        }
    }
    Ok(has_moved)
}

//! The one way to anything in a volume: beneath its root, across no link and no mount.
//!
//! A checked path is only text. Whoever works in the volume can swap a folder for a link between a check
//! and a use, so the kernel resolves each path in one call (`openat2`), and what was opened is looked at
//! before it is used.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use domain::VolumePath;
use jiff::Timestamp;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::error::{Error, Result};

/// What a new file may be: `0664`, less the process' umask.
pub(crate) const FILE_MODE: Mode = Mode::from_raw_mode(0o664);
/// What a new folder may be; the kernel hands on a parent's set-group-id bit.
pub(crate) const FOLDER_MODE: Mode = Mode::from_raw_mode(0o775);

/// How often a lookup is tried again that raced with a rename.
const RACES: usize = 8;

/// A volume's path as the kernel takes it.
pub(crate) fn text(path: &VolumePath) -> &str {
    if path.is_root() { "." } else { path.as_str() }
}

/// Opens a path beneath `folder`.
pub(crate) fn open(
    folder: impl AsFd,
    path: impl Arg + Copy,
    flags: OFlags,
    mode: Mode,
) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    for _ in 0..RACES {
        match fs::openat2(
            &folder,
            path,
            flags | OFlags::CLOEXEC | OFlags::NOFOLLOW,
            mode,
            resolve,
        ) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return other.map_err(Into::into),
        }
    }
    Err(Errno::AGAIN.into())
}

/// Opens a folder.
pub(crate) fn open_folder(folder: impl AsFd, path: impl Arg + Copy) -> io::Result<OwnedFd> {
    open(
        folder,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY,
        Mode::empty(),
    )
}

/// Opens a regular file, and nothing else: a FIFO would block, a device would act.
pub(crate) fn open_file(
    folder: impl AsFd,
    path: impl Arg + Copy,
    flags: OFlags,
) -> Result<(OwnedFd, Stat)> {
    let kind = kind_of(&fs::fstat(open(
        &folder,
        path,
        OFlags::PATH,
        Mode::empty(),
    )?)?);
    refuse_unless_file(kind)?;
    let file = open(
        &folder,
        path,
        flags | OFlags::NONBLOCK | OFlags::NOCTTY,
        Mode::empty(),
    )?;
    let stat = fs::fstat(&file)?;
    refuse_unless_file(kind_of(&stat))?;
    Ok((file, stat))
}

fn refuse_unless_file(kind: FileType) -> Result<()> {
    match kind {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Error::conflict("This is a folder.")),
        _ => Err(Error::conflict(
            "This is a link, a pipe or a device. Such things are never opened.",
        )),
    }
}

/// What kind of thing this is.
pub(crate) fn kind_of(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// When a file's content last changed; times beyond the calendar are its end.
pub(crate) fn modified_at(stat: &Stat) -> Timestamp {
    let nanosecond = i32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    let end = if stat.st_mtime < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::new(stat.st_mtime, nanosecond).unwrap_or(end)
}

/// What lies at `name` itself, not where it leads; `None` if nothing does.
pub(crate) fn look(folder: impl AsFd, name: &str) -> io::Result<Option<Stat>> {
    match fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The folder that a path lies in, opened, and its last name. The root has none and is refused.
pub(crate) fn open_parent(root: impl AsFd, path: &VolumePath) -> Result<(OwnedFd, &str)> {
    let (parent, name) = split(path)?;
    Ok((open_folder(root, text(&parent))?, name))
}

/// A path's folder and last name.
pub(crate) fn split(path: &VolumePath) -> Result<(VolumePath, &str)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok((parent, name)),
        _ => Err(Error::invalid(
            "path",
            "The volume's root is not a file or folder that can be changed.",
        )),
    }
}

/// Opens a folder and makes it and those on the way where they are missing; what was made is durable.
pub(crate) fn make_folders(root: impl AsFd, path: &VolumePath) -> Result<OwnedFd> {
    let mut folder = open_folder(root, ".")?;
    for name in path.components() {
        folder = match open_folder(&folder, name) {
            Ok(next) => next,
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => {
                match fs::mkdirat(&folder, name, FOLDER_MODE) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(other) => return Err(other.into()),
                }
                let next = open_folder(&folder, name).map_err(|error| in_the_way(error, name))?;
                sync_folder(&folder)?;
                next
            }
            Err(error) => return Err(in_the_way(error, name)),
        };
    }
    Ok(folder)
}

/// Says which name is not the folder that it should be.
pub(crate) fn in_the_way(error: io::Error, name: &str) -> Error {
    match Errno::from_io_error(&error) {
        Some(Errno::NOTDIR | Errno::LOOP) => {
            Error::Conflict(format!("“{name}” is in the way: it is not a folder."))
        }
        _ => error.into(),
    }
}

/// Refuses a target whose way leads through something that is not a folder; missing folders are fine.
/// Answers the deepest folder if the whole way exists.
pub(crate) fn walk_to(root: impl AsFd, path: &VolumePath) -> Result<Option<OwnedFd>> {
    let mut folder = open_folder(root, ".")?;
    for name in path.components() {
        folder = match open_folder(&folder, name) {
            Ok(next) => next,
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(in_the_way(error, name)),
        };
    }
    Ok(Some(folder))
}

/// Makes the names in a folder survive a power cut. Some file systems have nothing to do and say `EINVAL`.
///
/// ext4 says that all is well when the commit with these names is over, also when it failed: it tells that to whoever
/// waited for it, which may be another thread, and else to whoever begins a change afterwards. So this makes a file
/// that has no name and is gone at once.
pub(crate) fn sync_folder(folder: impl AsFd) -> io::Result<()> {
    match fs::fsync(&folder) {
        Ok(()) | Err(Errno::INVAL) => {}
        Err(other) => return Err(other.into()),
    }
    match fs::openat(folder, ".", OFlags::TMPFILE | OFlags::WRONLY, FILE_MODE) {
        Err(error @ (Errno::IO | Errno::ROFS)) => Err(error.into()),
        // File systems without such files, and without room for one, have no say in it.
        _ => Ok(()),
    }
}

//! An open folder, and everything that is done beneath it.
//!
//! Every call takes one name, never a path, and follows no link, so that no planted link or swapped
//! folder leads out: what is open stays what it was, whatever happens to its name meanwhile.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use domain::Bytes;
use rustix::fs::{
    self, AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, ResolveFlags, StatVfsMountFlags,
};
use rustix::io::Errno;

use super::names::unique;
use crate::{Error, Result};

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

/// What stands at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A folder.
    Folder,
    /// A symbolic link with this text.
    Link(String),
    /// Anything else.
    Other,
}

/// Which folder it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FolderIdentity {
    device: u64,
    inode: u64,
}

impl Folder {
    /// Opens a path of the administrator's, links on the way included.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = FOLDER.difference(OFlags::NOFOLLOW);
        Ok(Self(fs::open(path, flags, Mode::empty())?))
    }

    /// The folder of that name; `None` when nothing is there, [`is_no_folder`] when something else is.
    pub(super) fn child(&self, name: &str) -> io::Result<Option<Self>> {
        match fs::openat(&self.0, name, FOLDER, Mode::empty()) {
            Ok(handle) => Ok(Some(Self(handle))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The folder of that name, made if nothing is there.
    pub(super) fn child_or_make(&self, name: &str, mode: u32) -> io::Result<Self> {
        match fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.child(name)?
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The folder of that name, unless it lies on another mount ([`io::ErrorKind::CrossesDevices`]).
    pub(super) fn child_on_this_mount(&self, name: &CString) -> io::Result<Option<Self>> {
        let beneath = ResolveFlags::BENEATH
            .union(ResolveFlags::NO_SYMLINKS)
            .union(ResolveFlags::NO_XDEV);
        match fs::openat2(&self.0, name.as_c_str(), FOLDER, Mode::empty(), beneath) {
            Ok(handle) => Ok(Some(Self(handle))),
            Err(Errno::NOENT) => Ok(None),
            // Kernels before 5.6 and sandboxes without the call.
            Err(Errno::NOSYS | Errno::PERM) => {
                let child = Self(fs::openat(&self.0, name.as_c_str(), FOLDER, Mode::empty())?);
                if child.identity()?.device == self.identity()?.device {
                    Ok(Some(child))
                } else {
                    Err(Errno::XDEV.into())
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What stands at a name.
    pub(super) fn entry(&self, name: &str) -> io::Result<Option<Entry>> {
        let stat = match fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Entry::Folder,
            FileType::Symlink => {
                let text = fs::readlinkat(&self.0, name, Vec::new())?;
                Entry::Link(text.to_string_lossy().into_owned())
            }
            _ => Entry::Other,
        }))
    }

    /// The names of what lies in it, sorted; names that are no UTF-8 are left out.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = self
            .raw_names(usize::MAX)?
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// At most that many names of what lies in it, in no order.
    pub(super) fn raw_names(&self, most: usize) -> io::Result<Vec<CString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                names.push(name.to_owned());
                if names.len() == most {
                    break;
                }
            }
        }
        Ok(names)
    }

    /// Which folder it is.
    pub(super) fn identity(&self) -> io::Result<FolderIdentity> {
        let stat = fs::fstat(&self.0)?;
        Ok(FolderIdentity {
            device: stat.st_dev,
            inode: stat.st_ino,
        })
    }

    /// How much is free on its storage for this process.
    pub(super) fn available(&self) -> io::Result<Bytes> {
        let stat = fs::fstatvfs(&self.0)?;
        Ok(Bytes(stat.f_bavail.saturating_mul(stat.f_frsize)))
    }

    /// How the mount that it was reached through is limited (`RDONLY`, `NOEXEC`, …).
    pub(super) fn mount_flags(&self) -> io::Result<StatVfsMountFlags> {
        Ok(fs::fstatvfs(&self.0)?.f_flag)
    }

    /// The start of a regular file, up to `most` bytes; `None` when no regular file has that name.
    pub(super) fn read_file(&self, name: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        // A FIFO that somebody planted must not hold the caller: hence NONBLOCK.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let handle = match fs::openat(&self.0, name, flags, Mode::empty()) {
            Ok(handle) => handle,
            Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if FileType::from_raw_mode(fs::fstat(&handle)?.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::from(handle).take(most).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Writes a file that appears whole and synced, or not at all; `false` when the name is taken.
    pub(super) fn publish_file(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        let draft = self.draft(name, bytes)?;
        let published = match fs::linkat(&self.0, draft.as_str(), &self.0, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            // File systems without hard links.
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => self.rename_to_free(&draft, name),
            Err(error) => Err(error.into()),
        };
        self.remove_file(&draft)?;
        if matches!(published, Ok(true)) {
            self.sync()?;
        }
        published
    }

    /// Writes a file that replaces the one of that name in one step.
    pub(super) fn replace_file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let draft = self.draft(name, bytes)?;
        fs::renameat(&self.0, draft.as_str(), &self.0, name)?;
        self.sync()
    }

    fn draft(&self, name: &str, bytes: &[u8]) -> io::Result<String> {
        let draft = format!(".{name}.{}", unique());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(fs::openat(
            &self.0,
            draft.as_str(),
            flags,
            Mode::from_raw_mode(0o600),
        )?);
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(draft)
    }

    /// Gives an entry another name in the same folder; `false` when that name is taken.
    pub(super) fn rename_to_free(&self, from: &str, to: &str) -> io::Result<bool> {
        match fs::renameat_with(&self.0, from, &self.0, to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(false),
            // NFS and FUSE cannot do it in one step; what is lost in the gap is an empty folder at most.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                if self.entry(to)?.is_some() {
                    return Ok(false);
                }
                fs::renameat(&self.0, from, &self.0, to)?;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a symbolic link; `false` when the name is taken.
    pub(super) fn link(&self, name: &str, target: &str) -> io::Result<bool> {
        match fs::symlinkat(target, &self.0, name) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file or a link, not what it leads to; nothing there is fine.
    pub(super) fn remove_file(&self, name: &str) -> io::Result<()> {
        gone(fs::unlinkat(&self.0, name, AtFlags::empty()))
    }

    /// Removes an empty folder; nothing there is fine, content is [`io::ErrorKind::DirectoryNotEmpty`].
    pub(super) fn remove_folder(&self, name: &str) -> io::Result<()> {
        gone(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR))
    }

    /// Makes names that appeared and went in it survive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        match fs::fsync(&self.0) {
            // Some network file systems have no such call for folders.
            Ok(()) | Err(Errno::INVAL | Errno::OPNOTSUPP) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A path that leads to this very folder while it is open, for calls that take no handle.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether something stands there that is no folder: a link, a file.
pub(super) fn is_no_folder(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NOTDIR | Errno::LOOP)
    )
}

fn gone(answer: rustix::io::Result<()>) -> io::Result<()> {
    match answer {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Says what was tried when the storage fails.
pub(super) trait Doing<T> {
    /// Turns a failure into [`Error::Unavailable`] with that beginning.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Unavailable {
            doing: what(),
            source: source.into(),
        })
    }
}

//! How a whole file gets its name: in one step, for good, and over nothing that it may not replace.
//!
//! `linkat` refuses a name that is taken, so two people who upload the same name are told apart by the
//! kernel and not by a check before. `renameat2` is the way out where there are no hard links.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use domain::VolumePath;
use jiff::Timestamp;
use rustix::fs::{self, AtFlags, FileType, RenameFlags, Timespec, Timestamps};
use rustix::io::Errno;
use wire::WhenPresent;

use super::digest::Digests;
use crate::beneath;
use crate::error::{Error, Result};
use crate::manifest::{Entry, Line};
use crate::volume::Volume;

/// How many names are tried before “keep both” gives up.
const MOST_COPIES: u32 = 10_000;
const NAME_BYTES: usize = VolumePath::MAX_COMPONENT_BYTES;

/// Refuses what already could not be published now.
pub(crate) fn refuse_conflict(
    root: impl AsFd,
    path: &VolumePath,
    when_present: WhenPresent,
) -> Result<()> {
    let (parent, name) = beneath::split(path)?;
    match beneath::walk_to(root, &parent)? {
        Some(folder) => refuse_taken(&folder, name, when_present),
        None => Ok(()),
    }
}

fn refuse_taken(folder: &OwnedFd, name: &str, when_present: WhenPresent) -> Result<()> {
    let Some(stat) = beneath::look(folder, name)? else {
        return Ok(());
    };
    match (when_present, beneath::kind_of(&stat)) {
        (WhenPresent::Rename, _) | (WhenPresent::Yes, FileType::RegularFile) => Ok(()),
        (WhenPresent::No, FileType::RegularFile) => Err(taken(name)),
        (_, FileType::Directory) => Err(Error::Conflict(format!("“{name}” is a folder here."))),
        _ => Err(Error::Conflict(format!(
            "“{name}” is a link, a pipe or a device here, and stays."
        ))),
    }
}

fn taken(name: &str) -> Error {
    Error::Conflict(format!(
        "“{name}” exists already. Replace it or keep both, if you mean it."
    ))
}

/// Where a file went that got its name before a crash could be told of it. Inode numbers are used again, so
/// the size must fit too.
pub(crate) fn find_name(root: impl AsFd, staged: &Staged<'_>) -> Result<Option<VolumePath>> {
    let (parent, name) = beneath::split(staged.path)?;
    let Some(folder) = beneath::walk_to(root, &parent)? else {
        return Ok(None);
    };
    let most = match staged.when_present {
        WhenPresent::Rename => MOST_COPIES,
        WhenPresent::No | WhenPresent::Yes => 1,
    };
    for copy in 1..=most {
        let candidate = numbered(name, copy);
        if is_ours(&folder, &candidate, staged)? {
            return Ok(Some(parent.join(&candidate)?));
        }
        if beneath::look(&folder, &candidate)?.is_none() {
            break;
        }
    }
    Ok(None)
}

fn is_ours(folder: &OwnedFd, name: &str, staged: &Staged<'_>) -> Result<bool> {
    Ok(beneath::look(folder, name)?.is_some_and(|stat| {
        beneath::kind_of(&stat) == FileType::RegularFile
            && stat.st_ino == staged.inode
            && u64::try_from(stat.st_size) == Ok(staged.length)
    }))
}

/// A whole file that waits for its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Staged<'u> {
    pub(crate) folder: &'u OwnedFd,
    /// What it is called there.
    pub(crate) name: &'u str,
    pub(crate) inode: u64,
    pub(crate) length: u64,
    pub(crate) path: &'u VolumePath,
    pub(crate) when_present: WhenPresent,
    pub(crate) modified_ms: Option<i64>,
}

/// Gives a whole file its name and makes that durable. `is_allowed` is asked first and again at the last
/// moment; when it says no, nothing has changed under any name.
///
/// Answers the path, which is another one than was asked for if both are kept.
pub(crate) fn publish(
    volume: &Volume,
    staged: &Staged<'_>,
    part: &OwnedFd,
    digests: Digests,
    now: Timestamp,
    is_allowed: &dyn Fn() -> Result<()>,
) -> Result<VolumePath> {
    let (parent, name) = beneath::split(staged.path)?;
    is_allowed()?;
    refuse_conflict(volume.root(), staged.path, staged.when_present)?;
    if u64::try_from(fs::fstat(part)?.st_size) != Ok(staged.length) {
        return Err(Error::Lost);
    }
    let folder = beneath::make_folders(volume.root(), &parent)?;
    inherit_group(staged, &folder)?;
    set_modified(part, staged.modified_ms)?;
    durable(fs::fsync(part))?;
    is_allowed()?;
    let stat = fs::fstat(part)?;
    // Two files that get one name are noted in the order in which they got it.
    let mut manifest = volume.manifest().open(volume);
    let path = parent.join(&give_name(staged, &folder, name)?)?;
    manifest.note(&[Line::Stored(Entry::of(path.clone(), &stat, digests, now))]);
    manifest.sync();
    beneath::sync_folder(&folder)?;
    beneath::sync_folder(staged.folder)?;
    Ok(path)
}

/// The one step in which a file appears. Its bytes must be durable, and the folder is still to be synced.
pub(super) fn give_name(staged: &Staged<'_>, folder: &OwnedFd, name: &str) -> Result<String> {
    match staged.when_present {
        WhenPresent::Yes => replace(staged, folder, name),
        WhenPresent::No if place(staged, folder, name)? => Ok(name.to_owned()),
        WhenPresent::No => Err(taken(name)),
        WhenPresent::Rename => place_beside(staged, folder, name),
    }
}

/// A file that is born in a set-group-id folder gets its group; this one was born in another folder.
pub(super) fn inherit_group(staged: &Staged<'_>, folder: &OwnedFd) -> Result<()> {
    let stat = fs::fstat(folder)?;
    if !fs::Mode::from_raw_mode(stat.st_mode).contains(fs::Mode::SGID) {
        return Ok(());
    }
    let group = Some(fs::Gid::from_raw(stat.st_gid));
    match fs::chownat(
        staged.folder,
        staged.name,
        None,
        group,
        AtFlags::SYMLINK_NOFOLLOW,
    ) {
        Ok(()) | Err(Errno::PERM) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// Sets the file's own time of change.
pub(super) fn set_modified(part: &OwnedFd, modified_ms: Option<i64>) -> Result<()> {
    let Some(modified_ms) = modified_ms else {
        return Ok(());
    };
    let time = Timespec {
        tv_sec: modified_ms.div_euclid(1000),
        tv_nsec: modified_ms.rem_euclid(1000) * 1_000_000,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    Ok(fs::futimens(part, &times)?)
}

/// What a sync of a file's bytes means. After an error the kernel may have dropped what was written since the last
/// one that went well, and it says so once: another sync tells nothing. Those bytes have to be written anew.
pub(super) fn durable(synced: rustix::io::Result<()>) -> Result<()> {
    synced.map_err(|errno| {
        tracing::error!(error = %errno, "a staged file could not be synced");
        Error::Unsynced(errno)
    })
}

fn replace(staged: &Staged<'_>, folder: &OwnedFd, name: &str) -> Result<String> {
    refuse_taken(folder, name, WhenPresent::Yes)?;
    fs::renameat(staged.folder, staged.name, folder, name)?;
    Ok(name.to_owned())
}

/// Takes a free name; `false` if it is not free.
fn place(staged: &Staged<'_>, folder: &OwnedFd, name: &str) -> Result<bool> {
    let linked = match fs::linkat(staged.folder, staged.name, folder, name, AtFlags::empty()) {
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => fs::renameat_with(
            staged.folder,
            staged.name,
            folder,
            name,
            RenameFlags::NOREPLACE,
        ),
        other => other,
    };
    match linked {
        Ok(()) => Ok(true),
        // A network file system may repeat a request that had succeeded.
        Err(Errno::EXIST) => is_ours(folder, name, staged),
        Err(other) => Err(io::Error::from(other).into()),
    }
}

fn place_beside(staged: &Staged<'_>, folder: &OwnedFd, name: &str) -> Result<String> {
    for copy in 1..=MOST_COPIES {
        let candidate = numbered(name, copy);
        if place(staged, folder, &candidate)? {
            return Ok(candidate);
        }
    }
    Err(taken(name))
}

/// `name (2).ext`; the first copy has the name itself. A stem that would get too long is cut.
fn numbered(name: &str, copy: u32) -> String {
    if copy == 1 {
        return name.to_owned();
    }
    let (stem, ending) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let number = format!(" ({copy})");
    let (stem, ending) = if number.len() + ending.len() < NAME_BYTES {
        (stem, ending)
    } else {
        (name, "")
    };
    let room = NAME_BYTES - number.len() - ending.len();
    format!(
        "{}{number}{ending}",
        &stem[..stem.floor_char_boundary(room)]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_numbered_before_the_ending() {
        let names = [
            ("a.csv", 1),
            ("a.csv", 2),
            ("a.tar.gz", 3),
            (".env", 2),
            ("a", 12),
            ("a.", 2),
        ];
        let numbered = names.map(|(name, copy)| numbered(name, copy));
        assert_eq!(
            numbered,
            [
                "a.csv",
                "a (2).csv",
                "a.tar (3).gz",
                ".env (2)",
                "a (12)",
                "a (2)."
            ]
        );
    }

    #[test]
    fn a_numbered_name_is_never_too_long() {
        for name in [
            "é".repeat(127),
            format!("a.{}", "b".repeat(253)),
            format!("{}.csv", "数".repeat(83)),
        ] {
            let copy = numbered(&name, 2);
            assert!(copy.len() <= NAME_BYTES, "{copy}");
            assert!(copy.contains(" (2)"), "{copy}");
        }
    }
}

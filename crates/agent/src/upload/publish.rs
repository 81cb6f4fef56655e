//! How a whole file gets its name: in one step, for good, and over nothing that it may not replace.
//!
//! `linkat` refuses a name that is taken, so two people who upload the same name are told apart by the
//! kernel and not by a check before. `renameat2` is the way out where there are no hard links.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use domain::VolumePath;
use rustix::fs::{self, AtFlags, FileType, RenameFlags, Timespec, Timestamps};
use rustix::io::Errno;
use wire::WhenPresent;

use super::journal::Record;
use super::store::Upload;
use crate::beneath;
use crate::error::{Error, Result};
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

/// Whether the name that the file was to get already leads to its bytes. Inode numbers are used again, so
/// the size must fit too.
pub(crate) fn has_its_name(root: impl AsFd, record: &Record) -> Result<bool> {
    let (parent, name) = beneath::split(&record.path)?;
    let Some(folder) = beneath::walk_to(root, &parent)? else {
        return Ok(false);
    };
    is_ours(&folder, name, record)
}

fn is_ours(folder: &OwnedFd, name: &str, record: &Record) -> Result<bool> {
    Ok(beneath::look(folder, name)?.is_some_and(|stat| {
        beneath::kind_of(&stat) == FileType::RegularFile
            && stat.st_ino == record.inode
            && u64::try_from(stat.st_size) == Ok(record.length)
    }))
}

/// Gives a whole file its name and makes that durable. `is_allowed` is asked first and again at the last
/// moment; when it says no, nothing has changed under any name.
///
/// Answers the path, which is another one than was asked for if both are kept.
pub(crate) fn publish(
    volume: &Volume,
    upload: &Upload,
    part: &OwnedFd,
    is_allowed: &dyn Fn() -> Result<()>,
) -> Result<VolumePath> {
    let record = &upload.record;
    let (parent, name) = beneath::split(&record.path)?;
    is_allowed()?;
    refuse_conflict(volume.root(), &record.path, record.when_present)?;
    if u64::try_from(fs::fstat(part)?.st_size) != Ok(record.length) {
        return Err(Error::Lost);
    }
    let folder = beneath::make_folders(volume.root(), &parent)?;
    finish_file(part, &folder, record)?;
    is_allowed()?;
    let name = match record.when_present {
        WhenPresent::Yes => replace(upload, &folder, name)?,
        WhenPresent::No if place(upload, &folder, name)? => name.to_owned(),
        WhenPresent::No => return Err(taken(name)),
        WhenPresent::Rename => place_beside(upload, &folder, name)?,
    };
    beneath::sync_folder(&folder)?;
    beneath::sync_folder(&upload.staging)?;
    Ok(parent.join(&name)?)
}

/// Sets what the file is besides its bytes, and syncs all of it.
fn finish_file(part: &OwnedFd, folder: &OwnedFd, record: &Record) -> Result<()> {
    let stat = fs::fstat(folder)?;
    // A file that is born in a set-group-id folder gets its group; this one was born in another folder.
    if fs::Mode::from_raw_mode(stat.st_mode).contains(fs::Mode::SGID) {
        match fs::fchown(part, None, Some(fs::Gid::from_raw(stat.st_gid))) {
            Ok(()) | Err(Errno::PERM) => {}
            Err(other) => return Err(other.into()),
        }
    }
    if let Some(modified_ms) = record.modified_ms {
        let time = Timespec {
            tv_sec: modified_ms.div_euclid(1000),
            tv_nsec: modified_ms.rem_euclid(1000) * 1_000_000,
        };
        fs::futimens(
            part,
            &Timestamps {
                last_access: time,
                last_modification: time,
            },
        )?;
    }
    durable(fs::fsync(part))
}

/// What a sync of a file's bytes means. After an error the kernel may have dropped them, so only lack of
/// room can be tried again: those bytes are sent anew.
pub(super) fn durable(synced: rustix::io::Result<()>) -> Result<()> {
    synced.map_err(|error| match error {
        Errno::NOSPC | Errno::DQUOT => error.into(),
        other => {
            tracing::error!(error = %other, "a staged file could not be synced");
            Error::Lost
        }
    })
}

fn replace(upload: &Upload, folder: &OwnedFd, name: &str) -> Result<String> {
    refuse_taken(folder, name, WhenPresent::Yes)?;
    fs::renameat(&upload.staging, upload.id.part(), folder, name)?;
    Ok(name.to_owned())
}

/// Takes a free name; `false` if it is not free.
fn place(upload: &Upload, folder: &OwnedFd, name: &str) -> Result<bool> {
    let part = upload.id.part();
    let linked = match fs::linkat(&upload.staging, &part, folder, name, AtFlags::empty()) {
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => {
            fs::renameat_with(&upload.staging, &part, folder, name, RenameFlags::NOREPLACE)
        }
        other => other,
    };
    match linked {
        Ok(()) => Ok(true),
        // A network file system may repeat a request that had succeeded.
        Err(Errno::EXIST) => is_ours(folder, name, &upload.record),
        Err(other) => Err(io::Error::from(other).into()),
    }
}

fn place_beside(upload: &Upload, folder: &OwnedFd, name: &str) -> Result<String> {
    for copy in 1..=MOST_COPIES {
        let candidate = numbered(name, copy);
        if place(upload, folder, &candidate)? {
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

//! How much lies in a volume: a walk over all of it, and what the file system says is free.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use domain::Bytes;
use rustix::fs::{self, AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;
use wire::UsageView;

use super::folder::{is_own, is_staging};
use crate::beneath;
use crate::error::Result;
use crate::volume::Volume;

/// Counts regular files beneath the root.
pub(super) fn view(volume: &Volume) -> Result<UsageView> {
    let mut used = 0_u64;
    let mut file_count = 0;
    each_file(volume, &mut |_, stat| {
        used = used.saturating_add(u64::try_from(stat.st_size).unwrap_or(0));
        file_count += 1;
    })?;
    let available_bytes = Bytes(volume.available_bytes()?);
    Ok(UsageView {
        used_bytes: Bytes(used),
        file_count,
        available_bytes,
    })
}

/// Walks over the regular files beneath the root, with paths from there; staged uploads and links are none.
/// Folders that change or cannot be read meanwhile are left out.
pub(crate) fn each_file(volume: &Volume, found: &mut dyn FnMut(&str, &Stat)) -> Result<()> {
    let mut waiting = vec![PathBuf::from(".")];
    while let Some(path) = waiting.pop() {
        let folder = match beneath::open_folder(volume.root(), path.as_path()) {
            Ok(folder) => folder,
            Err(error) => {
                tracing::debug!(%error, "a folder was not counted");
                continue;
            }
        };
        let is_root = path.as_os_str() == ".";
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = CString::from(entry.file_name());
            if is_own(&name) || (is_root && is_staging(&name)) || is_odd(entry.file_type()) {
                continue;
            }
            let inner = path.join(OsStr::from_bytes(name.to_bytes()));
            if entry.file_type() == FileType::Directory {
                waiting.push(inner);
                continue;
            }
            match fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if beneath::kind_of(&stat) == FileType::RegularFile => {
                    found(&inner.to_string_lossy(), &stat);
                }
                Ok(stat) if beneath::kind_of(&stat) == FileType::Directory => waiting.push(inner),
                Ok(_) | Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn is_odd(kind: FileType) -> bool {
    !matches!(
        kind,
        FileType::RegularFile | FileType::Directory | FileType::Unknown
    )
}

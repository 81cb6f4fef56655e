//! How much lies in a volume: a walk over all of it, and what the file system says is free.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use domain::Bytes;
use rustix::fs::{self, AtFlags, Dir, FileType};
use rustix::io::Errno;
use wire::UsageView;

use super::folder::{is_own, is_staging};
use crate::beneath;
use crate::error::Result;
use crate::volume::Volume;

/// Counts regular files beneath the root; staged uploads and links are none. Folders that change or
/// cannot be read meanwhile are left out.
pub(super) fn view(volume: &Volume) -> Result<UsageView> {
    let mut used = 0_u64;
    let mut file_count = 0;
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
            if entry.file_type() == FileType::Directory {
                waiting.push(path.join(OsStr::from_bytes(name.to_bytes())));
                continue;
            }
            match fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if beneath::kind_of(&stat) == FileType::RegularFile => {
                    used = used.saturating_add(u64::try_from(stat.st_size).unwrap_or(0));
                    file_count += 1;
                }
                Ok(stat) if beneath::kind_of(&stat) == FileType::Directory => {
                    waiting.push(path.join(OsStr::from_bytes(name.to_bytes())));
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let available_bytes = Bytes(volume.available_bytes()?);
    Ok(UsageView {
        used_bytes: Bytes(used),
        file_count,
        available_bytes,
    })
}

fn is_odd(kind: FileType) -> bool {
    !matches!(
        kind,
        FileType::RegularFile | FileType::Directory | FileType::Unknown
    )
}

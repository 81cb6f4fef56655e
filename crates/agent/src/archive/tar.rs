//! tar, from its first byte to its last.

use std::io::Read;

use ::tar::{Archive, EntryType};

use super::{ArchiveFile, Unpacking, damaged};
use crate::error::Result;

const NO_LINKS: &str = "Links, pipes and devices are not taken out of archives.";

pub(super) fn read(unpacking: &mut Unpacking<'_>, archive: impl Read) -> Result<()> {
    let mut archive = Archive::new(archive);
    for entry in archive.entries().map_err(|error| damaged(&error))? {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        unpacking.count_entry()?;
        let name = entry.path_bytes().into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let seconds = entry.header().mtime().ok();
                let file = ArchiveFile {
                    name: String::from_utf8(name).map_err(std::string::FromUtf8Error::into_bytes),
                    size: entry.size(),
                    modified_ms: seconds
                        .and_then(|seconds| i64::try_from(seconds).ok())
                        .and_then(|seconds| seconds.checked_mul(1000)),
                };
                unpacking.file(file, &mut entry)?;
            }
            // They are made when something is in them.
            EntryType::Directory | EntryType::XGlobalHeader => {}
            _ => unpacking.refuse(&name, NO_LINKS)?,
        }
    }
    Ok(())
}

//! zip. What is in it stands at its end, so it is staged first and read from there.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use ::zip::ZipArchive;
use ::zip::result::ZipError;
use rustix::fs::{Mode, OFlags};

use super::{ArchiveFile, Unpacking, damaged};
use crate::beneath;
use crate::error::{Error, Result};
use crate::upload::{BodyReader, Scratch};

/// The end record without its comment, and with the longest.
const END_BYTES: u64 = 22;
const MOST_END_BYTES: u64 = END_BYTES + 0xFFFF;
/// A table of contents is read into memory.
const MOST_TABLE_BYTES: u64 = 128 << 20;
const LINK: u32 = 0o120_000;
const KIND: u32 = 0o170_000;

pub(super) fn read(unpacking: &mut Unpacking<'_>, body: BodyReader) -> Result<()> {
    let scratch = Scratch::begin(&unpacking.agent.volume)?;
    let staged = stage(unpacking, &scratch, body)?;
    refuse_large_table(unpacking, &staged)?;
    let mut archive =
        ZipArchive::new(BufReader::new(staged)).map_err(|error| unreadable(&error))?;
    for number in 0..archive.len() {
        unpacking.count_entry()?;
        let shown = archive
            .name_for_index(number)
            .unwrap_or_default()
            .to_owned();
        let mut entry = match archive.by_index(number) {
            Ok(entry) => entry,
            Err(error @ (ZipError::UnsupportedArchive(_) | ZipError::InvalidPassword)) => {
                unpacking.refuse(
                    shown.as_bytes(),
                    &format!("It cannot be unpacked: {error}."),
                )?;
                continue;
            }
            Err(error) => return Err(unreadable(&error)),
        };
        let name = entry.name_raw().to_vec();
        if name.ends_with(b"/") {
            continue;
        }
        if entry.unix_mode().is_some_and(|mode| mode & KIND == LINK) {
            unpacking.refuse(&name, "Links are not taken out of archives.")?;
            continue;
        }
        let file = ArchiveFile {
            name: String::from_utf8(name).map_err(std::string::FromUtf8Error::into_bytes),
            size: entry.size(),
            modified_ms: None,
        };
        unpacking.file(file, &mut entry)?;
    }
    Ok(())
}

fn unreadable(error: &ZipError) -> Error {
    damaged(error)
}

/// Writes the archive down. The file has no name when this returns.
fn stage(unpacking: &Unpacking<'_>, scratch: &Scratch<'_>, mut body: BodyReader) -> Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
    let mode = Mode::from_raw_mode(0o600);
    let file: OwnedFd = beneath::open(&scratch.staging, scratch.name().as_str(), flags, mode)?;
    let file = File::from(file);
    let most = unpacking.agent.volume.limits().max_upload_bytes;
    let mut position = 0;
    let mut buffer = vec![0; super::STEP_BYTES];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => return Ok(file),
            Ok(count) => count,
            Err(error) => return Err(damaged(&error)),
        };
        file.write_all_at(&buffer[..count], position)?;
        position += count as u64;
        if position > most {
            return Err(Error::TooLarge("The archive is too large.".to_owned()));
        }
    }
}

/// Looks at the end record before a reader believes it: the table of contents is bounded.
fn refuse_large_table(unpacking: &Unpacking<'_>, file: &File) -> Result<()> {
    let size = file.metadata()?.len();
    let count = size.min(MOST_END_BYTES);
    let mut end = vec![0; usize::try_from(count).unwrap_or(0)];
    file.read_exact_at(&mut end, size - count)?;
    let (entries, table) = table_in(&end, file)
        .ok_or_else(|| Error::invalid("body", "This is no zip archive, or its end is missing."))?;
    let most_entries = unpacking.agent.volume.limits().max_archive_entries;
    if table > MOST_TABLE_BYTES || entries > most_entries {
        return Err(Error::TooLarge(format!(
            "An archive has at most {most_entries} entries."
        )));
    }
    Ok(())
}

/// How many entries the archive says it has, and how large its table of contents is.
fn table_in(end: &[u8], file: &File) -> Option<(u64, u64)> {
    let at = end.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let record = end.get(at..at + 22)?;
    let entries = u64::from(u16::from_le_bytes(record[10..12].try_into().ok()?));
    let table = u64::from(u32::from_le_bytes(record[12..16].try_into().ok()?));
    let locator = at.checked_sub(20).and_then(|from| end.get(from..at));
    let Some(locator) = locator.filter(|locator| locator.starts_with(b"PK\x06\x07")) else {
        return Some((entries, table));
    };
    // The larger record of a zip64 archive, which lies before.
    let mut large = [0; 56];
    let place = u64::from_le_bytes(locator[8..16].try_into().ok()?);
    file.read_exact_at(&mut large, place).ok()?;
    let entries = u64::from_le_bytes(large[32..40].try_into().ok()?);
    Some((entries, u64::from_le_bytes(large[40..48].try_into().ok()?)))
}

//! Files in `.stowage` that are only ever added to: a line is a checksum, a space, and JSON.
//!
//! A line that a crash tore is no line, and costs no other.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::beneath;
use crate::error::Result;
use crate::volume::Volume;

const CHECKSUM_BYTES: usize = 9;

/// Adds a line to a text.
pub(crate) fn write(text: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_vec(value)?;
    text.extend_from_slice(format!("{:08x} ", crc32c::crc32c(&json)).as_bytes());
    text.extend_from_slice(&json);
    text.push(b'\n');
    Ok(())
}

/// Reads a line without its end; `None` if it is torn or none of ours.
pub(crate) fn read<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let (checksum, json) = line.split_at_checked(CHECKSUM_BYTES)?;
    let checksum = std::str::from_utf8(checksum).ok()?.strip_suffix(' ')?;
    let checksum = u32::from_str_radix(checksum, 16).ok()?;
    (crc32c::crc32c(json) == checksum)
        .then(|| serde_json::from_slice(json).ok())
        .flatten()
}

/// Opens such a file for adding, and makes it where it is missing.
pub(crate) fn open_for_adding(volume: &Volume, name: &str) -> Result<OwnedFd> {
    let folder = volume.make_own_folder()?;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::APPEND | OFlags::NONBLOCK;
    let file = beneath::open(&folder, name, flags, Mode::from_raw_mode(0o600))?;
    if beneath::kind_of(&fs::fstat(&file)?) != fs::FileType::RegularFile {
        fs::unlinkat(&folder, name, AtFlags::empty())?;
        return Err(io::Error::from(Errno::AGAIN).into());
    }
    beneath::sync_folder(&folder)?;
    // A line that a crash tore ends here, and no other is lost with it.
    add(&file, b"\n")?;
    Ok(file)
}

/// Opens such a file for reading, if it is there.
pub(crate) fn open_for_reading(volume: &Volume, name: &str) -> Result<Option<OwnedFd>> {
    let Some(folder) = volume.own_folder()? else {
        return Ok(None);
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    let file = match beneath::open(&folder, name, flags, Mode::empty()) {
        Ok(file) => file,
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_file = beneath::kind_of(&fs::fstat(&file)?) == fs::FileType::RegularFile;
    Ok(is_file.then_some(file))
}

/// Adds bytes at the end.
pub(crate) fn add(file: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

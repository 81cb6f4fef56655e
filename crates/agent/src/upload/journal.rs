//! The journal of one upload: what it is, and how far it got for good.
//!
//! The file has two slots for the progress and then the record. A step forward overwrites the older slot
//! in place and syncs: the newest slot whose checksum is right counts, so a torn write costs a step and
//! never the upload, the file never grows, and a full disk cannot stop it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use domain::VolumePath;
use jiff::Timestamp;
use rustix::fs::{self, Mode, OFlags};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::WhenPresent;

use crate::beneath;

const SLOT_BYTES: usize = 256;
const CHECKSUM_BYTES: usize = 9;
/// Paths and metadata are bounded, so a longer file is not ours.
const MAX_BYTES: usize = 128 << 10;

/// What an upload is; written once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// Whose it is.
    pub(crate) subject: String,
    /// Where the file goes.
    pub(crate) path: VolumePath,
    /// How large it will be, if that was known when it began.
    pub(crate) length: Option<u64>,
    pub(crate) when_present: WhenPresent,
    /// The file's own time of change, milliseconds since 1970.
    pub(crate) modified_ms: Option<i64>,
    /// `Upload-Metadata` in its canonical form.
    pub(crate) metadata: String,
    /// The part file: tells a published file from a stranger's after a crash.
    pub(crate) inode: u64,
    #[serde(default)]
    pub(crate) kind: Kind,
}

/// How an upload comes to its bytes, and what becomes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// They come in order, and make a file.
    #[default]
    File,
    /// They come at any place, several requests at once, and make a file.
    Lanes,
    /// They come in order, and wait to be put together with others. It never gets a name.
    Partial,
    /// They are those of other uploads, one after the other.
    Final {
        /// `Upload-Concat` as it came.
        concat: String,
    },
}

/// How far an upload got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    pub(crate) generation: u64,
    /// Bytes that survive a power cut.
    pub(crate) offset: u64,
    /// When somebody last went on with it.
    pub(crate) touched_at: Timestamp,
    pub(crate) is_published: bool,
    /// How large it will be, if that was said after it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) length: Option<u64>,
}

/// A journal on disk.
#[derive(Debug)]
pub(crate) struct Journal(OwnedFd);

impl Journal {
    /// Writes a new journal and syncs it; the caller syncs the folder.
    pub(crate) fn create(
        folder: impl AsFd,
        name: &str,
        record: &Record,
        progress: &Progress,
    ) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        let file = beneath::open(folder, name, flags, Mode::from_raw_mode(0o600))?;
        let mut bytes = slot(progress)?;
        bytes.extend_from_slice(&slot(progress)?);
        bytes.extend_from_slice(&sealed(serde_json::to_vec(record)?));
        write_at(&file, &bytes, 0)?;
        fs::fsync(&file)?;
        Ok(Self(file))
    }

    /// Reads a journal; `None` if it is damaged beyond use.
    pub(crate) fn open(
        folder: impl AsFd,
        name: &str,
    ) -> io::Result<Option<(Self, Record, Progress)>> {
        let file = beneath::open(folder, name, OFlags::RDWR | OFlags::NONBLOCK, Mode::empty())?;
        let Some(bytes) = read(&file)? else {
            return Ok(None);
        };
        let slots = bytes.len().min(2 * SLOT_BYTES);
        let progress = bytes[..slots]
            .chunks(SLOT_BYTES)
            .filter_map(unsealed::<Progress>)
            .max_by_key(|progress| progress.generation);
        let record = bytes.get(2 * SLOT_BYTES..).and_then(unsealed::<Record>);
        Ok(progress
            .zip(record)
            .map(|(progress, record)| (Self(file), record, progress)))
    }

    /// Makes a step forward durable.
    pub(crate) fn put(&self, progress: &Progress) -> io::Result<()> {
        let place = if progress.generation.is_multiple_of(2) {
            0
        } else {
            SLOT_BYTES as u64
        };
        write_at(&self.0, &slot(progress)?, place)?;
        fs::fdatasync(&self.0)?;
        Ok(())
    }
}

fn slot(progress: &Progress) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec(progress)?;
    json.resize(SLOT_BYTES - CHECKSUM_BYTES - 1, b' ');
    Ok(sealed(json))
}

/// Puts a checksum before a text and an end behind it.
fn sealed(text: Vec<u8>) -> Vec<u8> {
    let mut bytes = format!("{:08x} ", crc32c::crc32c(&text)).into_bytes();
    bytes.extend(text);
    bytes.push(b'\n');
    bytes
}

fn unsealed<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (checksum, text) = bytes
        .strip_suffix(b"\n")?
        .split_at_checked(CHECKSUM_BYTES)?;
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?.trim_end(), 16).ok()?;
    (crc32c::crc32c(text) == checksum)
        .then(|| serde_json::from_slice(text).ok())
        .flatten()
}

fn read(file: &OwnedFd) -> io::Result<Option<Vec<u8>>> {
    let stat = fs::fstat(file)?;
    let size = usize::try_from(stat.st_size).unwrap_or(usize::MAX);
    if beneath::kind_of(&stat) != fs::FileType::RegularFile || size > MAX_BYTES {
        return Ok(None);
    }
    let mut bytes = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match rustix::io::pread(file, &mut bytes[filled..], filled as u64)? {
            0 => return Ok(None),
            more => filled += more,
        }
    }
    Ok(Some(bytes))
}

fn write_at(file: &OwnedFd, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = rustix::io::pwrite(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    fn record() -> Record {
        Record {
            subject: "ada".to_owned(),
            path: "a/b".parse().unwrap(),
            length: Some(10),
            when_present: WhenPresent::No,
            modified_ms: Some(7),
            metadata: "filename YQ==".to_owned(),
            inode: 3,
            kind: Kind::File,
        }
    }

    fn step(generation: u64, offset: u64) -> Progress {
        Progress {
            generation,
            offset,
            touched_at: Timestamp::UNIX_EPOCH,
            is_published: false,
            length: Some(u64::MAX),
        }
    }

    fn reopened(folder: &OwnedFd) -> Option<(Record, Progress)> {
        Journal::open(folder, "j")
            .unwrap()
            .map(|(_, record, progress)| (record, progress))
    }

    #[test]
    fn the_newest_step_counts() {
        let place = tempfile::tempdir().unwrap();
        let folder = OwnedFd::from(std::fs::File::open(place.path()).unwrap());
        let journal = Journal::create(&folder, "j", &record(), &step(0, 0)).unwrap();
        for generation in 1..6 {
            journal.put(&step(generation, generation * 2)).unwrap();
            assert_eq!(
                reopened(&folder),
                Some((record(), step(generation, generation * 2)))
            );
        }
    }

    #[test]
    fn a_torn_step_costs_that_step_and_no_more() {
        let place = tempfile::tempdir().unwrap();
        let folder = OwnedFd::from(std::fs::File::open(place.path()).unwrap());
        let journal = Journal::create(&folder, "j", &record(), &step(0, 0)).unwrap();
        journal.put(&step(1, 4)).unwrap();
        journal.put(&step(2, 8)).unwrap();
        for at in 0..SLOT_BYTES as u64 {
            let file = std::fs::File::options()
                .read(true)
                .write(true)
                .open(place.path().join("j"))
                .unwrap();
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 1], at).unwrap();
            assert_eq!(reopened(&folder), Some((record(), step(1, 4))), "byte {at}");
            file.write_all_at(&byte, at).unwrap();
        }
        assert_eq!(reopened(&folder), Some((record(), step(2, 8))));
    }

    #[test]
    fn a_damaged_record_is_no_record() {
        let place = tempfile::tempdir().unwrap();
        let folder = OwnedFd::from(std::fs::File::open(place.path()).unwrap());
        for content in [
            "",
            "x",
            &"\n".repeat(600),
            &"00000000 {}\n".repeat(100),
            &"x".repeat(MAX_BYTES + 1),
        ] {
            std::fs::write(place.path().join("j"), content).unwrap();
            assert_eq!(reopened(&folder), None);
        }
    }
}

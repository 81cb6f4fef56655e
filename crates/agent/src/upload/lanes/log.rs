//! The journal of a file's extents: one record for each range that is stored for good.
//!
//! Records are only ever added. One that a crash tore ends the journal, and the next is written over it.

use std::ops::Range;
use std::os::fd::OwnedFd;

use rustix::fs::{self, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::extents::Extents;
use crate::beneath;
use crate::error::{Error, Result};
use crate::upload::publish::durable;

const RECORD_BYTES: usize = 20;
/// Many more than any client's slices come to; a longer journal is not ours.
const MOST_BYTES: u64 = 64 << 20;

/// The journal, open at its end.
#[derive(Debug)]
pub(super) struct Log {
    file: OwnedFd,
    end: u64,
    last: Option<[u8; RECORD_BYTES]>,
}

impl Log {
    /// Opens the journal, or begins it, and reads what is stored of a file of `length` bytes.
    pub(super) fn open(folder: &OwnedFd, name: &str, length: u64) -> Result<(Self, Extents)> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK;
        let file = beneath::open(folder, name, flags, Mode::from_raw_mode(0o600))?;
        let stat = fs::fstat(&file)?;
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if beneath::kind_of(&stat) != FileType::RegularFile || size > MOST_BYTES {
            return Err(Error::Gone);
        }
        if size == 0 {
            beneath::sync_folder(folder)?;
        }
        let mut extents = Extents::default();
        let (mut end, mut last) = (0, None);
        let mut record = [0; RECORD_BYTES];
        while read_exact(&file, &mut record, end)? {
            match range_in(&record) {
                Some(range) if range.end <= length => extents.add(&range),
                _ => break,
            }
            end += RECORD_BYTES as u64;
            last = Some(record);
        }
        Ok((Self { file, end, last }, extents))
    }

    /// Notes a range for good. Its bytes must be synced already. The record before it is written once more: if its
    /// sync failed it is read as if it were on the disk, and without it what follows would not count.
    pub(super) fn note(&mut self, range: &Range<u64>) -> Result<()> {
        let record = record_of(range);
        let mut records: Vec<u8> = self.last.into_iter().flatten().collect();
        let place = self.end - records.len() as u64;
        records.extend(record);
        let written = rustix::io::pwrite(&self.file, &records, place)?;
        if written < records.len() {
            return Err(Errno::NOSPC.into());
        }
        durable(fs::fdatasync(&self.file))?;
        self.end += RECORD_BYTES as u64;
        self.last = Some(record);
        Ok(())
    }
}

fn record_of(range: &Range<u64>) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..8].copy_from_slice(&range.start.to_le_bytes());
    record[8..16].copy_from_slice(&range.end.to_le_bytes());
    let checksum = crc32c::crc32c(&record[..16]);
    record[16..].copy_from_slice(&checksum.to_le_bytes());
    record
}

fn range_in(record: &[u8; RECORD_BYTES]) -> Option<Range<u64>> {
    let start = u64::from_le_bytes(record[..8].try_into().ok()?);
    let end = u64::from_le_bytes(record[8..16].try_into().ok()?);
    // An empty range is none of ours, and so zeros are the end.
    (start < end && record_of(&(start..end)) == *record).then_some(start..end)
}

fn read_exact(file: &OwnedFd, record: &mut [u8], place: u64) -> Result<bool> {
    let mut filled = 0;
    while filled < record.len() {
        match rustix::io::pread(file, &mut record[filled..], place + filled as u64) {
            Ok(0) => return Ok(false),
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_again_and_what_is_torn_is_not() {
        let place = tempfile::tempdir().unwrap();
        let folder = OwnedFd::from(std::fs::File::open(place.path()).unwrap());
        let (mut log, extents) = Log::open(&folder, "x", 100).unwrap();
        assert_eq!(extents, Extents::default());
        for range in [10..20, 0..5, 5..10] {
            log.note(&range).unwrap();
        }
        let bytes = std::fs::read(place.path().join("x")).unwrap();
        for cut in 0..RECORD_BYTES {
            std::fs::write(place.path().join("x"), &bytes[..bytes.len() - cut]).unwrap();
            let (mut log, extents) = Log::open(&folder, "x", 100).unwrap();
            let expected = if cut == 0 { "0-20" } else { "0-5,10-20" };
            assert_eq!(extents.to_string(), expected, "{cut}");
            log.note(&(30..40)).unwrap();
            let extents = Log::open(&folder, "x", 100).unwrap().1;
            assert_eq!(extents.to_string(), format!("{expected},30-40"));
        }
        assert_eq!(Log::open(&folder, "x", 12).unwrap().1.to_string(), "");
    }
}

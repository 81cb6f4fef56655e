//! Many small files that are stored together: written one after the other, synced once, then their names
//! appear.
//!
//! Each has a result of its own. Until the group is committed nothing of it is seen, and what a crash
//! leaves are staged files that belong to no upload, which are swept.

use std::os::fd::OwnedFd;

use domain::VolumePath;
use jiff::Timestamp;
use rustix::fs::{self, AtFlags, FileType, OFlags};
use wire::WhenPresent;

use super::checksum::Checksum;
use super::digest::{Digests, Hashers};
use super::folders::Folders;
use super::id::UploadId;
use super::publish::{self, Staged, durable};
use super::store::{full, remove_file};
use super::turns::Turn;
use super::writer::write_slice;
use crate::beneath;
use crate::error::{Error, Result};
use crate::manifest::{Entry, Line};
use crate::volume::Volume;

/// `f_type` of a file system in user space, which does not hear of `syncfs`.
const FUSE: i64 = 0x6573_5546;

/// A file that is to be stored.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) path: VolumePath,
    pub(crate) when_present: WhenPresent,
    pub(crate) modified_ms: Option<i64>,
    pub(crate) checksum: Option<Checksum>,
}

/// A file whose bytes are coming.
pub(crate) struct Growing {
    new: NewFile,
    id: UploadId,
    part: Option<OwnedFd>,
    length: u64,
    hashers: Hashers,
    /// Why it will not be stored, unless the file that is in its way turns out to be the same.
    refusal: Option<Error>,
    // Keeps the sweep away from what has no journal.
    turn: Option<Turn>,
}

/// A file that is whole and waits for its name.
struct Whole {
    path: VolumePath,
    when_present: WhenPresent,
    id: UploadId,
    inode: u64,
    length: u64,
    digests: Digests,
    _turn: Option<Turn>,
}

/// A file that was there already with the same bytes.
struct Present {
    path: VolumePath,
    stat: fs::Stat,
    digests: Digests,
}

/// What a file came to whose bytes are all there.
enum Finished {
    Whole(Whole),
    Present(Present),
}

/// What became of a file.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Another one than was asked for if both are kept.
    pub(crate) path: VolumePath,
    pub(crate) digests: Digests,
    /// Whether the very same file was there already and no bytes were written.
    pub(crate) was_present: bool,
}

/// Files that are stored together.
pub(crate) struct Group<'v> {
    volume: &'v Volume,
    staging: OwnedFd,
    folders: Folders,
    /// A result for each file that was added, or that it is still to come.
    results: Vec<Option<Result<Stored>>>,
    whole: Vec<(usize, Whole)>,
    present: Vec<(usize, Present)>,
    /// The bytes of files that wait for their names.
    pub(crate) waiting_bytes: u64,
    syncs_each: bool,
}

impl<'v> Group<'v> {
    pub(crate) fn begin(volume: &'v Volume) -> Result<Self> {
        let kind = fs::fstatfs(volume.root())?.f_type;
        Ok(Self {
            volume,
            staging: volume.make_staging()?,
            folders: Folders::default(),
            results: Vec::new(),
            whole: Vec::new(),
            present: Vec::new(),
            waiting_bytes: 0,
            syncs_each: kind == FUSE,
        })
    }

    /// Notes a file that cannot be stored, whatever its bytes are.
    pub(crate) fn refuse(&mut self, error: Error) {
        self.results.push(Some(Err(error)));
    }

    /// Begins a file. What is wrong with it is told when it is done.
    pub(crate) fn grow(&mut self, new: NewFile) -> Growing {
        let id = UploadId::random();
        let opened = publish::refuse_conflict(self.volume.root(), &new.path, new.when_present)
            .and_then(|()| self.create(&id));
        let (part, refusal) = match opened {
            Ok(part) => (Some(part), None),
            Err(error) => (None, Some(error)),
        };
        Growing {
            turn: self.volume.turns().take_if_free(&id),
            new,
            id,
            part,
            length: 0,
            hashers: Hashers::default(),
            refusal,
        }
    }

    fn create(&self, id: &UploadId) -> Result<OwnedFd> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let name = id.part();
        Ok(beneath::open(
            &self.staging,
            name.as_str(),
            flags,
            beneath::FILE_MODE,
        )?)
    }

    /// Adds bytes to a file.
    pub(crate) fn write(&mut self, file: &mut Growing, bytes: &[u8]) {
        file.hashers.update(bytes);
        if let Some(checksum) = &mut file.new.checksum {
            checksum.update(bytes);
        }
        let Some(part) = &file.part else {
            file.length += bytes.len() as u64;
            return;
        };
        if let Err(error) = write_slice(part, bytes, &mut file.length) {
            let needed = bytes.len() as u64;
            file.refusal = Some(full(self.volume, error, needed));
            self.give_up(file);
        }
    }

    /// Gives up a file whose bytes do not come.
    pub(crate) fn abandon(&self, mut file: Growing) {
        self.give_up(&mut file);
    }

    fn give_up(&self, file: &mut Growing) {
        if file.part.take().is_some() {
            remove_file(&self.staging, &file.id.part());
        }
        file.turn = None;
        self.volume.turns().forget(&file.id);
    }

    /// Ends a file whose bytes are all there.
    pub(crate) fn finish(&mut self, mut file: Growing) {
        let number = self.results.len();
        match self.finished(&mut file) {
            Ok(Finished::Whole(whole)) => {
                self.waiting_bytes += whole.length;
                self.results.push(None);
                self.whole.push((number, whole));
            }
            Ok(Finished::Present(present)) => {
                self.results.push(None);
                self.present.push((number, present));
            }
            Err(error) => {
                self.give_up(&mut file);
                self.results.push(Some(Err(error)));
            }
        }
    }

    fn finished(&self, file: &mut Growing) -> Result<Finished> {
        if !file.new.checksum.take().is_none_or(Checksum::matches) {
            return Err(Error::ChecksumMismatch);
        }
        let digests = file.hashers.finish();
        if let Some(refusal) = file.refusal.take() {
            let is_taken = matches!(refusal, Error::Conflict(_));
            let present = is_taken.then(|| self.present(file, digests)).flatten();
            return present.map(Finished::Present).ok_or(refusal);
        }
        let part = file.part.take().ok_or(Error::Gone)?;
        publish::set_modified(&part, file.new.modified_ms)?;
        if self.syncs_each {
            durable(fs::fsync(&part))?;
        }
        Ok(Finished::Whole(Whole {
            path: file.new.path.clone(),
            when_present: file.new.when_present,
            id: file.id.clone(),
            inode: fs::fstat(&part)?.st_ino,
            length: file.length,
            digests,
            _turn: file.turn.take(),
        }))
    }

    /// The file that is in the way, if it has the very same bytes: an answer that got lost is given again.
    fn present(&self, file: &Growing, digests: Digests) -> Option<Present> {
        let path = &file.new.path;
        let opened = beneath::open_file(self.volume.root(), path.as_str(), OFlags::RDONLY);
        let (there, stat) = opened.ok()?;
        let is_same = beneath::kind_of(&stat) == FileType::RegularFile
            && u64::try_from(stat.st_size) == Ok(file.length)
            && Digests::of(&there).is_ok_and(|(found, _)| found == digests)
            && (!self.syncs_each || fs::fsync(&there).is_ok());
        is_same.then(|| Present {
            path: path.clone(),
            stat,
            digests,
        })
    }

    /// Makes all bytes durable, then gives the files their names, and makes those durable.
    pub(crate) fn commit(
        &mut self,
        now: Timestamp,
        is_allowed: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let files = std::mem::take(&mut self.whole);
        let present = std::mem::take(&mut self.present);
        self.waiting_bytes = 0;
        if files.is_empty() && present.is_empty() {
            return Ok(());
        }
        let ready = is_allowed()
            .and_then(|()| self.sync_bytes())
            .and_then(|()| is_allowed());
        let named = match ready {
            Ok(()) => self.name_all(&files, present, now),
            Err(error) => Err(error),
        };
        for (_, file) in &files {
            remove_file(&self.staging, &file.id.part());
            self.volume.turns().forget(&file.id);
        }
        named
    }

    fn sync_bytes(&self) -> Result<()> {
        if self.syncs_each {
            return Ok(());
        }
        // An error is told once to each handle: with one that others use too, they may hear of ours.
        durable(fs::syncfs(&self.staging))
    }

    fn name_all(
        &mut self,
        files: &[(usize, Whole)],
        present: Vec<(usize, Present)>,
        now: Timestamp,
    ) -> Result<()> {
        let mut lines = Vec::with_capacity(files.len() + present.len());
        let mut manifest = self.volume.manifest().open(self.volume);
        for (number, file) in files {
            let named = self.name(file, now).map(|entry| {
                let path = entry.path.clone();
                lines.push(Line::Stored(entry));
                Stored {
                    path,
                    digests: file.digests,
                    was_present: false,
                }
            });
            self.results[*number] = Some(named);
        }
        let published = lines.len() as u64;
        for (number, file) in present {
            self.results[number] = Some(self.found(file, now).map(|(stored, line)| {
                lines.extend(line);
                stored
            }));
        }
        manifest.note(&lines);
        manifest.sync();
        let synced = self.folders.sync();
        if synced.is_ok() {
            self.volume.figures().published(published);
        } else {
            // Names that a power cut may take are not told as stored.
            for result in &mut self.results {
                result.take_if(|result| result.is_ok());
            }
        }
        synced
    }

    /// Who sent a file that is there already may have been answered by nobody: the console may have died right
    /// after the name appeared. So it is made durable and noted like one that is stored now, unless somebody
    /// put another one in its place meanwhile. Nobody may note anything else until then.
    fn found(&mut self, file: Present, now: Timestamp) -> Result<(Stored, Option<Line>)> {
        let (parent, name) = beneath::split(&file.path)?;
        let folder = self.folders.open(self.volume, &parent)?;
        let there = beneath::look(&*folder, name)?;
        self.folders.has_changed(parent);
        let entry = Entry::of(file.path.clone(), &file.stat, file.digests, now);
        let is_unchanged =
            there.is_some_and(|there| there.st_ino == file.stat.st_ino && entry.looks_like(&there));
        let stored = Stored {
            path: file.path,
            digests: file.digests,
            was_present: true,
        };
        Ok((stored, is_unchanged.then_some(Line::Stored(entry))))
    }

    fn name(&mut self, file: &Whole, now: Timestamp) -> Result<Entry> {
        let (parent, name) = beneath::split(&file.path)?;
        let part = file.id.part();
        let staged = Staged {
            folder: &self.staging,
            name: &part,
            inode: file.inode,
            length: file.length,
            path: &file.path,
            when_present: file.when_present,
            modified_ms: None,
        };
        let folder = self.folders.open(self.volume, &parent)?;
        publish::inherit_group(&staged, &folder)?;
        let stat = fs::statat(&self.staging, &part, AtFlags::SYMLINK_NOFOLLOW)?;
        let name = publish::give_name(&staged, &folder, name)?;
        let path = parent.join(&name)?;
        self.folders.has_changed(parent);
        Ok(Entry::of(path, &stat, file.digests, now))
    }

    /// How many files were added.
    pub(crate) fn count(&self) -> usize {
        self.results.len()
    }

    /// What became of each file, in the order in which they came. Those that were not committed were not stored.
    pub(crate) fn results(&mut self) -> Vec<Result<Stored>> {
        let results = std::mem::take(&mut self.results);
        results
            .into_iter()
            .map(|result| result.unwrap_or(Err(Error::Lost)))
            .collect()
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        for (_, file) in &self.whole {
            remove_file(&self.staging, &file.id.part());
            self.volume.turns().forget(&file.id);
        }
    }
}

//! Staged uploads: `.stowage/uploads/{id}.part` holds the bytes, `{id}.journal` what is true about them.
//!
//! The size of a part file means nothing: bytes behind the journal's offset were never promised.

use std::fmt;
use std::os::fd::OwnedFd;
use std::time::Duration;

use domain::VolumePath;
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{self, AtFlags, OFlags};
use rustix::io::Errno;
use wire::WhenPresent;

use super::journal::{Journal, Progress, Record};
use super::publish;
use super::roster::Roster;
use crate::beneath;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::volume::Volume;

/// The name of an upload: 128 random bits, never a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UploadId(String);

impl UploadId {
    fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// Reads an id; anything but 32 lower-case hexadecimal digits is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_id =
            text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    pub(crate) fn part(&self) -> String {
        format!("{}.part", self.0)
    }

    pub(super) fn journal(&self) -> String {
        format!("{}.journal", self.0)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a new upload is to be.
#[derive(Debug)]
pub(crate) struct NewUpload {
    pub(crate) path: VolumePath,
    pub(crate) length: u64,
    pub(crate) when_present: WhenPresent,
    pub(crate) modified_ms: Option<i64>,
    pub(crate) metadata: String,
}

/// An upload, opened. Whoever changes it has a [`Turn`](super::Turn).
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) id: UploadId,
    pub(crate) record: Record,
    pub(crate) part: Option<OwnedFd>,
    pub(crate) staging: OwnedFd,
    progress: Progress,
    journal: Journal,
}

impl Upload {
    /// Begins an upload; when this returns, its address survives a power cut.
    pub(crate) fn begin(
        volume: &Volume,
        new: NewUpload,
        subject: &str,
        now: Timestamp,
    ) -> Result<Self> {
        let most = volume.limits().max_uploads_per_person;
        if Roster::of(volume, subject)?.len() >= most {
            return Err(Error::TooManyUploads(most));
        }
        publish::refuse_conflict(volume.root(), &new.path, new.when_present)?;
        let available = volume.available_bytes()?;
        let needed = new.length;
        if needed > available {
            return Err(Error::NoSpace { needed, available });
        }
        Self::stage(volume, new, subject, now).map_err(|error| full(volume, error, needed))
    }

    fn stage(volume: &Volume, new: NewUpload, subject: &str, now: Timestamp) -> Result<Self> {
        let staging = volume.make_staging()?;
        let id = UploadId::random();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        let part = beneath::open(&staging, id.part().as_str(), flags, beneath::FILE_MODE)?;
        let record = Record {
            subject: subject.to_owned(),
            path: new.path,
            length: new.length,
            when_present: new.when_present,
            modified_ms: new.modified_ms,
            metadata: new.metadata,
            inode: fs::fstat(&part)?.st_ino,
        };
        let progress = Progress {
            generation: 0,
            offset: 0,
            touched_at: now,
            is_published: false,
        };
        let journal = match Journal::create(&staging, &id.journal(), &record, &progress) {
            Ok(journal) => journal,
            Err(error) => {
                remove_files(&staging, &id);
                return Err(error.into());
            }
        };
        beneath::sync_folder(&staging)?;
        volume.roster().add(subject, &id);
        Ok(Self {
            id,
            record,
            part: Some(part),
            staging,
            progress,
            journal,
        })
    }

    /// Opens an upload of this person, ready to be gone on with. Only for who has its turn: what a crash
    /// left unsaid about its publication is put right.
    pub(crate) fn load(
        volume: &Volume,
        id: &UploadId,
        subject: &str,
        now: Timestamp,
    ) -> Result<Self> {
        let mut upload = Self::find(volume, id, subject, now)?;
        if !upload.progress.is_published {
            upload.open_part(volume, now)?;
        }
        Ok(upload)
    }

    /// Reads what is known of an upload of this person, and changes nothing.
    ///
    /// # Errors
    /// Not found when there is none, or it is somebody else's; gone when it has expired.
    pub(crate) fn find(
        volume: &Volume,
        id: &UploadId,
        subject: &str,
        now: Timestamp,
    ) -> Result<Self> {
        const MISSING: Error = Error::NotFound("such upload");
        let staging = volume.staging()?.ok_or(MISSING)?;
        let opened = match Journal::open(&staging, &id.journal()) {
            Ok(opened) => opened,
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        let (journal, record, progress) = opened.ok_or(MISSING)?;
        if record.subject != subject {
            return Err(MISSING);
        }
        let upload = Self {
            id: id.clone(),
            record,
            part: None,
            staging,
            progress,
            journal,
        };
        if upload.expires_at(volume.limits()) <= now {
            return Err(Error::Gone);
        }
        Ok(upload)
    }

    /// Opens the part file. If it is gone because a crash came right after its publication, says so now.
    fn open_part(&mut self, volume: &Volume, now: Timestamp) -> Result<()> {
        let is_short =
            |stat: &fs::Stat| u64::try_from(stat.st_size).unwrap_or(0) < self.progress.offset;
        match beneath::open_file(&self.staging, self.id.part().as_str(), OFlags::RDWR) {
            Ok((_, stat)) if stat.st_ino != self.record.inode || is_short(&stat) => {
                Err(Error::Gone)
            }
            // It has a second name: whatever is written into it now would change a published file.
            Ok((_, stat)) if stat.st_nlink > 1 => self.recover_publication(volume, now),
            Ok((part, _)) => {
                self.part = Some(part);
                Ok(())
            }
            Err(Error::Io(error)) if Errno::from_io_error(&error) == Some(Errno::NOENT) => {
                if publish::has_its_name(volume.root(), &self.record)? {
                    self.recover_publication(volume, now)
                } else {
                    Err(Error::Gone)
                }
            }
            Err(error) => Err(error),
        }
    }

    fn recover_publication(&mut self, volume: &Volume, now: Timestamp) -> Result<()> {
        fs::syncfs(volume.root())?;
        self.mark_published(volume, now)
    }

    pub(crate) fn is_published(&self) -> bool {
        self.progress.is_published
    }

    /// What is stored for good: short of the last byte until the file has its name.
    pub(crate) fn offset(&self) -> u64 {
        self.progress.offset
    }

    /// Makes `offset` durable; its bytes must be synced already. The last byte is held back.
    pub(crate) fn advance(&mut self, offset: u64, now: Timestamp) -> Result<()> {
        let offset = offset.min(self.record.length.saturating_sub(1));
        self.put(Progress {
            offset,
            touched_at: now,
            ..self.progress
        })
    }

    /// Takes an offset back: what was stored since turned out to be wrong and was never promised.
    pub(crate) fn roll_back(&mut self, offset: u64) -> Result<()> {
        if offset < self.progress.offset {
            self.put(Progress {
                offset,
                ..self.progress
            })?;
        }
        Ok(())
    }

    /// Notes that the file has its name, and drops the staged one.
    pub(crate) fn mark_published(&mut self, volume: &Volume, now: Timestamp) -> Result<()> {
        self.put(Progress {
            offset: self.record.length,
            touched_at: now,
            is_published: true,
            ..self.progress
        })?;
        self.part = None;
        remove_file(&self.staging, &self.id.part());
        volume.roster().remove(&self.record.subject, &self.id);
        Ok(())
    }

    fn put(&mut self, progress: Progress) -> Result<()> {
        let progress = Progress {
            generation: self.progress.generation + 1,
            ..progress
        };
        self.journal.put(&progress)?;
        self.progress = progress;
        Ok(())
    }

    /// Until when it is kept if nobody goes on with it.
    pub(crate) fn expires_at(&self, limits: &Limits) -> Timestamp {
        expires_at(&self.progress, limits)
    }

    /// Gives up everything that is staged for it.
    pub(crate) fn discard(self, volume: &Volume) -> Result<()> {
        remove_files(&self.staging, &self.id);
        beneath::sync_folder(&self.staging)?;
        volume.roster().remove(&self.record.subject, &self.id);
        volume.turns().forget(&self.id);
        Ok(())
    }
}

/// Turns a full file system into what the caller is told about it.
pub(crate) fn full(volume: &Volume, error: Error, needed: u64) -> Error {
    if error.is_full() {
        return Error::NoSpace {
            needed,
            available: volume.available_bytes().unwrap_or(0),
        };
    }
    error
}

pub(super) fn expires_at(progress: &Progress, limits: &Limits) -> Timestamp {
    let age = if progress.is_published {
        limits.finished_age
    } else {
        limits.staging_age
    };
    later(progress.touched_at, age)
}

pub(super) fn later(at: Timestamp, age: Duration) -> Timestamp {
    SignedDuration::try_from(age)
        .ok()
        .and_then(|age| at.checked_add(age).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Removes what there is; what cannot be removed now is swept later.
pub(super) fn remove_files(staging: &OwnedFd, id: &UploadId) {
    remove_file(staging, &id.journal());
    remove_file(staging, &id.part());
}

fn remove_file(staging: &OwnedFd, name: &str) {
    match fs::unlinkat(staging, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => tracing::warn!(name, %error, "a staged file could not be removed"),
    }
}

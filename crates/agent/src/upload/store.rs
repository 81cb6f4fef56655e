//! Staged uploads: `.stowage/uploads/{id}.part` holds the bytes, `{id}.journal` what is true about them.
//!
//! The size of a part file means nothing: bytes behind the journal's offset were never promised.

use std::os::fd::OwnedFd;
use std::time::Duration;

use domain::VolumePath;
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{self, AtFlags, FallocateFlags, OFlags};
use rustix::io::Errno;
use wire::WhenPresent;

use super::id::UploadId;
use super::journal::{Journal, Kind, Progress, Record};
use super::publish::{self, Staged};
use super::roster::Roster;
use crate::beneath;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::volume::Volume;

/// What a new upload is to be.
#[derive(Debug)]
pub(crate) struct NewUpload {
    /// The root for a partial upload, which never gets a name.
    pub(crate) path: VolumePath,
    /// How large it will be, if that is known.
    pub(crate) length: Option<u64>,
    pub(crate) when_present: WhenPresent,
    pub(crate) modified_ms: Option<i64>,
    pub(crate) metadata: String,
    pub(crate) kind: Kind,
}

/// An upload, opened. Whoever changes it has a [`Turn`](super::Turn).
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) id: UploadId,
    pub(crate) record: Record,
    pub(crate) part: Option<OwnedFd>,
    pub(crate) staging: OwnedFd,
    pub(super) part_name: String,
    pub(super) progress: Progress,
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
        if new.kind != Kind::Partial {
            publish::refuse_conflict(volume.root(), &new.path, new.when_present)?;
        }
        let available = volume.available_bytes()?;
        let needed = new.length.unwrap_or(0);
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
        if let (Kind::Lanes, Some(length)) = (&new.kind, new.length)
            && let Err(error) = reserve(&part, length)
        {
            remove_files(&staging, &id);
            return Err(error);
        }
        let record = Record {
            subject: subject.to_owned(),
            path: new.path,
            length: new.length,
            when_present: new.when_present,
            modified_ms: new.modified_ms,
            metadata: new.metadata,
            inode: fs::fstat(&part)?.st_ino,
            kind: new.kind,
        };
        let progress = Progress {
            generation: 0,
            offset: 0,
            touched_at: now,
            is_published: false,
            length: None,
        };
        let journal = match Journal::create(&staging, &id.journal(), &record, &progress) {
            Ok(journal) => journal,
            Err(error) => {
                remove_files(&staging, &id);
                return Err(error.into());
            }
        };
        beneath::sync_folder(&staging)?;
        volume.roster().add(&record, &id);
        Ok(Self {
            part_name: id.part(),
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
            part_name: id.part(),
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

    /// The file as it is published; `None` as long as nobody knows how large it will be.
    pub(crate) fn staged(&self) -> Option<Staged<'_>> {
        Some(Staged {
            folder: &self.staging,
            name: &self.part_name,
            inode: self.record.inode,
            length: self.length()?,
            path: &self.record.path,
            when_present: self.record.when_present,
            modified_ms: self.record.modified_ms,
        })
    }

    /// How large it will be, if that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.record.length.or(self.progress.length)
    }

    /// How many bytes may still come behind `position`.
    pub(crate) fn room(&self, limits: &Limits, position: u64) -> u64 {
        let end = self.length().unwrap_or(limits.max_upload_bytes);
        end.saturating_sub(position)
    }

    /// Says for good how large it will be.
    pub(crate) fn declare(&mut self, length: u64, now: Timestamp) -> Result<()> {
        match self.length() {
            Some(known) if known == length => return Ok(()),
            Some(known) => {
                return Err(Error::invalid(
                    "Upload-Length",
                    format!("The upload has {known} bytes, and that cannot be changed."),
                ));
            }
            None if length < self.progress.offset => {
                return Err(Error::invalid(
                    "Upload-Length",
                    format!("{} bytes are stored already.", self.progress.offset),
                ));
            }
            None => {}
        }
        // Of a file the last byte is told with its publication only.
        let most = match self.record.kind {
            Kind::Partial => length,
            _ => length.saturating_sub(1),
        };
        self.put(Progress {
            length: Some(length),
            offset: self.progress.offset.min(most),
            touched_at: now,
            ..self.progress
        })
    }

    /// Whether all bytes of it are stored and nothing more happens to it by itself.
    pub(crate) fn is_finished(&self) -> bool {
        self.progress.is_published
            || (self.record.kind == Kind::Partial && self.length() == Some(self.progress.offset))
    }

    pub(crate) fn is_published(&self) -> bool {
        self.progress.is_published
    }

    /// What is stored for good: short of the last byte until the file has its name.
    pub(crate) fn offset(&self) -> u64 {
        self.progress.offset
    }

    /// Makes `offset` durable; its bytes must be synced already. The last byte of a file is held back.
    pub(crate) fn advance(&mut self, offset: u64, now: Timestamp) -> Result<()> {
        let offset = match self.length() {
            Some(length) if self.record.kind != Kind::Partial => {
                offset.min(length.saturating_sub(1))
            }
            _ => offset,
        };
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
            offset: self.length().unwrap_or(self.progress.offset),
            touched_at: now,
            is_published: true,
            ..self.progress
        })?;
        self.part = None;
        remove_file(&self.staging, &self.part_name);
        remove_file(&self.staging, &self.id.extents());
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
        self.give_up(volume);
        Ok(beneath::sync_folder(&self.staging)?)
    }

    /// The same for who does not own it; a power cut may bring it back for the sweep.
    pub(super) fn give_up(&self, volume: &Volume) {
        remove_files(&self.staging, &self.id);
        volume.roster().remove(&self.record.subject, &self.id);
        volume.turns().forget(&self.id);
    }
}

/// Gives a file its whole size, and the room for it where the file system can promise that.
fn reserve(part: &OwnedFd, length: u64) -> Result<()> {
    match fs::fallocate(part, FallocateFlags::empty(), 0, length) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(fs::ftruncate(part, length)?),
        other => Ok(other?),
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
    remove_file(staging, &id.extents());
}

pub(super) fn remove_file(staging: &OwnedFd, name: &str) {
    match fs::unlinkat(staging, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => tracing::warn!(name, %error, "a staged file could not be removed"),
    }
}

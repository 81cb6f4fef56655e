//! Giving up what nobody goes on with, and putting right what nobody asks for after a crash.
//!
//! A file without a journal may belong to an upload that begins this very moment, so it is only removed
//! when it is older than any upload may get.

use std::io;
use std::os::fd::OwnedFd;

use jiff::Timestamp;
use rustix::fs;

use super::id::UploadId;
use super::journal::{Journal, Progress, Record};
use super::store::{Upload, expires_at, later, remove_files};
use crate::beneath;
use crate::error::Result;
use crate::limits::Limits;
use crate::volume::Volume;

/// Removes uploads whose time is over, files that belong to none, and what manifest and record need not say.
pub(crate) fn sweep(volume: &Volume, now: Timestamp) -> Result<usize> {
    let Some(staging) = volume.staging()? else {
        return Ok(0);
    };
    let mut ids = staged_ids(&staging, ".journal")?;
    ids.extend(staged_ids(&staging, ".part")?);
    ids.extend(staged_ids(&staging, ".extents")?);
    ids.sort();
    ids.dedup();
    let mut count = 0;
    for id in ids {
        let Some(_turn) = volume.turns().take_if_free(&id) else {
            continue;
        };
        let read = Journal::open(&staging, &id.journal()).ok().flatten();
        if let Some((_, record, progress)) = &read
            && may_have_its_name(&staging, &id, progress)?
        {
            recover(volume, &id, record, now);
        }
        let is_over = match &read {
            Some((_, _, progress)) => expires_at(progress, volume.limits()) <= now,
            None => is_abandoned(&staging, &id, volume.limits(), now)?,
        };
        if is_over {
            remove_files(&staging, &id);
            volume.turns().forget(&id);
            count += 1;
        }
        if let Some((_, record, _)) = read.filter(|_| is_over) {
            volume.roster().remove(&record.subject, &id);
        }
    }
    volume.turns().tidy();
    volume.manifest().open(volume).compact()?;
    volume.imports().record.compact(volume)?;
    Ok(count)
}

/// Whether a crash may have come between the name of a file and the journal that says so.
fn may_have_its_name(staging: &OwnedFd, id: &UploadId, progress: &Progress) -> io::Result<bool> {
    let part = beneath::look(staging, &id.part())?;
    Ok(!progress.is_published && part.is_none_or(|part| part.st_nlink > 1))
}

/// Says of a published file what a crash left unsaid, its hashes among that.
fn recover(volume: &Volume, id: &UploadId, record: &Record, now: Timestamp) {
    if let Err(error) = Upload::load(volume, id, &record.subject, now) {
        tracing::debug!(%id, %error, "an upload has neither its part file nor a name");
    }
}

/// Whether files without a readable journal are older than any upload may get.
fn is_abandoned(
    staging: &OwnedFd,
    id: &UploadId,
    limits: &Limits,
    now: Timestamp,
) -> io::Result<bool> {
    let mut newest = Timestamp::MIN;
    for name in [id.journal(), id.part(), id.extents()] {
        if let Some(stat) = beneath::look(staging, &name)? {
            newest = newest.max(beneath::modified_at(&stat));
        }
    }
    Ok(later(newest, limits.staging_age) <= now)
}

/// The names in the staging folder that are an id and this ending.
pub(super) fn staged_ids(staging: &OwnedFd, ending: &str) -> io::Result<Vec<UploadId>> {
    let mut ids = Vec::new();
    for entry in fs::Dir::read_from(staging)? {
        let entry = entry?;
        let name = entry.file_name().to_str().ok();
        ids.extend(
            name.and_then(|name| name.strip_suffix(ending))
                .and_then(UploadId::parse),
        );
    }
    Ok(ids)
}

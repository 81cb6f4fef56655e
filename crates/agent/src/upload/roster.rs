//! Who has which unfinished uploads. Read from disk once, when it is first asked for, then kept up.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Bytes;
use jiff::Timestamp;
use wire::UnfinishedUpload;

use super::id::UploadId;
use super::journal::{Journal, Kind, Progress, Record};
use super::store::expires_at;
use super::sweep::staged_ids;
use crate::error::Result;
use crate::volume::Volume;

/// The second says whether it waits for others of which it is to be put together.
type BySubject = HashMap<String, BTreeMap<UploadId, bool>>;

/// Unfinished uploads by subject; `None` until somebody asked.
#[derive(Debug, Default)]
pub(crate) struct Roster(Mutex<Option<BySubject>>);

impl Roster {
    fn locked(&self) -> MutexGuard<'_, Option<BySubject>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The unfinished uploads of one person. Blocks; the first call reads every journal.
    pub(crate) fn of(volume: &Volume, subject: &str) -> Result<Vec<UploadId>> {
        Self::chosen(volume, subject, |_| true)
    }

    /// Those that wait for others of which they are to be put together.
    pub(crate) fn waiting(volume: &Volume, subject: &str) -> Result<Vec<UploadId>> {
        Self::chosen(volume, subject, |is_waiting| is_waiting)
    }

    fn chosen(
        volume: &Volume,
        subject: &str,
        is_chosen: impl Fn(bool) -> bool,
    ) -> Result<Vec<UploadId>> {
        let mut roster = volume.roster().locked();
        if roster.is_none() {
            let mut found = BySubject::new();
            for (id, record, progress) in stored(volume)? {
                if !progress.is_published {
                    let is_waiting = waits(&record);
                    found
                        .entry(record.subject)
                        .or_default()
                        .insert(id, is_waiting);
                }
            }
            *roster = Some(found);
        }
        Ok(roster
            .iter()
            .filter_map(|roster| roster.get(subject))
            .flatten()
            .filter(|(_, is_waiting)| is_chosen(**is_waiting))
            .map(|(id, _)| id.clone())
            .collect())
    }

    /// Adds one that was begun.
    pub(crate) fn add(&self, record: &Record, id: &UploadId) {
        if let Some(roster) = self.locked().as_mut() {
            roster
                .entry(record.subject.clone())
                .or_default()
                .insert(id.clone(), waits(record));
        }
    }

    /// Removes one that is finished or given up.
    pub(crate) fn remove(&self, subject: &str, id: &UploadId) {
        if let Some(roster) = self.locked().as_mut()
            && let Some(ids) = roster.get_mut(subject)
        {
            ids.remove(id);
            if ids.is_empty() {
                roster.remove(subject);
            }
        }
    }
}

fn waits(record: &Record) -> bool {
    matches!(record.kind, Kind::Final { .. })
}

/// Every upload whose journal can be read.
fn stored(volume: &Volume) -> Result<Vec<(UploadId, Record, Progress)>> {
    let Some(staging) = volume.staging()? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for id in staged_ids(&staging, ".journal")? {
        if let Ok(Some((_, record, progress))) = Journal::open(&staging, &id.journal()) {
            found.push((id, record, progress));
        }
    }
    Ok(found)
}

/// One person's uploads that can be gone on with, in the order of their paths.
pub(crate) fn unfinished(
    volume: &Volume,
    subject: &str,
    now: Timestamp,
) -> Result<Vec<UnfinishedUpload>> {
    let Some(staging) = volume.staging()? else {
        return Ok(Vec::new());
    };
    let mut views = Vec::new();
    for id in Roster::of(volume, subject)? {
        let Ok(Some((_, record, progress))) = Journal::open(&staging, &id.journal()) else {
            continue;
        };
        let expires_at = expires_at(&progress, volume.limits());
        // Of these the client knows nothing that it could find its file by.
        let (Kind::File | Kind::Lanes, Some(length)) =
            (&record.kind, record.length.or(progress.length))
        else {
            continue;
        };
        if record.subject == subject && !progress.is_published && expires_at > now {
            views.push(UnfinishedUpload {
                id: id.to_string(),
                path: record.path,
                size_bytes: Bytes(length),
                offset_bytes: Bytes(progress.offset),
                modified_ms: record.modified_ms,
                takes_lanes: record.kind == Kind::Lanes,
                expires_at,
            });
        }
    }
    views.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.id.cmp(&b.id)));
    Ok(views)
}

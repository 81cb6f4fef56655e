//! Files that are put together of other uploads, one after the other (`concatenation` of tus).
//!
//! The parts are copied by the file system, which shares their blocks where it can. They are given up
//! when the file has its name: kept, they would take its room twice.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs;
use rustix::io::Errno;

use super::id::UploadId;
use super::journal::Kind;
use super::receive::{Outcome, finish};
use super::roster::Roster;
use super::store::{Upload, full};
use super::turns::Turn;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::{Access, Ticket};

/// The most uploads of which a file is put together.
pub(crate) const MOST_PARTS: usize = 512;
/// How much is copied by one system call, so that a stop does not wait for long.
const STEP_BYTES: usize = 64 << 20;

/// The uploads that a list of addresses names, as `Upload-Concat: final;…` has it.
pub(crate) fn parts(list: &str) -> Option<Vec<UploadId>> {
    let ids: Option<Vec<_>> = list.split(' ').map(id_in).collect();
    ids.filter(|ids| ids.len() <= MOST_PARTS)
}

fn id_in(address: &str) -> Option<UploadId> {
    let (folder, id) = address.rsplit_once('/')?;
    let is_ours = folder == "uploads" || folder.ends_with("/uploads");
    UploadId::parse(id).filter(|_| is_ours)
}

/// How large the file will be; `None` as long as one of its parts does not say so.
///
/// # Errors
/// One of them is not there, not this person's, or no partial upload.
pub(crate) fn length(agent: &Agent, subject: &str, parts: &[UploadId]) -> Result<Option<u64>> {
    let mut sum = Some(0_u64);
    for id in parts {
        let part = partial(agent, subject, id)?;
        sum = match (sum, part.length()) {
            (Some(sum), Some(length)) => Some(sum.checked_add(length).ok_or_else(too_large)?),
            _ => None,
        };
    }
    match sum {
        Some(sum) if sum > agent.volume.limits().max_upload_bytes => Err(too_large()),
        sum => Ok(sum),
    }
}

fn too_large() -> Error {
    Error::TooLarge("The parts together are larger than a file may be.".to_owned())
}

fn partial(agent: &Agent, subject: &str, id: &UploadId) -> Result<Upload> {
    let found = Upload::find(&agent.volume, id, subject, agent.clock.now());
    let missing = || {
        Error::invalid(
            "Upload-Concat",
            format!("There is no partial upload {id} here."),
        )
    };
    match found {
        Ok(upload) if upload.record.kind == Kind::Partial => Ok(upload),
        Ok(_) | Err(Error::NotFound(_) | Error::Gone) => Err(missing()),
        Err(error) => Err(error),
    }
}

/// Puts a file together if all its parts are there. Blocks.
pub(crate) fn assemble(
    agent: &Agent,
    ticket: &Ticket,
    turn: &Turn,
    mut upload: Upload,
) -> Result<Outcome> {
    let Kind::Final { concat } = &upload.record.kind else {
        return Ok(unpublished(upload));
    };
    let ids = parts(concat.trim_start_matches("final;")).unwrap_or_default();
    let mut parts = Vec::with_capacity(ids.len());
    for id in &ids {
        match partial(agent, &ticket.subject, id) {
            Ok(part) if part.is_finished() => parts.push(part),
            // Still on its way, or given up: then this one waits until its own time is over.
            Ok(_) | Err(Error::Invalid { .. }) => return Ok(unpublished(upload)),
            Err(error) => return Err(error),
        }
    }
    let now = agent.clock.now();
    let length = parts.iter().filter_map(Upload::length).sum();
    upload.declare(length, now)?;
    let copied = copy_all(agent, turn, &upload, parts);
    let volume = &agent.volume;
    match copied.and_then(|()| finish(agent, ticket, &mut upload, None)) {
        Ok(published) => {
            for id in &ids {
                if let Ok(part) = partial(agent, &ticket.subject, id) {
                    part.discard(volume)?;
                }
            }
            Ok(Outcome {
                upload,
                published: Some(published),
            })
        }
        Err(error) => Err(full(volume, error, length)),
    }
}

fn unpublished(upload: Upload) -> Outcome {
    Outcome {
        upload,
        published: None,
    }
}

fn copy_all(agent: &Agent, turn: &Turn, upload: &Upload, parts: Vec<Upload>) -> Result<()> {
    let file = upload.part.as_ref().ok_or(Error::Gone)?;
    let mut position = 0;
    for mut part in parts {
        let length = part.length().unwrap_or(0);
        part.open_part(&agent.volume, agent.clock.now())?;
        let bytes = part.part.as_ref().ok_or(Error::Gone)?;
        copy(bytes, file, position, length, turn)?;
        position += length;
    }
    Ok(fs::ftruncate(file, position)?)
}

/// Copies a whole file behind `at`. The first may share all its blocks.
fn copy(from: &OwnedFd, to: &OwnedFd, at: u64, length: u64, turn: &Turn) -> Result<()> {
    // Bytes behind the end of a part were never promised; they are cut off or overwritten.
    if at == 0 && fs::ioctl_ficlone(to, from).is_ok() {
        return Ok(());
    }
    let (mut read, mut written) = (0, at);
    while read < length {
        if turn.ended().is_cancelled() {
            return Err(Error::Overtaken);
        }
        let most = usize::try_from(length - read).map_or(STEP_BYTES, |rest| rest.min(STEP_BYTES));
        match fs::copy_file_range(from, Some(&mut read), to, Some(&mut written), most) {
            Ok(0) => return Err(Error::Lost),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                return copy_by_hand(from, to, read, written, length);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The same where the file system cannot copy.
fn copy_by_hand(
    from: &OwnedFd,
    to: &OwnedFd,
    mut read: u64,
    mut written: u64,
    length: u64,
) -> Result<()> {
    let mut buffer = vec![0; 1 << 20];
    while read < length {
        let most = usize::try_from(length - read).map_or(buffer.len(), |n| n.min(buffer.len()));
        let count = rustix::io::pread(from, &mut buffer[..most], read)?;
        if count == 0 {
            return Err(Error::Lost);
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let step = rustix::io::pwrite(to, rest, written)?;
            rest = &rest[step..];
            written += step as u64;
        }
        read += count as u64;
    }
    Ok(())
}

/// Puts together what waited for the part that is whole now. What fails is told when it is asked for.
pub(crate) async fn assemble_waiting(agent: &Arc<Agent>, ticket: &Ticket, part: &UploadId) {
    let (volume, subject) = (Arc::clone(&agent.volume), ticket.subject.clone());
    let waiting = blocking(move || Roster::waiting(&volume, &subject)).await;
    for id in waiting.unwrap_or_default() {
        if let Err(error) = assemble_one(agent, ticket, id.clone(), Some(part)).await {
            tracing::debug!(%id, %error, "an upload could not be put together yet");
        }
    }
}

/// Puts an upload together if it waits for `part` (or for any) and all are there.
pub(crate) async fn assemble_one(
    agent: &Arc<Agent>,
    ticket: &Ticket,
    id: UploadId,
    part: Option<&UploadId>,
) -> Result<Option<Outcome>> {
    let (agent, ticket, part) = (Arc::clone(agent), ticket.clone(), part.cloned());
    if ticket.access < Access::Write {
        return Ok(None);
    }
    let find = {
        let (agent, subject, id) = (Arc::clone(&agent), ticket.subject.clone(), id.clone());
        move || {
            let upload = Upload::find(&agent.volume, &id, &subject, agent.clock.now())?;
            let Kind::Final { concat } = &upload.record.kind else {
                return Ok(false);
            };
            let parts = parts(concat.trim_start_matches("final;")).unwrap_or_default();
            Ok(!upload.is_finished() && part.is_none_or(|part| parts.contains(&part)))
        }
    };
    if !blocking(find).await? {
        return Ok(None);
    }
    let turn = agent.volume.turns().take(&id).await?;
    let outcome = blocking(move || {
        let now = agent.clock.now();
        let upload = Upload::load(&agent.volume, &id, &ticket.subject, now)?;
        if upload.is_finished() {
            return Ok(unpublished(upload));
        }
        assemble(&agent, &ticket, &turn, upload)
    });
    outcome.await.map(Some)
}

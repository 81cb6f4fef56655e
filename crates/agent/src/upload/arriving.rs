//! A file whose bytes the agent fetches itself: an upload that no request belongs to.
//!
//! It has a journal like any other, so that a fetch goes on where it was after a restart. Unlike others it is
//! not published by its last byte: whoever fetches says when all is there and right.

use std::sync::Arc;

use axum::body::Body;
use jiff::Timestamp;
use rustix::fs::{self, FallocateFlags};
use rustix::io::Errno;
use tokio_util::sync::CancellationToken;

use super::digest::Digests;
use super::id::UploadId;
use super::publish::durable;
use super::pump::{Endings, pump};
use super::receive::publish_staged;
use super::roster::Roster;
use super::store::{NewUpload, Upload, full};
use super::turns::Turn;
use super::writer::PartWriter;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;
use crate::volume::Volume;

/// A staged file on its way.
pub(crate) struct Arriving {
    upload: Upload,
    turn: Turn,
    /// Up to where bytes are in the file; the journal may be behind.
    position: u64,
}

impl Arriving {
    /// Begins a file, with room for it where the file system can promise that. Blocks.
    pub(crate) fn begin(
        volume: &Volume,
        new: NewUpload,
        subject: &str,
        now: Timestamp,
    ) -> Result<Self> {
        let upload = Upload::begin(volume, new, subject, now)?;
        let reserved = match (&upload.part, upload.length()) {
            (Some(part), Some(length)) if length > 0 => {
                fs::fallocate(part, FallocateFlags::KEEP_SIZE, 0, length)
            }
            _ => Ok(()),
        };
        if let Err(error @ (Errno::NOSPC | Errno::DQUOT)) = reserved {
            let needed = upload.length().unwrap_or(0);
            upload.discard(volume)?;
            return Err(full(volume, error.into(), needed));
        }
        let turn = volume
            .turns()
            .take_if_free(&upload.id)
            .ok_or(Error::Overtaken)?;
        Ok(Self {
            upload,
            turn,
            position: 0,
        })
    }

    /// Goes on with one that was begun before, if nobody is at it. Blocks.
    pub(crate) fn resume(
        volume: &Volume,
        id: &UploadId,
        subject: &str,
        now: Timestamp,
    ) -> Option<Self> {
        let turn = volume.turns().take_if_free(id)?;
        let upload = Upload::load(volume, id, subject, now).ok()?;
        if upload.is_published() {
            // A crash came between its name and the end of its journal.
            drop(upload.discard(volume));
            return None;
        }
        Some(Self {
            position: upload.offset(),
            upload,
            turn,
        })
    }

    pub(crate) fn id(&self) -> &UploadId {
        &self.upload.id
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn length(&self) -> Option<u64> {
        self.upload.length()
    }

    /// Puts a body behind what is there. Answers how it ended; what came before that is kept.
    pub(crate) async fn take_in(
        mut self,
        agent: &Arc<Agent>,
        body: Body,
        stopping: &CancellationToken,
    ) -> Result<(Self, Result<()>)> {
        let limits = *agent.volume.limits();
        let start = self.position;
        let writer = PartWriter::new(self.upload, start, None, &limits, &agent.clock);
        let writer = Box::new(writer);
        let hashers = self.turn.take_hash(start);
        let endings = Endings {
            overtaken: self.turn.ended(),
            stopping,
        };
        let pumped = pump(writer, hashers, body, &limits, &endings).await?;
        let (mut writer, hashers, ending) = (pumped.sink, pumped.hashers, pumped.ending);
        let needed = writer.end - writer.position;
        agent.volume.figures().received(writer.position - start);
        let turn = self.turn;
        let volume = Arc::clone(&agent.volume);
        crate::blocking::blocking(move || {
            let mut turn = turn;
            let kept = writer.keep(writer.position);
            let position = if writer.is_in_doubt {
                writer.upload.offset()
            } else {
                turn.keep_hash(writer.position, hashers);
                writer.position
            };
            let ending = ending
                .and(kept)
                .map_err(|error| full(&volume, error, needed));
            let upload = writer.upload;
            Ok((
                Self {
                    upload,
                    turn,
                    position,
                },
                ending,
            ))
        })
        .await
    }

    /// Says that all bytes are there, makes them durable, and answers what they are known by. Blocks.
    pub(crate) fn end(&mut self, now: Timestamp) -> Result<Digests> {
        self.upload.declare(self.position, now)?;
        let part = self.upload.part.as_ref().ok_or(Error::Gone)?;
        durable(fs::fdatasync(part))?;
        match self.turn.take_hash(self.position) {
            Some(hashers) => Ok(hashers.finish()),
            None => Ok(Digests::of(part)?.0),
        }
    }

    /// The file that the bytes are in.
    pub(crate) fn part(&self) -> Option<&std::os::fd::OwnedFd> {
        self.upload.part.as_ref()
    }

    /// Gives the file its name. Blocks.
    pub(crate) fn publish(
        mut self,
        agent: &Agent,
        ticket: &Ticket,
        digests: Digests,
    ) -> Result<()> {
        let part = self.upload.part.take().ok_or(Error::Gone)?;
        publish_staged(agent, ticket, &mut self.upload, &part, digests)?;
        // Nobody asks again how it went.
        self.discard(&agent.volume)
    }

    /// Gives up everything that is staged for it. Blocks.
    pub(crate) fn discard(self, volume: &Volume) -> Result<()> {
        let id = self.upload.id.clone();
        let discarded = self.upload.discard(volume);
        drop(self.turn);
        volume.turns().forget(&id);
        discarded
    }
}

/// The staged files of a subject, each with what was noted about it when it was begun. Blocks.
pub(crate) fn arriving(
    volume: &Volume,
    subject: &str,
    now: Timestamp,
) -> Result<Vec<(UploadId, domain::VolumePath, String)>> {
    let mut found = Vec::new();
    for id in Roster::of(volume, subject)? {
        if let Ok(upload) = Upload::find(volume, &id, subject, now) {
            found.push((id, upload.record.path, upload.record.metadata));
        }
    }
    Ok(found)
}

/// Gives up one staged file, unless somebody is at it. Blocks.
pub(crate) fn give_up(volume: &Volume, id: &UploadId, subject: &str, now: Timestamp) {
    if let Some(arriving) = Arriving::resume(volume, id, subject, now)
        && let Err(error) = arriving.discard(volume)
    {
        tracing::warn!(%error, "a staged file could not be given up");
    }
}

//! One request's body on its way into an upload: gathered, written, and settled however it ends.
//!
//! Frames are gathered without copying and handed over in large steps, one at a time: while one is being
//! written the next is gathered, and when that is full the socket is not read. So memory is two steps per
//! upload, whatever comes, and a silent connection holds no thread.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use domain::VolumePath;
use http_body_util::BodyExt as _;
use tokio::task::JoinHandle;

use super::checksum::Checksum;
use super::publish;
use super::store::{Upload, full};
use super::turns::{Turn, interrupted};
use super::writer::PartWriter;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;

/// From how many gathered bytes on a step is worth a system call.
const STEP_BYTES: usize = 256 << 10;
/// How many bytes are gathered while a step is being written.
const MOST_BYTES: usize = 1 << 20;
/// The most pieces that one `pwritev` takes (`IOV_MAX`).
const MOST_PIECES: usize = 1024;

/// What a request brings.
pub(crate) struct Incoming {
    pub(crate) body: Body,
    pub(crate) checksum: Option<Checksum>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) upload: Upload,
    /// Where the file appeared, if that was its last byte.
    pub(crate) published: Option<Published>,
}

/// A file that has its name now.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) path: VolumePath,
    /// BLAKE3 of the whole file, if all of it came in one go since the agent started.
    pub(crate) blake3: Option<blake3::Hash>,
}

/// Stores a body at the end of an upload, and publishes the file if that made it whole.
///
/// # Errors
/// What ended the request early; what had arrived is kept then, unless its checksum was still to come.
pub(crate) async fn receive(
    agent: Arc<Agent>,
    ticket: Ticket,
    mut turn: Turn,
    upload: Upload,
    incoming: Incoming,
) -> Result<Outcome> {
    let start = upload.offset();
    let writer = Box::new(PartWriter {
        start,
        position: start,
        checksum: incoming.checksum,
        hasher: turn.take_hash(start),
        checkpoint_bytes: agent.volume.limits().checkpoint_bytes,
        clock: Arc::clone(&agent.clock),
        upload,
    });
    let (writer, ending) = pump(&agent, writer, incoming.body, &turn).await?;
    blocking(move || settle(&agent, &ticket, turn, writer, ending)).await
}

type Written = (Box<PartWriter>, Result<()>);

/// The writer, here or at work.
enum Pen {
    Free(Box<PartWriter>),
    Writing(JoinHandle<Written>),
}

impl Pen {
    fn is_free(&self) -> bool {
        match self {
            Self::Free(_) => true,
            Self::Writing(step) => step.is_finished(),
        }
    }

    async fn free(self) -> Result<Written> {
        match self {
            Self::Free(writer) => Ok((writer, Ok(()))),
            Self::Writing(step) => Ok(step.await.map_err(std::io::Error::other)?),
        }
    }

    fn write(mut writer: Box<PartWriter>, batch: Vec<Bytes>) -> Self {
        Self::Writing(tokio::task::spawn_blocking(move || {
            let result = writer.write(&batch);
            (writer, result)
        }))
    }
}

/// Takes frames until the body ends or something ends it. Whatever came before that is written.
async fn pump(
    agent: &Agent,
    writer: Box<PartWriter>,
    mut body: Body,
    turn: &Turn,
) -> Result<Written> {
    let mut pen = Pen::Free(writer);
    let mut gathered: Vec<Bytes> = Vec::new();
    let mut gathered_bytes = 0;
    let ending = loop {
        let is_full = gathered_bytes >= MOST_BYTES || gathered.len() >= MOST_PIECES;
        if is_full || (gathered_bytes >= STEP_BYTES && pen.is_free()) {
            let (writer, result) = pen.free().await?;
            if result.is_err() {
                return Ok((writer, result));
            }
            pen = Pen::write(writer, std::mem::take(&mut gathered));
            gathered_bytes = 0;
        }
        let frame = tokio::select! {
            biased;
            () = turn.ended().cancelled() => break Err(interrupted()),
            frame = tokio::time::timeout(agent.volume.limits().idle_timeout, body.frame()) => frame,
        };
        match frame {
            Err(_) => break Err(Error::Stalled),
            Ok(None) => break Ok(()),
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "an upload's connection ended");
                break Err(Error::Cut);
            }
            Ok(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    gathered_bytes += bytes.len();
                    gathered.push(bytes);
                }
            }
        }
    };
    let (writer, result) = pen.free().await?;
    if result.is_err() || gathered.is_empty() {
        return Ok((writer, result.and(ending)));
    }
    let (writer, result) = Pen::write(writer, gathered).free().await?;
    Ok((writer, result.and(ending)))
}

/// Makes true on disk what will be answered. The turn is held until then.
fn settle(
    agent: &Agent,
    ticket: &Ticket,
    mut turn: Turn,
    mut writer: Box<PartWriter>,
    ending: Result<()>,
) -> Result<Outcome> {
    let volume = &agent.volume;
    let needed = writer.upload.record.length - writer.position;
    let must_forget = writer.checksum.is_some() || matches!(ending, Err(Error::TooLarge(_)));
    let is_right = writer.checksum.take().is_none_or(Checksum::matches);
    let ending = ending.and(if is_right {
        Ok(())
    } else {
        Err(Error::ChecksumMismatch)
    });
    let result = match ending {
        Err(error) if must_forget => writer.upload.roll_back(writer.start).and(Err(error)),
        Err(error) => writer.keep().and(Err(error)),
        Ok(()) if writer.position == writer.upload.record.length => {
            complete(agent, ticket, &mut writer)
        }
        Ok(()) => writer.keep().map(|()| None),
    };
    match result {
        Ok(published) => {
            turn.keep_hash(writer.position, writer.hasher.take());
            if published.is_some() {
                volume.turns().forget(&writer.upload.id);
            }
            Ok(Outcome {
                upload: writer.upload,
                published,
            })
        }
        Err(Error::Lost) => writer.upload.discard(volume).and(Err(Error::Lost)),
        Err(error) => {
            if writer.upload.offset() == writer.position {
                turn.keep_hash(writer.position, writer.hasher.take());
            }
            Err(full(volume, error, needed))
        }
    }
}

fn complete(agent: &Agent, ticket: &Ticket, writer: &mut PartWriter) -> Result<Option<Published>> {
    let part = writer.upload.part.as_ref().ok_or(Error::Gone)?;
    // A conflict, because the client should ask where it stands and come again with a fresh right.
    let too_late = "The right to write here ran out while the file arrived. What arrived is kept; send the rest again.";
    let is_valid = || ticket.expires_at > agent.clock.now();
    let is_allowed = || {
        if is_valid() {
            Ok(())
        } else {
            Err(Error::conflict(too_late))
        }
    };
    match publish::publish(&agent.volume, &writer.upload, part, &is_allowed) {
        Ok(path) => {
            writer
                .upload
                .mark_published(&agent.volume, agent.clock.now())?;
            Ok(Some(Published {
                path,
                blake3: writer.hasher.as_ref().map(|hasher| hasher.finalize()),
            }))
        }
        Err(Error::Lost) => Err(Error::Lost),
        Err(error) => writer.keep().and(Err(error)),
    }
}

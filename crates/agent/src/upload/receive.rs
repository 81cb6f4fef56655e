//! One request's body on its way into an upload, and what is made true of it however it ends.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use axum::body::Body;
use domain::VolumePath;

use super::checksum::Checksum;
use super::digest::{Digests, Hashers};
use super::journal::Kind;
use super::publish;
use super::pump::{Endings, Pumped, pump};
use super::store::{Upload, full};
use super::turns::Turn;
use super::writer::PartWriter;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;

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
    pub(crate) digests: Digests,
}

/// Stores a body behind `start`, which is where the upload ends, and publishes the file if that made it whole.
///
/// # Errors
/// What ended the request early; what had arrived is kept then, as far as no checksum was still to prove it.
pub(crate) async fn receive(
    agent: Arc<Agent>,
    ticket: Ticket,
    mut turn: Turn,
    upload: Upload,
    start: u64,
    incoming: Incoming,
) -> Result<Outcome> {
    let limits = *agent.volume.limits();
    let clock = &agent.clock;
    let writer = PartWriter::new(upload, start, incoming.checksum, &limits, clock);
    let writer = Box::new(writer);
    let hashers = turn
        .take_hash(start)
        .filter(|_| writer.upload.record.kind != Kind::Partial);
    let endings = Endings {
        overtaken: turn.ended(),
        stopping: agent.volume.stopping(),
    };
    let pumped = pump(writer, hashers, incoming.body, &limits, &endings).await?;
    agent
        .volume
        .figures()
        .received(pumped.sink.position - start);
    blocking(move || settle(&agent, &ticket, turn, pumped)).await
}

/// Makes true on disk what will be answered. The turn is held until then.
fn settle(
    agent: &Agent,
    ticket: &Ticket,
    mut turn: Turn,
    pumped: Pumped<PartWriter>,
) -> Result<Outcome> {
    let Pumped {
        sink: mut writer,
        mut hashers,
        ending,
    } = pumped;
    let volume = &agent.volume;
    let needed = writer.end - writer.position;
    let proven = writer.proven();
    let is_right = writer.checksum.take().is_none_or(Checksum::matches);
    let ending = ending.and(if is_right {
        writer.end_checkpoint()
    } else {
        Err(Error::ChecksumMismatch)
    });
    let is_whole = writer.upload.length() == Some(writer.position);
    let result = match ending {
        Err(error @ Error::TooLarge(_)) => writer.upload.roll_back(writer.start).and(Err(error)),
        Err(error) => writer.keep(proven).and(Err(error)),
        Ok(()) if is_whole && writer.upload.record.kind == Kind::File => {
            complete(agent, ticket, &mut writer, hashers.as_deref())
        }
        Ok(()) => writer.keep(writer.position).map(|()| None),
    };
    match result {
        Ok(published) => {
            turn.keep_hash(writer.position, hashers.take());
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
                turn.keep_hash(writer.position, hashers.take());
            }
            Err(full(volume, error, needed))
        }
    }
}

fn complete(
    agent: &Agent,
    ticket: &Ticket,
    writer: &mut PartWriter,
    hashers: Option<&Hashers>,
) -> Result<Option<Published>> {
    match finish(agent, ticket, &mut writer.upload, hashers) {
        Ok(published) => Ok(Some(published)),
        Err(Error::Lost) => Err(Error::Lost),
        Err(error) => {
            writer.is_in_doubt |= matches!(error, Error::Unsynced(_));
            writer.keep(writer.position).and(Err(error))
        }
    }
}

/// Gives a file its name whose bytes are all there. What nobody hashed on its way is read again.
pub(super) fn finish(
    agent: &Agent,
    ticket: &Ticket,
    upload: &mut Upload,
    hashers: Option<&Hashers>,
) -> Result<Published> {
    let part = upload.part.take().ok_or(Error::Gone)?;
    let published = match hashers {
        Some(hashers) => Ok(hashers.finish()),
        None => Digests::of(&part).map(|(digests, _)| digests),
    }
    .and_then(|digests| publish_staged(agent, ticket, upload, &part, digests));
    if published.is_err() {
        upload.part = Some(part);
    }
    published
}

/// Gives a file its name that has these hashes.
pub(super) fn publish_staged(
    agent: &Agent,
    ticket: &Ticket,
    upload: &mut Upload,
    part: &OwnedFd,
    digests: Digests,
) -> Result<Published> {
    let now = agent.clock.now();
    let is_allowed = || may_still_write(agent, ticket);
    let staged = upload.staged().ok_or(Error::Gone)?;
    ticket.refuse_elsewhere(staged.path)?;
    let path = publish::publish(&agent.volume, &staged, part, digests, now, &is_allowed)?;
    upload.mark_published(&agent.volume, now)?;
    agent.volume.figures().published(1);
    Ok(Published { path, digests })
}

/// Asked again before a file appears: a body may have taken longer than the right to send it.
pub(crate) fn may_still_write(agent: &Agent, ticket: &Ticket) -> Result<()> {
    if ticket.expires_at > agent.clock.now() {
        return Ok(());
    }
    // A conflict, because the client should ask where it stands and come again with a fresh right.
    Err(Error::conflict(
        "The right to write here ran out while the file arrived. What arrived is kept; send the rest again.",
    ))
}

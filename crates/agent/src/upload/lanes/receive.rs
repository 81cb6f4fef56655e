//! One request's body on its way into a lane.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::log::Log;
use super::session::{Lane, Session, State};
use crate::blocking::in_bulk;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;
use crate::upload::checksum::Checksum;
use crate::upload::id::UploadId;
use crate::upload::pump::{Endings, Pumped, pump};
use crate::upload::receive::{Incoming, Published, publish_staged};
use crate::upload::store::{Upload, full};
use crate::upload::writer::{Sink, beyond_the_end, write_all};

/// What became of a request into a lane.
#[derive(Debug)]
pub(crate) struct LaneOutcome {
    /// Up to where its bytes are stored.
    pub(crate) offset: u64,
    /// How large the file will be.
    pub(crate) length: u64,
    /// Where the file appeared, if it is whole now.
    pub(crate) published: Option<Published>,
}

/// Writes into one lane.
struct LaneWriter {
    lane: Lane,
    /// Up to where bytes are in the file.
    position: u64,
    /// Up to where they are stored for good.
    kept: u64,
    checksum: Option<Checksum>,
    checkpoint_bytes: u64,
    agent: Arc<Agent>,
}

impl Sink for LaneWriter {
    fn write(&mut self, batch: &[Bytes]) -> Result<()> {
        let count: u64 = batch.iter().map(|bytes| bytes.len() as u64).sum();
        if count > self.lane.range.end - self.position {
            return Err(beyond_the_end());
        }
        write_all(&self.lane.session.part, batch, &mut self.position)?;
        if let Some(checksum) = &mut self.checksum {
            for bytes in batch {
                checksum.update(bytes);
            }
        }
        // The last byte of a file is told with its publication only.
        let proven = self.proven();
        let is_due = proven - self.kept >= self.checkpoint_bytes;
        if is_due && proven < self.lane.range.end {
            self.keep(proven)
        } else {
            Ok(())
        }
    }
}

impl LaneWriter {
    /// Up to where bytes are right for sure: all of them, unless a checksum has yet to prove them.
    fn proven(&self) -> u64 {
        match &self.checksum {
            Some(checksum) => self.lane.range.start + checksum.proven_bytes(),
            None => self.position,
        }
    }

    fn keep(&mut self, until: u64) -> Result<()> {
        let range = self.kept..until;
        if range.is_empty() {
            return Ok(());
        }
        let session = &self.lane.session;
        session.sync()?;
        let noted = note(&self.agent, &mut session.state(), &range);
        if let Err(Error::Unsynced(errno)) = noted {
            session.doubt(errno);
        }
        noted?;
        self.kept = until;
        Ok(())
    }
}

fn note(agent: &Agent, state: &mut State, range: &Range<u64>) -> Result<()> {
    state.log.note(range)?;
    state.extents.add(range);
    let prefix = state.extents.prefix();
    state.upload.advance(prefix, agent.clock.now())
}

/// Stores a body from `start` on, and publishes the file if that made it whole.
///
/// # Errors
/// What ended the request early; what had arrived is kept then, as far as no checksum was still to prove it.
pub(crate) async fn receive_lane(
    agent: Arc<Agent>,
    ticket: Ticket,
    id: &UploadId,
    start: u64,
    end: Option<u64>,
    incoming: Incoming,
) -> Result<LaneOutcome> {
    let session = agent.volume.sessions().join(&agent, &ticket, id).await?;
    let lane = session.enter(start, end).await?;
    drop(session);
    let limits = *agent.volume.limits();
    let overtaken = lane.ended.clone();
    let writer = Box::new(LaneWriter {
        position: lane.range.start,
        kept: lane.range.start,
        lane,
        checksum: incoming.checksum,
        checkpoint_bytes: limits.checkpoint_bytes,
        agent: Arc::clone(&agent),
    });
    let endings = Endings {
        overtaken: &overtaken,
        stopping: agent.volume.stopping(),
    };
    let pumped = pump(writer, None, incoming.body, &limits, &endings).await?;
    agent
        .volume
        .figures()
        .received(pumped.sink.position - start);
    // What the lanes before it left to be hashed is hashed there, too.
    let settling = in_bulk(move || settle(&ticket, pumped));
    settling.await.map_err(io::Error::other)?
}

fn settle(ticket: &Ticket, pumped: Pumped<LaneWriter>) -> Result<LaneOutcome> {
    let Pumped {
        sink: mut writer,
        ending,
        ..
    } = pumped;
    let agent = Arc::clone(&writer.agent);
    let session = Arc::clone(&writer.lane.session);
    let needed = writer.lane.range.end - writer.position;
    let proven = writer.proven();
    let is_right = writer.checksum.take().is_none_or(Checksum::matches);
    let ending = ending.and(if is_right {
        Ok(())
    } else {
        Err(Error::ChecksumMismatch)
    });
    if ending.is_err() {
        writer.position = proven;
    }
    let result = match ending {
        Err(error @ Error::TooLarge(_)) => Err(error),
        ending => keep_or_complete(ticket, &session, &mut writer, ending),
    };
    match result {
        Ok(published) => {
            let outcome = LaneOutcome {
                offset: writer.position,
                length: session.length,
                published,
            };
            if outcome.published.is_some() {
                agent.volume.turns().forget(&session.id);
            } else {
                hash_in_the_background(session);
            }
            Ok(outcome)
        }
        Err(Error::Lost) => {
            session.ended.cancel();
            session.state().upload.give_up(&agent.volume);
            Err(Error::Lost)
        }
        Err(error) => Err(full(&agent.volume, error, needed)),
    }
}

/// Notes what arrived. If that makes the file whole it is published first: all but its last byte is noted
/// when that fails, so that the last can be sent again.
fn keep_or_complete(
    ticket: &Ticket,
    session: &Arc<Session>,
    writer: &mut LaneWriter,
    ending: Result<()>,
) -> Result<Option<Published>> {
    let _alone = session.settling();
    let is_last = {
        let mut extents = session.state().extents.clone();
        extents.add(&(writer.kept..writer.position));
        extents.prefix() == session.length
    };
    if !is_last {
        return writer.keep(writer.position).and(ending).map(|()| None);
    }
    match complete(ticket, session, writer) {
        Ok(published) => Ok(Some(published)),
        Err(Error::Lost) => Err(Error::Lost),
        Err(error) => {
            if let Error::Unsynced(errno) = error {
                session.doubt(errno);
            }
            session.forget_hashes();
            let all_but_the_last = writer.position - 1;
            writer.keep(all_but_the_last).and(Err(error))
        }
    }
}

fn complete(ticket: &Ticket, session: &Session, writer: &LaneWriter) -> Result<Published> {
    let hashers = session.hash_to_the_end()?;
    let mut state = session.state();
    publish_staged(
        &writer.agent,
        ticket,
        &mut state.upload,
        &session.part,
        hashers.finish(),
    )
}

fn hash_in_the_background(session: Arc<Session>) {
    in_bulk(move || {
        if let Err(error) = session.hash_behind() {
            tracing::debug!(%error, "the beginning of an upload could not be hashed");
        }
    });
}

/// Which bytes of an upload are stored, as a header says it. The caller has its turn.
pub(crate) fn extents_of(upload: &Upload) -> Result<String> {
    let length = upload.length().unwrap_or(0);
    if upload.is_published() {
        return Ok(format!("0-{length}"));
    }
    let (_, extents) = Log::open(&upload.staging, &upload.id.extents(), length)?;
    Ok(extents.to_string())
}

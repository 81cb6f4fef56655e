//! The lanes of one upload that are at work, and what they have stored together.
//!
//! A session holds the upload's turn as long as a lane is at work: whoever asks for the upload as a whole
//! (HEAD, DELETE) ends all of them, and a lane that begins where another one is at work ends that one only.

use std::collections::HashMap;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::io::Errno;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::extents::Extents;
use super::log::Log;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;
use crate::upload::digest::Hashers;
use crate::upload::id::UploadId;
use crate::upload::publish::durable;
use crate::upload::store::Upload;
use crate::upload::turns::Turn;
use crate::upload::writer::beyond_the_end;

/// More gaps than any client leaves; what is remembered of an upload is bounded.
const MOST_EXTENTS: usize = 10_000;
/// How much is hashed in one go, behind the lanes.
const HASHED_BYTES: u64 = 32 << 20;

type Seats = HashMap<UploadId, Arc<tokio::sync::Mutex<Weak<Session>>>>;

/// The sessions of a volume.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Seats>);

/// The lanes of one upload.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: UploadId,
    pub(super) part: Arc<OwnedFd>,
    pub(super) length: u64,
    /// Cancelled when somebody asks for the upload as a whole.
    pub(super) ended: CancellationToken,
    state: Mutex<State>,
    /// Told each time that a lane is done.
    left: Notify,
    hashed: Mutex<Hashed>,
    /// Held while a lane settles: of two that end at once, one is the last.
    settling: Mutex<()>,
    /// With what a sync failed. Held while one goes on: the kernel tells only one of several of an error.
    doubt: Mutex<Option<Errno>>,
    turn: Mutex<Option<Turn>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) upload: Upload,
    pub(super) extents: Extents,
    pub(super) log: Log,
    lanes: Vec<Running>,
    next_lane: u64,
}

#[derive(Debug)]
struct Running {
    number: u64,
    range: Range<u64>,
    ended: CancellationToken,
}

/// What was hashed of the file's beginning.
#[derive(Debug)]
pub(super) struct Hashed {
    pub(super) up_to: u64,
    pub(super) hashers: Box<Hashers>,
}

/// A place in which one request writes. Nobody else does until it is dropped.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) session: Arc<Session>,
    pub(super) range: Range<u64>,
    /// Cancelled when a newer request wants this place.
    pub(super) ended: CancellationToken,
    number: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    /// Joins the session of an upload, or begins one.
    pub(super) async fn join(
        &self,
        agent: &Arc<Agent>,
        ticket: &Ticket,
        id: &UploadId,
    ) -> Result<Arc<Session>> {
        let seat = {
            let mut seats = locked(&self.0);
            seats.retain(|_, seat| {
                Arc::strong_count(seat) > 1
                    || seat
                        .try_lock()
                        .is_ok_and(|session| session.strong_count() > 0)
            });
            Arc::clone(seats.entry(id.clone()).or_default())
        };
        let mut seat = seat.lock().await;
        if let Some(session) = seat
            .upgrade()
            .filter(|session| !session.ended.is_cancelled())
        {
            return Ok(session);
        }
        let mut turn = agent.volume.turns().take(id).await?;
        let (agent, subject, id) = (Arc::clone(agent), ticket.subject.clone(), id.clone());
        let session = blocking(move || {
            let now = agent.clock.now();
            let mut upload = Upload::load(&agent.volume, &id, &subject, now)?;
            let length = upload.length().ok_or(Error::Gone)?;
            let part = upload.part.take().ok_or_else(finished)?;
            let (log, extents) = Log::open(&upload.staging, &id.extents(), length)?;
            let (up_to, hashers) = turn.take_any_hash();
            Ok(Arc::new(Session {
                id,
                part: Arc::new(part),
                length,
                ended: turn.ended().clone(),
                state: Mutex::new(State {
                    upload,
                    extents,
                    log,
                    lanes: Vec::new(),
                    next_lane: 0,
                }),
                left: Notify::new(),
                hashed: Mutex::new(Hashed { up_to, hashers }),
                settling: Mutex::default(),
                doubt: Mutex::default(),
                turn: Mutex::new(Some(turn)),
            }))
        })
        .await?;
        *seat = Arc::downgrade(&session);
        Ok(session)
    }
}

fn finished() -> Error {
    Error::conflict("The file is whole and has its name.")
}

impl Session {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(super) fn settling(&self) -> MutexGuard<'_, ()> {
        locked(&self.settling)
    }

    /// Takes a place for a request that begins at `start` and says that it will end at `end`, if it says so.
    /// Ends the lanes that are at work there, and waits until what they had received is safe.
    pub(super) async fn enter(self: &Arc<Self>, start: u64, end: Option<u64>) -> Result<Lane> {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if let Some(lane) = self.try_enter(start, end)? {
                return Ok(lane);
            }
            tokio::select! {
                () = self.ended.cancelled() => return Err(Error::Overtaken),
                () = left => {}
            }
        }
    }

    fn try_enter(self: &Arc<Self>, start: u64, end: Option<u64>) -> Result<Option<Lane>> {
        let mut state = self.state();
        if state.upload.is_published() {
            return Err(finished());
        }
        let most = state.extents.next_after(start).unwrap_or(self.length);
        let range = start..end.unwrap_or(most);
        if range.end > self.length {
            return Err(beyond_the_end());
        }
        if let Some(stored) = state.extents.overlapping(&range) {
            return Err(Error::Conflict(format!(
                "The bytes from {} to before {} are stored already: ask where the gaps are.",
                stored.start, stored.end
            )));
        }
        if state.extents.count() >= MOST_EXTENTS {
            return Err(Error::conflict(
                "There are too many gaps in this file: fill some before you begin more.",
            ));
        }
        let mut is_free = true;
        for lane in &state.lanes {
            if lane.range.start < range.end && range.start < lane.range.end {
                lane.ended.cancel();
                is_free = false;
            }
        }
        if !is_free {
            return Ok(None);
        }
        let number = state.next_lane;
        state.next_lane += 1;
        let ended = self.ended.child_token();
        state.lanes.push(Running {
            number,
            range: range.clone(),
            ended: ended.clone(),
        });
        Ok(Some(Lane {
            session: Arc::clone(self),
            range,
            ended,
            number,
        }))
    }

    /// Hashes what is stored without a gap from the beginning on, as far as it goes. Somebody who is at it
    /// already goes on alone.
    pub(super) fn hash_behind(&self) -> Result<()> {
        let Ok(mut hashed) = self.hashed.try_lock() else {
            return Ok(());
        };
        loop {
            let stored = self.state().extents.prefix();
            let to = stored.min(hashed.up_to + HASHED_BYTES);
            if to == hashed.up_to || self.ended.is_cancelled() {
                return Ok(());
            }
            let from = hashed.up_to;
            hashed.up_to = hashed.hashers.read(&self.part, from, to)?;
            if hashed.up_to < to {
                return Err(Error::Lost);
            }
        }
    }

    /// The hashes of the whole file, all bytes of which are written.
    pub(super) fn hash_to_the_end(&self) -> Result<Box<Hashers>> {
        let mut hashed = locked(&self.hashed);
        let from = hashed.up_to;
        hashed.up_to = hashed.hashers.read(&self.part, from, self.length)?;
        if hashed.up_to == self.length {
            Ok(hashed.hashers.clone())
        } else {
            Err(Error::Lost)
        }
    }

    /// Makes what all lanes have written durable. Once that failed, what any of them wrote since the last time is in
    /// doubt, and the session ends: what is noted stays, and the next one has the rest sent again.
    pub(super) fn sync(&self) -> Result<()> {
        let mut doubt = locked(&self.doubt);
        if let Some(errno) = *doubt {
            return Err(Error::Unsynced(errno));
        }
        let synced = durable(rustix::fs::fdatasync(&*self.part));
        if let Err(Error::Unsynced(errno)) = synced {
            *doubt = Some(errno);
            self.ended.cancel();
        }
        synced
    }

    /// Notes that another sync of what belongs to it failed.
    pub(super) fn doubt(&self, errno: Errno) {
        *locked(&self.doubt) = Some(errno);
        self.ended.cancel();
    }

    /// Starts the hashes anew: the bytes behind them were not those that stayed.
    pub(super) fn forget_hashes(&self) {
        *locked(&self.hashed) = Hashed {
            up_to: 0,
            hashers: Box::default(),
        };
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let hashed = locked(&self.hashed);
        if let Some(mut turn) = locked(&self.turn).take() {
            turn.keep_hash(hashed.up_to, Some(hashed.hashers.clone()));
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut state = self.session.state();
        state.lanes.retain(|lane| lane.number != self.number);
        drop(state);
        self.session.left.notify_waiters();
    }
}

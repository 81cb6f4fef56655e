//! Whose turn it is on an upload: the newest request's.
//!
//! A request that stalls must not lock its upload: the next one ends it and waits only until what it had
//! received is safe.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use super::digest::Hashers;
use super::id::UploadId;
use crate::error::{Error, Result};

/// Hashes that have taken in all bytes up to an offset.
pub(crate) type HashedUpTo = (u64, Box<Hashers>);

/// The uploads that somebody is at, or was at lately.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<UploadId, Arc<Seat>>>);

#[derive(Debug, Default)]
struct Seat {
    newest: Mutex<CancellationToken>,
    hashed: Arc<tokio::sync::Mutex<Option<HashedUpTo>>>,
}

/// The right to work on one upload, until it is dropped or somebody newer comes.
#[derive(Debug)]
pub(crate) struct Turn {
    ended: CancellationToken,
    hashed: OwnedMutexGuard<Option<HashedUpTo>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    /// Ends whatever request is at this upload and takes its place.
    ///
    /// # Errors
    /// Overtaken, when somebody newer came while this one waited.
    pub(crate) async fn take(&self, id: &UploadId) -> Result<Turn> {
        let seat = Arc::clone(locked(&self.0).entry(id.clone()).or_default());
        let ended = CancellationToken::new();
        std::mem::replace(&mut *locked(&seat.newest), ended.clone()).cancel();
        let hashed = Arc::clone(&seat.hashed).lock_owned().await;
        if ended.is_cancelled() {
            return Err(Error::Overtaken);
        }
        Ok(Turn { ended, hashed })
    }

    /// Takes the place only if nobody has it.
    pub(crate) fn take_if_free(&self, id: &UploadId) -> Option<Turn> {
        let seat = Arc::clone(locked(&self.0).entry(id.clone()).or_default());
        let hashed = Arc::clone(&seat.hashed).try_lock_owned().ok()?;
        Some(Turn {
            ended: CancellationToken::new(),
            hashed,
        })
    }

    /// Forgets those that nobody is at and nothing is remembered of.
    pub(crate) fn tidy(&self) {
        // Seats are handed out under this lock only, so one that has no other owner now is nobody's.
        locked(&self.0).retain(|_, seat| {
            let is_taken = Arc::strong_count(seat) > 1 || Arc::strong_count(&seat.hashed) > 1;
            is_taken
                || seat
                    .hashed
                    .try_lock()
                    .map_or(true, |hashed| hashed.is_some())
        });
    }

    /// Forgets an upload that is no more. Who still has a turn keeps it.
    pub(crate) fn forget(&self, id: &UploadId) {
        locked(&self.0).remove(id);
    }
}

impl Turn {
    /// Resolves when somebody newer wants the upload.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// The hashes of all bytes before `offset`, if they are known without reading them again.
    pub(crate) fn take_hash(&mut self, offset: u64) -> Option<Box<Hashers>> {
        match self.hashed.take() {
            Some((up_to, hasher)) if up_to == offset => Some(hasher),
            _ if offset == 0 => Some(Box::default()),
            _ => None,
        }
    }

    /// The hashes of as many bytes as are known, from the beginning on.
    pub(crate) fn take_any_hash(&mut self) -> HashedUpTo {
        self.hashed.take().unwrap_or_default()
    }

    /// Remembers the hashes for the next request.
    pub(crate) fn keep_hash(&mut self, offset: u64, hasher: Option<Box<Hashers>>) {
        *self.hashed = hasher.map(|hasher| (offset, hasher));
    }
}

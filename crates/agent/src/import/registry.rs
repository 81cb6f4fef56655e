//! The imports of one volume: those that run, and for a while those that ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::VolumePath;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use wire::ImportStanding;

use super::board::Board;
use super::record::ImportRecord;
use crate::error::{Error, Result};

/// How long an import that ended can still be asked about.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(1);
const MOST_REMEMBERED: usize = 100;

/// The imports of one volume, by the ids that the console gave them.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    known: Mutex<HashMap<String, Arc<Import>>>,
    pub(crate) record: ImportRecord,
}

/// One import, as those see it who do not work on it.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) id: String,
    /// The folder that it fills.
    pub(super) into: VolumePath,
    pub(super) board: Board,
    /// Cancelled when it is to end, for whatever reason.
    pub(super) ending: CancellationToken,
    is_canceled: AtomicBool,
    is_interrupted: AtomicBool,
    /// Cancelled when nothing of it runs any more.
    pub(super) over: CancellationToken,
    ended_at: Mutex<Option<Timestamp>>,
}

impl Imports {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Import>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The import of this id, where it is known.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Import>> {
        self.known().get(id).cloned()
    }

    /// Notes an import that begins now. Answers the one that runs under this id instead, if one does.
    pub(super) fn begin(
        &self,
        import: Import,
        most: usize,
        now: Timestamp,
    ) -> Result<Result<Arc<Import>, Arc<Import>>> {
        let mut known = self.known();
        forget(&mut known, now);
        if let Some(running) = known.get(&import.id).filter(|import| !import.is_over()) {
            return Ok(Err(Arc::clone(running)));
        }
        if known.values().filter(|import| !import.is_over()).count() >= most {
            return Err(Error::TooManyImports(most));
        }
        let import = Arc::new(import);
        known.insert(import.id.clone(), Arc::clone(&import));
        Ok(Ok(import))
    }

    /// Whether one runs.
    pub(crate) fn are_running(&self) -> bool {
        self.known().values().any(|import| !import.is_over())
    }

    /// Ends all that run; what they stored stays, and what they staged goes.
    pub(crate) fn cancel_all(&self) {
        for import in self.known().values() {
            import.cancel();
        }
    }
}

/// Forgets what ended long ago, and the oldest of too many.
fn forget(known: &mut HashMap<String, Arc<Import>>, now: Timestamp) {
    known.retain(|_, import| {
        let ended_at = *import.ended_at();
        ended_at.is_none_or(|at| now.duration_since(at) < REMEMBERED_FOR)
    });
    while known.len() >= MOST_REMEMBERED {
        let ended = known
            .values()
            .filter_map(|import| Some(((*import.ended_at())?, import.id.clone())))
            .min();
        let Some((_, id)) = ended else { return };
        known.remove(&id);
    }
}

impl Import {
    pub(super) fn new(id: String, into: VolumePath, stopping: &CancellationToken) -> Self {
        Self {
            id,
            into,
            board: Board::new(),
            ending: stopping.child_token(),
            is_canceled: AtomicBool::new(false),
            is_interrupted: AtomicBool::new(false),
            over: CancellationToken::new(),
            ended_at: Mutex::new(None),
        }
    }

    fn ended_at(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.ended_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn standing(&self) -> ImportStanding {
        self.board.standing()
    }

    fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Ends it because somebody wants that.
    pub(super) fn cancel(&self) {
        self.is_canceled.store(true, Ordering::SeqCst);
        self.ending.cancel();
    }

    pub(super) fn is_canceled(&self) -> bool {
        self.is_canceled.load(Ordering::SeqCst)
    }

    /// Notes that it ended with the agent: that is no end for who ordered it.
    pub(super) fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::SeqCst)
    }

    /// Nothing of it runs any more.
    pub(super) fn close(&self, now: Timestamp) {
        self.board.close(self.is_canceled());
        *self.ended_at() = Some(now);
        self.over.cancel();
    }
}

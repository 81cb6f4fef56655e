//! Which data volumes are looked at, and when.
//!
//! Several are looked at side by side, each by one task at a time: measuring a volume with millions of
//! files takes minutes, and what somebody else just made must not wait for that.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use domain::DataVolumeId;
use jiff::Timestamp;
use tokio::task::{JoinError, JoinSet};

use super::TRIED_AGAIN;
use crate::error::chain;
use crate::{Result, Service};

/// How many volumes are looked at side by side.
const AT_ONCE: usize = 8;
/// How many that are due are read at a time.
const BATCH: u32 = 100;
/// How many that were looked at are put off together: each time waits for the disk.
const PUT_OFF_TOGETHER: usize = 32;
/// How long the reconciler sleeps at most.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long it sleeps at least while volumes are looked at: those stay due until they are done.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// How long it sleeps at most where other consoles write to the database too: nobody wakes it then.
const LONGEST_SLEEP_OF_SEVERAL: Duration = Duration::from_secs(1);
/// How long it sleeps when the database fails.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// One that was looked at.
struct Looked {
    id: DataVolumeId,
    /// When it was due.
    seen_at: Timestamp,
    /// When to look again.
    next: Timestamp,
}

/// The volumes that are looked at now, and those before and behind them. Each stays due until it is put off.
#[derive(Default)]
struct Work {
    waiting: VecDeque<DataVolumeId>,
    /// Tasks of their own: one that holds the connection that the round waits for must go on meanwhile.
    running: JoinSet<Looked>,
    looked: Vec<Looked>,
    /// Of all three.
    ids: HashSet<DataVolumeId>,
}

impl Work {
    /// Waits until one is done; for ever when there is none.
    async fn one_done(&mut self) {
        match self.running.join_next().await {
            Some(Ok(looked)) => self.looked.push(looked),
            Some(Err(error)) => resume(error),
            None => std::future::pending().await,
        }
    }

    /// Whether it is time to put off what was looked at: nobody waits, or it is much.
    fn is_full(&self) -> bool {
        self.looked.len() >= PUT_OFF_TOGETHER || self.waiting.is_empty()
    }
}

/// A task ends early by a panic only, which is this one's too.
pub(crate) fn resume(error: JoinError) {
    if let Ok(panic) = error.try_into_panic() {
        std::panic::resume_unwind(panic);
    }
}

impl Service {
    pub(crate) fn wake(&self) {
        self.0.wake_reconciler.notify_one();
    }

    /// Looks at volumes for ever. Begins with every one of its clusters once: what happened while the console
    /// was away is not known.
    pub(super) async fn go_round_for_ever(&self) {
        if let Err(error) = self.look_at_everything().await {
            tracing::error!(
                error = chain(&error),
                "the reconciler could not begin with every data volume"
            );
        }
        let mut work = Work::default();
        loop {
            let sleep = self.take_on(&mut work).await.unwrap_or_else(|error| {
                tracing::error!(
                    error = chain(&error),
                    "the reconciler could not read what is due"
                );
                AFTER_FAILURE
            });
            tokio::select! {
                () = work.one_done() => {}
                () = tokio::time::sleep(sleep) => {}
                () = self.0.wake_reconciler.notified() => {}
            }
        }
    }

    async fn look_at_everything(&self) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        for cluster in self.0.clusters.keys() {
            tx.reconcile_all_at(cluster, self.0.clock.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Does all that is due; answers how long nothing will be.
    ///
    /// # Errors
    /// When the database fails. Failures of single volumes are logged and tried again.
    pub async fn reconcile_due(&self) -> Result<Duration> {
        let mut work = Work::default();
        loop {
            let sleep = self.take_on(&mut work).await?;
            if work.ids.is_empty() {
                return Ok(sleep);
            }
            work.one_done().await;
        }
    }

    /// Puts off what was looked at and begins with volumes that are due, as many as there is room for; answers when
    /// to ask again, should nothing happen before.
    async fn take_on(&self, work: &mut Work) -> Result<Duration> {
        if work.is_full() {
            self.put_off(work).await?;
        }
        let now = self.0.clock.now();
        let mut next = None;
        if work.waiting.is_empty() {
            let mut tx = self.0.store.read().await?;
            for id in tx.due_for_reconciliation(now, BATCH).await? {
                if work.ids.insert(id) {
                    work.waiting.push_back(id);
                }
            }
            next = tx.next_reconciliation().await?;
        }
        while work.running.len() < AT_ONCE
            && let Some(id) = work.waiting.pop_front()
        {
            work.running.spawn(self.clone().look_at(id, now));
        }
        let sleep = next
            .map_or(LONGEST_SLEEP, |at| {
                // Due by now is less than nothing.
                Duration::try_from(at.duration_since(self.0.clock.now())).unwrap_or_default()
            })
            .min(self.longest_sleep());
        Ok(if work.ids.is_empty() {
            sleep
        } else {
            sleep.max(SHORTEST_SLEEP)
        })
    }

    fn longest_sleep(&self) -> Duration {
        if self.0.store.is_shared() {
            LONGEST_SLEEP_OF_SEVERAL
        } else {
            LONGEST_SLEEP
        }
    }

    /// Looks at one volume.
    async fn look_at(self, id: DataVolumeId, seen_at: Timestamp) -> Looked {
        let again = self.reconcile(id).await.unwrap_or_else(|error| {
            tracing::warn!(data_volume = %id, error = chain(&error), "reconciling failed");
            TRIED_AGAIN
        });
        Looked {
            id,
            seen_at,
            next: self.0.clock.now() + again,
        }
    }

    /// Puts off what was looked at, unless somebody made it due again since.
    async fn put_off(&self, work: &mut Work) -> Result<()> {
        if work.looked.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.store.begin().await?;
        for looked in &work.looked {
            tx.reconcile_later(looked.id, looked.seen_at, looked.next)
                .await?;
        }
        tx.commit().await?;
        for looked in work.looked.drain(..) {
            work.ids.remove(&looked.id);
        }
        Ok(())
    }
}

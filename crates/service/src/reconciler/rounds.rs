//! Which data volumes are looked at, and when.
//!
//! Several are looked at side by side, each by one task at a time: measuring a volume with millions of
//! files takes minutes, and what somebody else just made must not wait for that.

use std::collections::HashSet;
use std::time::Duration;

use domain::DataVolumeId;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;

use super::TRIED_AGAIN;
use crate::error::chain;
use crate::{Result, Service};

/// How many volumes are looked at side by side.
const AT_ONCE: usize = 8;
/// How many that are due are read at a time: more than are ever looked at.
const BATCH: u32 = 50;
/// How long the reconciler sleeps at most.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long it sleeps at least while volumes are looked at: those stay due until they are done.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// How long it sleeps at most where other consoles write to the database too: nobody wakes it then.
const LONGEST_SLEEP_OF_SEVERAL: Duration = Duration::from_secs(1);
/// How long it sleeps when the database fails.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The volumes that are looked at now.
#[derive(Default)]
struct Work {
    running: FuturesUnordered<BoxFuture<'static, DataVolumeId>>,
    ids: HashSet<DataVolumeId>,
}

impl Work {
    /// Waits until one is done; for ever when there is none.
    async fn one_done(&mut self) {
        match self.running.next().await {
            Some(id) => {
                self.ids.remove(&id);
            }
            None => std::future::pending().await,
        }
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

    /// Begins with volumes that are due, as many as there is room for; answers when to ask again, should
    /// nothing happen before.
    async fn take_on(&self, work: &mut Work) -> Result<Duration> {
        let now = self.0.clock.now();
        let mut tx = self.0.store.read().await?;
        for id in tx.due_for_reconciliation(now, BATCH).await? {
            if work.ids.len() == AT_ONCE {
                return Ok(self.longest_sleep());
            }
            if work.ids.insert(id) {
                work.running.push(Box::pin(self.clone().look_at(id, now)));
            }
        }
        let next = tx.next_reconciliation().await?;
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

    /// Looks at one volume and puts it off, unless somebody made it due again since `seen_at`.
    async fn look_at(self, id: DataVolumeId, seen_at: Timestamp) -> DataVolumeId {
        let again = self.reconcile(id).await.unwrap_or_else(|error| {
            tracing::warn!(data_volume = %id, error = chain(&error), "reconciling failed");
            TRIED_AGAIN
        });
        let put_off = async {
            let mut tx = self.0.store.begin().await?;
            tx.reconcile_later(id, seen_at, self.0.clock.now() + again)
                .await?;
            Ok::<(), crate::Error>(tx.commit().await?)
        };
        if let Err(error) = put_off.await {
            tracing::error!(data_volume = %id, error = chain(&error), "putting a data volume off failed");
        }
        id
    }
}

//! What happens on clusters makes the data volumes due that it is about, at once.
//!
//! A cluster says that something is different, and nothing of it is believed: the look that follows asks
//! the cluster again.

use std::collections::HashSet;
use std::time::Duration;

use cluster::Change;
use domain::{DataVolumeId, ScopeId};
use futures::StreamExt as _;
use futures::stream;

use super::rounds::AFTER_FAILURE;
use crate::error::chain;
use crate::{Result, Service};

/// How many changes are looked up together.
const TOGETHER: usize = 500;
/// For how long changes are gathered: one verb makes several.
const GATHERED_FOR: Duration = Duration::from_millis(50);

impl Service {
    /// Follows the clusters for ever.
    pub(super) async fn follow_clusters(&self) {
        let each = self.0.clusters.iter().map(|(id, cluster)| {
            let id = id.clone();
            let changes = cluster.changes();
            changes.map(move |change| (id.clone(), change)).boxed()
        });
        let mut changes = stream::select_all(each).ready_chunks(TOGETHER);
        while let Some(first) = changes.next().await {
            tokio::time::sleep(GATHERED_FOR).await;
            let mut happened: HashSet<(ScopeId, Change)> = first.into_iter().collect();
            if let Some(Some(more)) = futures::FutureExt::now_or_never(changes.next()) {
                happened.extend(more);
            }
            while let Err(error) = self.make_due(&happened).await {
                tracing::error!(
                    error = chain(&error),
                    "what happened on a cluster could not be noted"
                );
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
        // Without clusters there is nothing to follow, which is no end.
        std::future::pending::<()>().await;
    }

    /// Makes the data volumes due that changes are about.
    async fn make_due(&self, happened: &HashSet<(ScopeId, Change)>) -> Result<()> {
        let whole: HashSet<&ScopeId> = happened
            .iter()
            .filter(|(_, change)| *change == Change::Everything)
            .map(|(cluster, _)| cluster)
            .collect();
        let mut concerned: HashSet<DataVolumeId> = HashSet::new();
        let mut tx = self.0.store.read().await?;
        for (cluster, change) in happened {
            if let Change::Claim { project, claim } = change
                && !whole.contains(cluster)
            {
                let ids = tx.data_volumes_of_claim(cluster, &project.0, claim).await?;
                concerned.extend(ids);
            }
        }
        drop(tx);
        if whole.is_empty() && concerned.is_empty() {
            return Ok(());
        }
        let now = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        for cluster in whole {
            tx.reconcile_all_at(cluster, now).await?;
        }
        for id in concerned {
            tx.reconcile_at(id, Some(now)).await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(())
    }
}

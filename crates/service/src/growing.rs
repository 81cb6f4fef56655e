//! More room for a data volume. It never gets less, and the cluster decides whether it can have more.

use authz::{Action, Caller};
use domain::{Bytes, DataVolumeId, EventKind, Phase};
use wire::DataVolumeView;

use crate::files::claim_key;
use crate::{Error, Result, Service};

impl Service {
    /// Asks for more room. The capacity follows when the storage has grown.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`] for no size, [`Error::Conflict`] when the
    /// storage is not ready or cannot grow, [`Error::ClusterAway`].
    pub async fn grow_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        size: Bytes,
    ) -> Result<DataVolumeView> {
        let answer = self.grow(caller, id, size).await;
        self.noted(caller, EventKind::Edited, id, answer).await
    }

    async fn grow(&self, caller: &Caller, id: DataVolumeId, size: Bytes) -> Result<DataVolumeView> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::Edit, id).await?;
        if size.0 == 0 {
            return Err(Error::invalid("sizeBytes", "Ask for more than it has."));
        }
        if volume.thing.phase != Phase::Ready {
            return Err(Error::Conflict(
                "Its storage is not ready: it can grow when it is.".into(),
            ));
        }
        let claim = claim_key(&mut tx, &volume).await?;
        drop(tx);
        let cluster = self.cluster_at(&volume.place)?;
        cluster.grow_claim(&claim, size).await?;
        let mut tx = self.0.store.begin().await?;
        tx.reconcile_at(id, Some(self.0.clock.now())).await?;
        tx.record(&self.event(
            Some(caller),
            EventKind::Edited,
            &volume,
            format!("size: {size}"),
        ))
        .await?;
        tx.commit().await?;
        self.announce(EventKind::Edited, &volume);
        self.wake();
        self.show_data_volume(caller, id).await
    }
}

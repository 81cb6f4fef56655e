//! Deletion as programs ask for it: nobody looks at a dialog, so what is shared is not deleted at all.

use authz::{Action, Caller};
use domain::{DataVolumeId, EventKind};
use wire::DeleteDataVolume;

use crate::{Error, Result, Service};

impl Service {
    /// Deletes a data volume that is shared with nobody. One that is being deleted already stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] while it is shared, with the scopes.
    pub async fn delete_unshared_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<()> {
        let checked = self.unshared(caller, id).await;
        let kind = EventKind::DeletionRequested;
        let confirmed = self.noted(caller, kind, id, checked).await?;
        self.delete_data_volume(caller, id, confirmed).await
    }

    /// What confirms the deletion of a data volume that is shared with nobody.
    async fn unshared(&self, caller: &Caller, id: DataVolumeId) -> Result<DeleteDataVolume> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::Delete, id).await?;
        let shares = tx.shares_of(id).await?;
        let mount_count = tx.mounts_of(id).await?.len() as u64;
        drop(tx);
        if !shares.is_empty() {
            let tree = self.tree().await?;
            let seen: Vec<String> = shares
                .iter()
                .filter(|share| caller.sees_scope(&share.scope))
                .map(|share| tree.name(share.scope.id()))
                .collect();
            return Err(Error::Conflict(still_shared(&seen, shares.len())));
        }
        Ok(DeleteDataVolume {
            name: volume.thing.name.to_string(),
            // Mounts without a share are on their way out.
            seen_mount_count: mount_count,
        })
    }
}

fn still_shared(seen: &[String], count: usize) -> String {
    let others = match (seen.len(), count - seen.len()) {
        (_, 0) => String::new(),
        (0, others) => format!("{others} scopes that you may not see"),
        (_, others) => format!(" and {others} more"),
    };
    format!(
        "It is shared with {}{others}. Take the shares back first.",
        seen.join(", ")
    )
}

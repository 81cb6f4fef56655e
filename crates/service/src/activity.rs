//! The Activity tab.

use authz::{Action, Caller};
use domain::{Actor, DataVolumeId};
use wire::ActivityView;

use crate::{Result, Service};

/// The most entries on the tab.
const SHOWN: u32 = 200;

impl Service {
    /// What happened to a data volume, newest first.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the caller can see no such data volume.
    pub async fn list_activity(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<Vec<ActivityView>> {
        let mut tx = self.0.store.read().await?;
        Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        let events = tx.events_of(id, SHOWN).await?;
        Ok(events
            .into_iter()
            .map(|event| ActivityView {
                kind: event.kind,
                by: match event.actor {
                    Actor::Console => None,
                    Actor::Person { name, .. } | Actor::Application { name, .. } => Some(name),
                },
                subject: event.subject,
                happened_at: event.happened_at,
            })
            .collect())
    }
}

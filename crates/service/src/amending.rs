//! Description and tags of a data volume.

use authz::{Action, Caller};
use domain::{DataVolumeId, EventKind, NameError};
use jiff::Timestamp;
use wire::{DataVolumeEdit, DataVolumeView};

use crate::data_volumes::tags;
use crate::{Error, Result, Service};

/// What is to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amendment {
    /// One line about it, at most 127 characters.
    pub description: Option<String>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
    /// When the data volume was last changed, as the caller knows it; `None`: whatever it is.
    pub seen_updated_at: Option<Timestamp>,
}

impl Service {
    /// Changes description and tags.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn edit_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        edit: DataVolumeEdit,
    ) -> Result<DataVolumeView> {
        let amendment = Amendment {
            description: Some(edit.description),
            tags: Some(edit.tags),
            seen_updated_at: None,
        };
        self.amend_data_volume(caller, id, amendment).await
    }

    /// Changes description, tags or both, unless somebody else did since the caller looked.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Changed`].
    pub async fn amend_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        amendment: Amendment,
    ) -> Result<DataVolumeView> {
        let answer = self.amend(caller, id, amendment).await;
        self.noted(caller, EventKind::Edited, id, answer).await
    }

    async fn amend(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        amendment: Amendment,
    ) -> Result<DataVolumeView> {
        let mut tx = self.0.store.begin().await?;
        let mut volume = Self::authorized_volume(&mut tx, caller, Action::Edit, id).await?;
        let seen = amendment.seen_updated_at;
        if seen.is_some_and(|seen| seen != volume.thing.updated_at) {
            return Err(Error::Changed);
        }
        if let Some(description) = amendment.description {
            volume.thing.description = description
                .parse()
                .map_err(|error: NameError| Error::invalid("description", error.to_string()))?;
        }
        if let Some(texts) = amendment.tags {
            volume.thing.tags = tags(&texts)?;
        }
        volume.thing.updated_at = self.0.clock.now();
        tx.save_data_volume(&volume.thing).await?;
        let subject = "description and tags";
        tx.record(&self.event(Some(caller), EventKind::Edited, &volume, subject))
            .await?;
        tx.commit().await?;
        self.announce(EventKind::Edited, &volume);
        self.show_data_volume(caller, id).await
    }
}

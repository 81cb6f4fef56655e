//! What changes now, told to the pages that are open.
//!
//! A change travels with the place of its data volume, so that each listener hears only what they may
//! see, without a look into the database. Their rights are read again when an access rule was made or
//! removed; who lost or got one, is sent away to ask anew.

use authz::{Action, Caller};
use domain::{DataVolume, DataVolumeId, EventKind, Placed, Reach, ScopePath, Standing};
use futures::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::Told;
use tokio_stream::wrappers::BroadcastStream;
use uuid::Uuid;
use wire::ChangeView;

use crate::error::chain;
use crate::{Result, Service};

/// For how long a listener's rights hold without a look, should the rule have been changed on another
/// replica.
const RIGHTS_HOLD: SignedDuration = SignedDuration::from_secs(30);

/// What every open page is told.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// Something happened to a data volume.
    Change(Change),
    /// An access rule was made or removed.
    AccessRules,
    /// Something that nobody knows: whoever listens is to read everything anew.
    Missed,
}

/// The same, as one console tells it to another.
#[derive(Serialize, Deserialize)]
struct Notice {
    /// Which console says it.
    by: Uuid,
    /// What; `None` for access rules.
    change: Option<(EventKind, DataVolumeId, ScopePath)>,
}

/// A change and where it happened.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    kind: EventKind,
    data_volume_id: DataVolumeId,
    place: ScopePath,
    reaches: Vec<Reach>,
}

impl Standing for Change {
    fn place(&self) -> &ScopePath {
        &self.place
    }

    fn reaches(&self) -> &[Reach] {
        &self.reaches
    }
}

/// Somebody with a page open.
struct Listener<S> {
    service: Service,
    caller: Caller,
    rights_read_at: Timestamp,
    heard: S,
}

impl Service {
    /// Tells open pages; nobody listening is no fault.
    pub(crate) fn announce(&self, kind: EventKind, volume: &Placed<DataVolume>) {
        self.tell(Heard::Change(Change {
            kind,
            data_volume_id: volume.thing.id,
            place: volume.place.clone(),
            reaches: volume.reaches.clone(),
        }));
    }

    pub(crate) fn tell(&self, heard: Heard) {
        if self.0.store.is_shared() {
            let change = match &heard {
                Heard::Change(change) => {
                    Some((change.kind, change.data_volume_id, change.place.clone()))
                }
                Heard::AccessRules | Heard::Missed => None,
            };
            let by = self.0.console_id;
            let notice = serde_json::to_string(&Notice { by, change }).unwrap_or_default();
            let store = self.0.store.clone();
            tokio::spawn(async move {
                if let Err(error) = store.tell_others(&notice).await {
                    tracing::warn!(
                        error = chain(&error),
                        "other consoles do not hear of a change"
                    );
                }
            });
        }
        let _ = self.0.changes.send(heard);
    }

    /// Tells open pages what happens on other consoles that share the database, for ever.
    pub async fn hear_others_for_ever(self) {
        let mut told = self.0.store.told();
        while let Some(told) = told.next().await {
            let heard = match told {
                Told::Missed => Some(Heard::Missed),
                Told::Said(text) => self.heard_of(&text).await,
            };
            if let Some(heard) = heard {
                let _ = self.0.changes.send(heard);
            }
        }
    }

    /// What another console said; `None` for what this one said itself.
    async fn heard_of(&self, text: &str) -> Option<Heard> {
        let Ok(notice) = serde_json::from_str::<Notice>(text) else {
            // A console of another version.
            return Some(Heard::Missed);
        };
        if notice.by == self.0.console_id {
            return None;
        }
        let Some((kind, data_volume_id, place)) = notice.change else {
            return Some(Heard::AccessRules);
        };
        let volume = async {
            let mut tx = self.0.store.read().await?;
            tx.data_volume(data_volume_id).await
        };
        match volume.await {
            Ok(volume) => Some(Heard::Change(Change {
                kind,
                data_volume_id,
                place,
                reaches: volume.map(|volume| volume.reaches).unwrap_or_default(),
            })),
            Err(_) => Some(Heard::Missed),
        }
    }

    /// The changes that the caller may see, from now on. Ends when their rights change: whoever listens
    /// anew does so with the rights of then. A listener too slow to keep up misses some and reads the page
    /// anew with the next.
    pub fn changes(&self, caller: Caller) -> impl Stream<Item = ChangeView> + Send + use<> {
        let listener = Listener {
            service: self.clone(),
            rights_read_at: self.0.clock.now(),
            caller,
            heard: BroadcastStream::new(self.0.changes.subscribe()),
        };
        stream::unfold(listener, |mut listener| async move {
            let change = listener.next().await?;
            Some((change, listener))
        })
    }
}

impl<S: Stream<Item = std::result::Result<Heard, E>> + Unpin, E> Listener<S> {
    async fn next(&mut self) -> Option<ChangeView> {
        loop {
            // What was missed may have been that an access rule went.
            let heard = self.heard.next().await?.unwrap_or(Heard::AccessRules);
            if matches!(heard, Heard::Missed) {
                return None;
            }
            let now = self.service.0.clock.now();
            let is_stale = now.duration_since(self.rights_read_at) >= RIGHTS_HOLD;
            if is_stale || matches!(heard, Heard::AccessRules) {
                match self.has_same_rights().await {
                    Ok(true) => self.rights_read_at = now,
                    Ok(false) => return None,
                    Err(error) => {
                        tracing::error!(
                            error = chain(&error),
                            "a listener's rights cannot be read; their stream ends"
                        );
                        return None;
                    }
                }
            }
            if let Heard::Change(change) = heard
                && self.caller.may(Action::See, &change)
            {
                return Some(ChangeView {
                    kind: change.kind,
                    data_volume_id: change.data_volume_id,
                });
            }
        }
    }

    async fn has_same_rights(&self) -> Result<bool> {
        let mut tx = self.service.0.store.read().await?;
        let renewed = self.service.renewed(&mut tx, &self.caller).await?;
        Ok(renewed.grants() == self.caller.grants())
    }
}

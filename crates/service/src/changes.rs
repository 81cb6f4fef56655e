//! What changes now, told to the pages that are open.
//!
//! A change travels with the place of its data volume, so that each listener hears only what they may
//! see, without a look into the database.

use authz::{Action, Caller};
use domain::{DataVolume, DataVolumeId, EventKind, Placed, ScopePath, ShareMode, Standing};
use futures::{Stream, StreamExt};
use tokio_stream::wrappers::BroadcastStream;
use wire::ChangeView;

use crate::Service;

/// A change and where it happened.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    kind: EventKind,
    data_volume_id: DataVolumeId,
    place: ScopePath,
    reaches: Vec<(ScopePath, ShareMode)>,
}

impl Standing for Change {
    fn place(&self) -> &ScopePath {
        &self.place
    }

    fn reaches(&self) -> &[(ScopePath, ShareMode)] {
        &self.reaches
    }
}

impl Service {
    /// Tells open pages; nobody listening is no fault.
    pub(crate) fn announce(&self, kind: EventKind, volume: &Placed<DataVolume>) {
        let _ = self.0.changes.send(Change {
            kind,
            data_volume_id: volume.thing.id,
            place: volume.place.clone(),
            reaches: volume.reaches.clone(),
        });
    }

    /// The changes that the caller may see, from now on. A listener too slow to keep up misses some and
    /// reads the page anew with the next.
    pub fn changes(&self, caller: Caller) -> impl Stream<Item = ChangeView> + Send + use<> {
        BroadcastStream::new(self.0.changes.subscribe()).filter_map(move |change| {
            let heard = change.ok().filter(|change| caller.may(Action::See, change));
            std::future::ready(heard.map(|change| ChangeView {
                kind: change.kind,
                data_volume_id: change.data_volume_id,
            }))
        })
    }
}

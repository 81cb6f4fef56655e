//! The Activity tab.

use authz::{Action, Caller};
use domain::{Actor, DataVolumeId, Event, EventKind, VolumePath};
use wire::ActivityView;

use crate::files::RENAMED_TO;
use crate::{Result, Service};

/// The most entries on the tab.
const SHOWN: usize = 200;
/// How many are looked through for them by somebody who may see a part.
const LOOKED_THROUGH: u32 = 2_000;

impl Service {
    /// What happened to a data volume, newest first. Who sees a folder of it alone is told of no file outside.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the caller can see no such data volume.
    pub async fn list_activity(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<Vec<ActivityView>> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        let folders = caller.folders(Action::See, &volume);
        let events = tx.events_of(id, LOOKED_THROUGH).await?;
        Ok(events
            .into_iter()
            .filter(|event| lies_within(event, &folders))
            .take(SHOWN)
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

/// Whether all files that an entry names lie in one of the folders.
fn lies_within(event: &Event, folders: &[VolumePath]) -> bool {
    if !event.kind.is_about_files() || folders.iter().any(VolumePath::is_root) {
        return true;
    }
    let is_seen = |path: &str| {
        let path = path.parse::<VolumePath>();
        path.is_ok_and(|path| folders.iter().any(|folder| path.is_within(folder)))
    };
    if event.kind != EventKind::Renamed {
        return is_seen(&event.subject);
    }
    // A name may hold an arrow too: however the two are told apart, neither may lie outside.
    let mut arrows = event.subject.match_indices(RENAMED_TO).peekable();
    arrows.peek().is_some()
        && arrows.all(|(at, arrow)| {
            let (from, to) = (&event.subject[..at], &event.subject[at + arrow.len()..]);
            is_seen(from) && is_seen(to)
        })
}

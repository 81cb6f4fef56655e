//! The data volume that the page shows, shared by its header and its tabs.
//!
//! It is read anew in place: forms and dialogs that are open stay as they are while the status changes
//! around them.

use domain::{DataVolumeId, EventKind, Phase};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{DataVolumeView, Problem};

use crate::live;
use crate::server_fns::show_data_volume;

/// What the page shows.
#[derive(Clone, Copy)]
pub(crate) struct OpenVolume {
    /// Its id.
    pub(crate) id: DataVolumeId,
    /// As last read.
    pub(crate) view: RwSignal<DataVolumeView>,
    /// Why it could not be read last time.
    pub(crate) problem: RwSignal<Option<Problem>>,
    /// Grows with every change that was heard of; what depends on it is read anew.
    pub(crate) changes: RwSignal<u32>,
    /// The same for changes of files.
    pub(crate) file_changes: RwSignal<u32>,
    asked: StoredValue<u32>,
}

impl OpenVolume {
    /// Shows what was read for the first time, and follows its changes from then on.
    pub(crate) fn provide(first: DataVolumeView) -> Self {
        let open = Self {
            id: first.id,
            view: RwSignal::new(first),
            problem: RwSignal::new(None),
            changes: RwSignal::new(0),
            file_changes: RwSignal::new(0),
            asked: StoredValue::new(0),
        };
        provide_context(open);
        live::on_change(
            move |change| change.data_volume_id == open.id && !is_about_files(change.kind),
            move || open.read_anew(),
        );
        live::on_change(
            move |change| change.data_volume_id == open.id && is_about_files(change.kind),
            move || {
                open.file_changes.update(|changes| *changes += 1);
                open.read_anew();
            },
        );
        open
    }

    /// Asks the server once more. Only the newest answer counts.
    pub(crate) fn read_anew(self) {
        // The page may have been left since this was planned.
        let Some(turn) = self.asked.try_update_value(|asked| {
            *asked = asked.wrapping_add(1);
            *asked
        }) else {
            return;
        };
        self.changes.update(|changes| *changes += 1);
        spawn_local(async move {
            let answer = show_data_volume(self.id).await;
            if self.asked.try_get_value() != Some(turn) {
                return;
            }
            match answer {
                Ok(view) => {
                    self.view.set(view);
                    self.problem.set(None);
                }
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    /// After the person who looks changed files: the listing and the amounts.
    pub(crate) fn files_changed(self) {
        self.file_changes.update(|changes| *changes += 1);
        self.read_anew();
    }

    /// What it is called.
    pub(crate) fn name(self) -> Signal<String> {
        Memo::new(move |_| self.view.with(|view| view.name.clone())).into()
    }

    /// Whether the reader may change its files.
    pub(crate) fn may_write(self) -> Signal<bool> {
        Memo::new(move |_| self.view.with(|view| view.may.write_files)).into()
    }

    /// Where it stands.
    pub(crate) fn phase(self) -> Signal<Phase> {
        Memo::new(move |_| self.view.with(|view| view.phase)).into()
    }
}

/// The data volume that the page around shows.
///
/// # Panics
/// Outside of the page of one data volume.
pub(crate) fn use_open_volume() -> OpenVolume {
    expect_context()
}

fn is_about_files(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::FileStored | EventKind::FolderMade | EventKind::Renamed | EventKind::FileDeleted
    )
}

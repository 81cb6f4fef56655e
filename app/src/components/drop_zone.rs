//! A part of a page onto which files and folders can be dropped.
//!
//! It says where they will go before they are let go. The pickers beside it do the same for people who do
//! not drag.

use domain::{DataVolumeId, VolumePath};
use leptos::ev::DragEvent;
use leptos::prelude::*;

use super::uploader_context::{Destination, has_files, use_upload_queue};
use crate::ui::{Glyph, Icon};

/// Takes what is dropped on its children.
#[component]
pub(crate) fn DropZone(
    /// The data volume.
    #[prop(into)]
    volume_id: Signal<DataVolumeId>,
    /// Its name.
    #[prop(into)]
    volume_name: Signal<String>,
    /// The folder that is open.
    #[prop(into)]
    folder: Signal<VolumePath>,
    /// Whether this person may upload.
    #[prop(into)]
    may_write: Signal<bool>,
    /// Called when files were stored by the queue, at most every two seconds.
    #[prop(optional, into)]
    on_stored: Option<Callback<()>>,
    /// What it covers.
    children: Children,
) -> impl IntoView {
    let queue = use_upload_queue();
    // Entering a child comes before leaving its parent, so that the two are counted.
    let depth = RwSignal::new(0_i32);
    let destination = move || Destination {
        volume_id: volume_id.get(),
        volume_name: volume_name.get(),
        folder: folder.get(),
    };
    if let Some(on_stored) = on_stored {
        Effect::new(move |before: Option<u64>| {
            let stored = queue.stored();
            if before.is_some_and(|before| before != stored) {
                on_stored.run(());
            }
            stored
        });
    }
    let enter = move |event: DragEvent| {
        if has_files(&event) {
            event.prevent_default();
            queue.expect_files();
            depth.update(|depth| *depth += 1);
        }
    };
    let leave = move |event: DragEvent| {
        if has_files(&event) {
            depth.update(|depth| *depth = (*depth - 1).max(0));
        }
    };
    let over = move |event: DragEvent| {
        if !has_files(&event) {
            return;
        }
        event.prevent_default();
        if let Some(dragged) = event.data_transfer() {
            dragged.set_drop_effect(if may_write.get_untracked() {
                "copy"
            } else {
                "none"
            });
        }
    };
    let take = move |event: DragEvent| {
        if !has_files(&event) {
            return;
        }
        event.prevent_default();
        depth.set(0);
        if let Some(dropped) = event.data_transfer().filter(|_| may_write.get_untracked()) {
            queue.add_dropped(untrack(destination), &dropped);
        }
    };
    let veil = move || {
        (depth.get() > 0).then(|| {
            let words = if may_write.get() {
                format!("Drop to upload to {}", destination().words())
            } else {
                format!("You may read {}, but not upload to it", volume_name.get())
            };
            view! {
                <div class="drop-zone__veil" class:drop-zone__veil--refused=move || !may_write.get()>
                    <p class="drop-zone__words">
                        <Icon glyph=if may_write.get() { Glyph::Upload } else { Glyph::Warning }/>
                        {words}
                    </p>
                </div>
            }
        })
    };
    view! {
        <div
            class="drop-zone"
            on:dragenter=enter
            on:dragleave=leave
            on:dragover=over
            on:drop=take
        >
            {children()}
            {veil}
        </div>
    }
}

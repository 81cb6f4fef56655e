//! What an earlier page left behind. Where the browser kept the way to the files, one press goes on; elsewhere the
//! person is asked for the same files, and what the server has of them is not sent again.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uploader::{Remembered, Wish};

use super::super::upload_pickers::Picker;
use super::super::uploader_context::{Destination, UploadQueueContext};
use super::words::files;
use crate::ui::{Button, Glyph, Icon, Look};

/// One line for each place that files were going to.
#[component]
pub(super) fn LeftBehind(
    /// The queue.
    queue: UploadQueueContext,
) -> impl IntoView {
    let all = Memo::new(move |_| {
        queue
            .read(|view| view.left_behind.clone())
            .unwrap_or_default()
    });
    let key = |left: &Remembered| (left.volume_id, left.folder.clone());
    view! {
        <Broken queue/>
        <For each=move || all.get() key children=move |left| line(queue, left)/>
    }
}

/// The queue ended: the worker's code could not be loaded, or failed.
#[component]
fn Broken(
    /// The queue.
    queue: UploadQueueContext,
) -> impl IntoView {
    move || {
        queue.is_broken().then(|| {
            view! {
                <section class="upload-queue__left-behind tone-bad" aria-label="Stopped uploads" role="alert">
                    <Icon glyph=Glyph::Warning/>
                    <p>
                        <strong>"Uploads stopped."</strong>
                        " Load this page again to go on: what is stored is not sent twice."
                    </p>
                </section>
            }
        })
    }
}

fn line(queue: UploadQueueContext, left: Remembered) -> impl IntoView {
    let destination = Destination {
        volume_id: left.volume_id,
        volume_name: left.volume_name.clone(),
        folder: left.folder.clone(),
    };
    let were = if left.file_count == 1 { "was" } else { "were" };
    let place = destination.words();
    let number = files(u64::from(left.file_count));
    let destination = Signal::stored(destination);
    let has_handles = RwSignal::new(left.has_handles);
    let left = StoredValue::new(left);
    let discard = move |()| queue.wish(Wish::Discard(left.get_value()));
    let go_on = move |()| {
        spawn_local(async move {
            if !queue.go_on_with(left.get_value()).await {
                // The line may be gone meanwhile.
                has_handles.try_set(false);
            }
        });
    };
    let said = move || {
        if has_handles.get() {
            " Go on where it stopped: the browser may ask whether this page may read the files again."
        } else {
            " Choose the same files or the same folder again to go on: what is stored is not sent twice."
        }
    };
    let choices = move || {
        if has_handles.get() {
            view! { <Button look=Look::Primary icon=Glyph::Play on_press=go_on>"Go on"</Button> }
                .into_any()
        } else {
            view! {
                <Picker destination icon=Glyph::File words="Choose files"/>
                <Picker destination icon=Glyph::Folder is_folder=true words="Choose folder"/>
            }
            .into_any()
        }
    };
    view! {
        <section class="upload-queue__left-behind tone-warn" aria-label="Interrupted uploads">
            <Icon glyph=Glyph::Warning/>
            <p>
                <strong>{number} " for " {place} " " {were} " interrupted."</strong>
                {said}
            </p>
            <span class="upload-queue__actions">
                {choices}
                <Button look=Look::Quiet on_press=discard>"Discard"</Button>
            </span>
        </section>
    }
}

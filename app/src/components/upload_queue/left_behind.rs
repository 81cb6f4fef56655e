//! What an earlier page left behind: a browser opens no file again by itself, so the person is asked for
//! the same files, and what the server has of them is not sent again.

use leptos::prelude::*;
use uploader::Remembered;

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
            .read(|queue, _| queue.left_behind().to_vec())
            .unwrap_or_default()
    });
    let key = |left: &Remembered| (left.volume_id, left.folder.clone());
    view! { <For each=move || all.get() key children=move |left| line(queue, left)/> }
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
    let discard = move |()| queue.wish(|queue, _| queue.discard(&left));
    view! {
        <section class="upload-queue__left-behind tone-warn" aria-label="Interrupted uploads">
            <Icon glyph=Glyph::Warning/>
            <p>
                <strong>{number} " for " {place} " " {were} " interrupted."</strong>
                " Choose the same files or the same folder again to go on: what is stored is not sent twice."
            </p>
            <span class="upload-queue__actions">
                <Picker destination icon=Glyph::File words="Choose files"/>
                <Picker destination icon=Glyph::Folder is_folder=true words="Choose folder"/>
                <Button look=Look::Quiet on_press=discard>"Discard"</Button>
            </span>
        </section>
    }
}

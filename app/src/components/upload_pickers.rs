//! The buttons “Upload files” and “Upload folder”.
//!
//! They work only once the page is alive, and say so until then: choosing files for a queue that is not
//! there would lose them.

use domain::{DataVolumeId, VolumePath};
use leptos::html;
use leptos::prelude::*;

use super::uploader_context::{Destination, UploadQueueContext, use_upload_queue};
use crate::ui::{Button, Glyph, Look};

/// Both buttons.
#[component]
pub(crate) fn UploadPickers(
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
) -> impl IntoView {
    let destination = Signal::derive(move || Destination {
        volume_id: volume_id.get(),
        volume_name: volume_name.get(),
        folder: folder.get(),
    });
    let refusal = Signal::derive(move || {
        (!may_write.get()).then(|| {
            "You may read this data volume, but not upload to it. Its editors and administrators can.".to_owned()
        })
    });
    view! {
        <span class="upload-pickers">
            <Picker destination refusal look=Look::Primary icon=Glyph::Upload key="u" words="Upload files"/>
            <Picker destination refusal icon=Glyph::FolderPlus is_folder=true words="Upload folder"/>
        </span>
    }
}

/// A button that asks for files, or for a folder with all that is in it.
#[component]
pub(crate) fn Picker(
    /// Where they go.
    #[prop(into)]
    destination: Signal<Destination>,
    /// Why they cannot go there.
    #[prop(optional, into)]
    refusal: Signal<Option<String>>,
    /// How it looks.
    #[prop(optional)]
    look: Look,
    /// A drawing in front.
    icon: Glyph,
    /// The key that presses it.
    #[prop(optional)]
    key: Option<&'static str>,
    /// Whether it asks for a folder.
    #[prop(optional)]
    is_folder: bool,
    /// The button's words.
    words: &'static str,
) -> impl IntoView {
    let queue = use_upload_queue();
    let input = NodeRef::<html::Input>::new();
    let refusal = Signal::derive(move || {
        refusal
            .get()
            .or_else(|| (!queue.is_ready()).then(|| "The page is still loading.".to_owned()))
    });
    let ask = move |()| {
        queue.expect_files();
        ask_for_files(queue, input, is_folder, destination);
    };
    let take = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(files) = input.files().filter(|files| files.length() > 0) {
            queue.add_files(destination.get_untracked(), &files);
        }
        // Otherwise choosing the same files again would be no change.
        input.set_value("");
    };
    let button = match key {
        Some(key) => {
            view! { <Button look icon key refusal on_press=ask>{words}</Button> }.into_any()
        }
        None => view! { <Button look icon refusal on_press=ask>{words}</Button> }.into_any(),
    };
    view! {
        {button}
        <input
            node_ref=input
            class="upload-pickers__input"
            type="file"
            multiple=true
            hidden=true
            prop:webkitdirectory=is_folder
            aria-label=words
            on:change=take
        />
    }
}

/// By the browser's own pickers where it has them: what they give can be found again after a reload.
#[cfg(feature = "hydrate")]
fn ask_for_files(
    queue: UploadQueueContext,
    input: NodeRef<html::Input>,
    is_folder: bool,
    destination: Signal<Destination>,
) {
    leptos::task::spawn_local(async move {
        match uploader::browser::page::pick(is_folder).await {
            Some(picked) if picked.is_empty() => {}
            Some(picked) => queue.add_picked(destination.get_untracked(), picked),
            None => {
                if let Some(input) = input.get_untracked() {
                    input.click();
                }
            }
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn ask_for_files(_: UploadQueueContext, _: NodeRef<html::Input>, _: bool, _: Signal<Destination>) {}

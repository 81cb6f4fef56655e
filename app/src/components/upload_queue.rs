//! The queue of uploads at the bottom of every page.
//!
//! Only the browser has one: the server draws an empty place, and the queue appears in it when there is
//! something to say.

#[cfg(feature = "hydrate")]
mod dock;
#[cfg(feature = "hydrate")]
mod left_behind;
#[cfg(feature = "hydrate")]
mod list;
#[cfg(feature = "hydrate")]
pub(crate) mod words;

use leptos::prelude::*;

use super::uploader_context::{UploadQueueContext, use_upload_queue};

/// The place of the queue. Once, in the frame.
#[component]
pub(crate) fn UploadQueue() -> impl IntoView {
    let queue = use_upload_queue();
    let is_shown = Memo::new(move |_| has_something_to_say(queue));
    view! { <div class="upload-queue">{move || is_shown.get().then(|| draw(queue))}</div> }
}

#[cfg(not(feature = "hydrate"))]
fn has_something_to_say(_: UploadQueueContext) -> bool {
    false
}

#[cfg(not(feature = "hydrate"))]
fn draw(_: UploadQueueContext) -> AnyView {
    ().into_any()
}

#[cfg(feature = "hydrate")]
fn has_something_to_say(queue: UploadQueueContext) -> bool {
    queue.is_ready()
        && queue
            .read(|queue, uploader| {
                queue.row_count(uploader::Filter::All) > 0
                    || !queue.left_behind().is_empty()
                    || uploader.found().is_some()
            })
            .unwrap_or_default()
}

#[cfg(feature = "hydrate")]
fn draw(queue: UploadQueueContext) -> AnyView {
    view! {
        <left_behind::LeftBehind queue/>
        <dock::Dock queue/>
        <super::conflict_dialog::ConflictDialog queue/>
    }
    .into_any()
}

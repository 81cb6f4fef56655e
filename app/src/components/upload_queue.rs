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
    let is_shown = Memo::new(move |_| queue.has_something_to_say());
    // In no `Suspense`: that keeps its content out of the document for a moment, where no dialog can open.
    let content = move || is_shown.get().then(|| Suspend::new(draw(queue)));
    view! { <div class="upload-queue">{content}</div> }
}

#[cfg(not(feature = "hydrate"))]
fn draw(_: UploadQueueContext) -> std::future::Ready<AnyView> {
    std::future::ready(().into_any())
}

/// A split point: what shows the queue is loaded when there is something to show.
#[cfg(feature = "hydrate")]
#[lazy]
fn draw(queue: UploadQueueContext) -> AnyView {
    view! {
        <left_behind::LeftBehind queue/>
        <dock::Dock queue/>
        <super::conflict_dialog::ConflictDialog queue/>
    }
    .into_any()
}

//! Asked once when names are taken: replace, keep both, or leave what is there.
//!
//! It comes up with the first conflict. Whoever closes it decides later, from the queue; until then
//! everything else goes on.

use domain::Bytes;
use leptos::prelude::*;
use uploader::{Choice, Conflict, Wish};

use super::uploader_context::UploadQueueContext;
use crate::ui::{Button, Checkbox, Dialog, Look, MiddleCut, count};

/// The question.
#[component]
pub(crate) fn ConflictDialog(
    /// The queue.
    queue: UploadQueueContext,
) -> impl IntoView {
    let conflict = Memo::new(move |_| queue.read(|view| view.conflict.clone()).flatten());
    let number = Memo::new(move |_| {
        queue
            .read(|view| view.overview.conflicts)
            .unwrap_or_default()
    });
    let is_asked = queue.is_asked();
    let has_conflict = Memo::new(move |_| conflict.with(Option::is_some));
    Effect::new(move |_| is_asked.set(has_conflict.get()));
    let title = Signal::derive(move || {
        if number.get() > 1 {
            "Some names are taken".to_owned()
        } else {
            "This name is taken".to_owned()
        }
    });
    view! {
        <Dialog is_open=is_asked id="upload-conflict" title>
            {move || conflict.get().map(|conflict| question(queue, conflict, number))}
        </Dialog>
    }
}

fn question(queue: UploadQueueContext, conflict: Conflict, number: Memo<u32>) -> AnyView {
    let is_for_all = RwSignal::new(number.get_untracked() > 1);
    let id = conflict.id;
    let decide = move |choice: Choice| {
        let is_for_all = is_for_all.get_untracked();
        queue.wish(Wish::Decide {
            id,
            choice,
            is_for_all,
        });
    };
    let more = move || match number.get() {
        0 | 1 => None,
        2 => Some("The same is so with one more name.".to_owned()),
        number => Some(format!(
            "The same is so with {} more names.",
            count(u64::from(number - 1))
        )),
    };
    view! {
        <div class="upload-conflict">
            <p>
                {conflict.volume_name} " has another file of this name already:"
            </p>
            <p class="upload-conflict__path"><MiddleCut text=conflict.path/></p>
            <p class="muted">{format!("Yours has {}.", Bytes(conflict.size_bytes))}</p>
            <p class="muted">{more}</p>
            <Checkbox
                label="Do the same with all names that are taken, also those that come later"
                name="for-all"
                is_checked=is_for_all
                on_change=move |is_checked| is_for_all.set(is_checked)
            />
            <div class="upload-conflict__choices">
                <Button look=Look::Danger on_press=move |()| decide(Choice::Replace)>"Replace"</Button>
                <Button on_press=move |()| decide(Choice::KeepBoth)>"Keep both"</Button>
                <Button on_press=move |()| decide(Choice::Skip)>"Leave what is there"</Button>
            </div>
            <p class="muted">
                "Replacing happens in one step, when the new file is whole. Keep both stores yours as “name (2)”."
            </p>
        </div>
    }
    .into_any()
}

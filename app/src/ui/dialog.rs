//! A question or a form in front of the page.
//!
//! The browser's own `dialog`: it keeps the focus inside, closes on Escape and gives the focus back to
//! what opened it.

use leptos::html;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Shown while `is_open`. Whatever closes it (Escape, the cross, a click outside) sets that to `false`.
#[component]
pub(crate) fn Dialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// Unique on the page; names the heading's id too.
    #[prop(into)]
    id: String,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is as wide as a page needs for tables.
    #[prop(optional)]
    is_wide: bool,
    /// What to ask or show; drawn anew each time it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let is_open = is_open.get();
        let Some(dialog) = dialog.get() else { return };
        if is_open && !dialog.open() {
            // Fails only for a dialog that left the document meanwhile.
            let _ = dialog.show_modal();
        } else if !is_open && dialog.open() {
            dialog.close();
        }
    });
    let heading_id = format!("{id}-title");
    let labelled_by = heading_id.clone();
    view! {
        <dialog
            node_ref=dialog
            id=id
            class=if is_wide { "dialog dialog--wide" } else { "dialog" }
            closedby="any"
            aria-labelledby=labelled_by
            on:close=move |_| is_open.set(false)
        >
            <header class="dialog__header">
                <h2 id=heading_id>{move || title.get()}</h2>
                <button
                    type="button"
                    class="button button--quiet button--icon"
                    aria-label="Close"
                    on:click=move |_| is_open.set(false)
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </header>
            <div class="dialog__body">{move || is_open.get().then(|| children())}</div>
        </dialog>
    }
}

//! Puts a text into the clipboard and says that it did.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::toast::use_toasts;

const SHOWN: Duration = Duration::from_secs(2);

/// Copies `text`; its label says what that is: “Copy the claim's name”.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What the button is called.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let toasts = use_toasts();
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        // The promise settles by itself; browsers refuse only where no click was made.
        let _ = window()
            .navigator()
            .clipboard()
            .write_text(&text.get_untracked());
        is_copied.set(true);
        toasts.say("Copied");
        set_timeout(
            move || {
                is_copied.try_set(false);
            },
            SHOWN,
        );
    };
    view! {
        <button
            type="button"
            class="button button--quiet button--icon copy-button"
            aria-label=label.clone()
            data-tooltip=label
            on:click=copy
        >
            {move || {
                let glyph = if is_copied.get() { Glyph::Check } else { Glyph::Copy };
                view! { <Icon glyph/> }
            }}
        </button>
    }
}

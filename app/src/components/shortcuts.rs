//! Keys: a control that carries `aria-keyshortcuts` is pressed by that key, wherever on the page it is.
//!
//! So there is no second list of what a key does: what a control's key is stands on the control. The
//! last one in the document wins, so that a page can take over a key of the frame. Only `n` works where
//! nothing carries it.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::routes;
use crate::ui::Dialog;

const KEYS: [(&str, &str); 5] = [
    ("/", "Search the data volumes"),
    ("n", "New data volume"),
    ("u", "Upload into the data volume that is open"),
    ("?", "Show these keys"),
    ("Esc", "Close what is in front"),
];

/// Listens to the keys of the window for as long as the owner lives.
pub(crate) fn listen() {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let listener = window_event_listener(ev::keydown, move |event| press(&event, &navigate));
        on_cleanup(move || listener.remove());
    });
}

fn press(event: &KeyboardEvent, navigate: &impl Fn(&str, NavigateOptions)) {
    let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    if has_modifier || event.repeat() || event.default_prevented() || is_taken(event) {
        return;
    }
    let key = event.key();
    if key.len() != 1 {
        return;
    }
    if focus_input(&key) {
        event.prevent_default();
    } else if let Some(control) = control_of(&key) {
        event.prevent_default();
        control.click();
    } else if key == "n" {
        event.prevent_default();
        navigate(&routes::new_data_volume(None), NavigateOptions::default());
    }
}

/// Puts the cursor into the input with that key; answers whether there is one.
pub(crate) fn focus_input(key: &str) -> bool {
    let Some(input) =
        control_of(key).and_then(|control| control.dyn_into::<HtmlInputElement>().ok())
    else {
        return false;
    };
    // An input that is not shown takes no focus; then nothing happens.
    let _ = input.focus();
    input.select();
    true
}

fn control_of(key: &str) -> Option<HtmlElement> {
    if matches!(key, "\"" | "\\") {
        return None;
    }
    let found = document()
        .query_selector_all(&format!("[aria-keyshortcuts=\"{key}\"]"))
        .ok()?;
    found.item(found.length().checked_sub(1)?)?.dyn_into().ok()
}

/// Whether the key belongs to something else: a text that is being typed, or a dialog in front.
fn is_taken(event: &KeyboardEvent) -> bool {
    let is_typing = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|target| {
            matches!(
                target.closest("input, textarea, select, [contenteditable]"),
                Ok(Some(_))
            )
        });
    is_typing || matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// The list of keys.
#[component]
pub(crate) fn KeysDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="keys" title="Keys">
            <dl class="keys">
                {KEYS
                    .map(|(key, meaning)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{meaning}</dd></div> })
                    .into_iter()
                    .collect::<Vec<_>>()}
            </dl>
        </Dialog>
    }
}

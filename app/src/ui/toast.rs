//! What just happened, said for a few seconds and to screen readers, with the way back where there is one.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::tone::Tone;

const SHOWN: Duration = Duration::from_secs(6);
const SHOWN_WITH_UNDO: Duration = Duration::from_secs(12);

/// What “Undo” does. Not a [`Callback`]: the message outlives the part of the page that says it.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// One message.
#[derive(Clone)]
struct Toast {
    tone: Tone,
    text: String,
    undo: Option<Undo>,
}

/// The messages of the page.
#[derive(Clone, Copy)]
pub(crate) struct ToastList {
    shown: RwSignal<Vec<(u32, Toast)>>,
    next: StoredValue<u32>,
}

/// Makes room for messages. Once, at the root.
pub(crate) fn provide_toasts() {
    provide_context(ToastList {
        shown: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
    });
}

/// The messages of the page, to add one.
///
/// # Panics
/// Outside of the root component.
pub(crate) fn use_toasts() -> ToastList {
    expect_context()
}

impl ToastList {
    /// Says that something is done.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.show(Tone::Good, text.into(), None);
    }

    /// Says that something is done, with the way back.
    pub(crate) fn say_with_undo(self, text: String, undo: impl Fn() + Send + Sync + 'static) {
        self.show(Tone::Good, text, Some(Arc::new(undo)));
    }

    /// Says why something was not done.
    pub(crate) fn refuse(self, why: String) {
        self.show(Tone::Bad, why, None);
    }

    fn show(self, tone: Tone, text: String, undo: Option<Undo>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let time = if undo.is_some() {
            SHOWN_WITH_UNDO
        } else {
            SHOWN
        };
        let toast = Toast { tone, text, undo };
        self.shown.update(|shown| shown.push((id, toast)));
        set_timeout(move || self.remove(id), time);
    }

    fn remove(self, id: u32) {
        self.shown
            .update(|shown| shown.retain(|(other, _)| *other != id));
    }
}

/// Where the messages are. The region is always there, so that screen readers listen to it.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let toasts = use_toasts();
    let draw = move |(id, toast): (u32, Toast)| {
        let glyph = if matches!(toast.tone, Tone::Bad | Tone::Warn) {
            Glyph::Warning
        } else {
            Glyph::Check
        };
        let undo = toast.undo.map(|undo| {
            let press = move |_| {
                undo();
                toasts.remove(id);
            };
            view! { <button type="button" class="button button--quiet" on:click=press>"Undo"</button> }
        });
        view! {
            <div class=format!("toast {}", toast.tone.class())>
                <Icon glyph/>
                <p>{toast.text}</p>
                {undo}
                <button
                    type="button"
                    class="button button--quiet button--icon"
                    aria-label="Dismiss"
                    on:click=move |_| toasts.remove(id)
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </div>
        }
    };
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|(id, _)| *id children=draw/>
        </div>
    }
}

//! What just happened, said for a few seconds and to screen readers, with the way back where there is one.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::tone::Tone;

const SHOWN: Duration = Duration::from_secs(6);
const SHOWN_WITH_ACTION: Duration = Duration::from_secs(12);

/// What the button of a message does. Not a [`Callback`]: the message outlives the part of the page that
/// says it.
pub(crate) type Action = Arc<dyn Fn() + Send + Sync>;

/// One message.
#[derive(Clone)]
pub(crate) struct Toast {
    /// What its colour means.
    pub(crate) tone: Tone,
    /// What happened.
    pub(crate) text: String,
    /// What can be done about it: the button's words and what it does. “Undo”, mostly.
    pub(crate) action: Option<(&'static str, Action)>,
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
        self.show(Toast {
            tone: Tone::Good,
            text: text.into(),
            action: None,
        });
    }

    /// Shows a message.
    pub(crate) fn show(self, toast: Toast) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let time = if toast.action.is_some() {
            SHOWN_WITH_ACTION
        } else {
            SHOWN
        };
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
        let action = toast.action.map(|(title, act)| {
            let press = move |_| {
                act();
                toasts.remove(id);
            };
            view! { <button type="button" class="button button--quiet" on:click=press>{title}</button> }
        });
        view! {
            <div class=format!("toast {}", toast.tone.class())>
                <Icon glyph/>
                <p>{toast.text}</p>
                {action}
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

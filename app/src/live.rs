//! What changes while a page is open: one stream of events for the whole console.
//!
//! An event only says that something changed; the page reads it anew, with the rights that the reader
//! has then. After a cut the stream comes back by itself, and everything is read anew, because events
//! may have been missed.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent};
use wire::ChangeView;

use crate::routes;

/// Changes come in bursts; this long after the last of them the page is read anew.
const SETTLED: Duration = Duration::from_millis(400);

/// The stream; `None` on the server, and until the page is alive.
#[derive(Clone, Copy)]
struct Changes(RwSignal<Option<EventSource>, LocalStorage>);

/// Opens the stream. Once, in the frame, so that strangers at the sign-in page ask for nothing.
pub(crate) fn provide_changes() {
    let stream = RwSignal::new_local(None::<EventSource>);
    provide_context(Changes(stream));
    Effect::new(move |_| stream.set(EventSource::new(routes::EVENTS).ok()));
    on_cleanup(move || {
        if let Some(stream) = stream.try_get_untracked().flatten() {
            stream.close();
        }
    });
}

/// Calls `read_anew` shortly after a change that `concerns` the page, for as long as the owner lives.
pub(crate) fn on_change(
    concerns: impl Fn(&ChangeView) -> bool + 'static,
    read_anew: impl Fn() + Clone + 'static,
) {
    let Some(Changes(stream)) = use_context::<Changes>() else { return };
    let pending = StoredValue::new_local(None::<TimeoutHandle>);
    let soon = move || {
        if let Some(Some(earlier)) = pending.try_get_value() {
            earlier.clear();
        }
        pending.try_set_value(set_timeout_with_handle(read_anew.clone(), SETTLED).ok());
    };
    let listeners = StoredValue::new_local(None::<Listeners>);
    let concerns = StoredValue::new_local(concerns);
    Effect::new(move |_| {
        let Some(stream) = stream.get() else { return };
        listeners.set_value(Some(Listeners::new(&stream, soon.clone(), move |change| {
            concerns.try_with_value(|concerns| concerns(change)).unwrap_or(false)
        })));
    });
    on_cleanup(move || {
        if let Some(Some(listeners)) = listeners.try_update_value(Option::take) {
            listeners.leave();
        }
        if let Some(Some(pending)) = pending.try_get_value() {
            pending.clear();
        }
    });
}

/// What one part of a page listens with.
struct Listeners {
    stream: EventSource,
    change: Closure<dyn FnMut(MessageEvent)>,
    open: Closure<dyn FnMut(Event)>,
}

impl Listeners {
    fn new(
        stream: &EventSource,
        soon: impl Fn() + Clone + 'static,
        concerns: impl Fn(&ChangeView) -> bool + 'static,
    ) -> Self {
        let again = soon.clone();
        let change = Closure::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            if serde_json::from_str::<ChangeView>(&text).is_ok_and(|change| concerns(&change)) {
                soon();
            }
        });
        let mut was_open = stream.ready_state() == EventSource::OPEN;
        let open = Closure::new(move |_: Event| {
            if was_open {
                again();
            }
            was_open = true;
        });
        // Adding a listener fails for no event.
        let _ = stream.add_event_listener_with_callback("message", change.as_ref().unchecked_ref());
        let _ = stream.add_event_listener_with_callback("open", open.as_ref().unchecked_ref());
        Self { stream: stream.clone(), change, open }
    }

    fn leave(self) {
        // The same for taking it away.
        let _ =
            self.stream.remove_event_listener_with_callback("message", self.change.as_ref().unchecked_ref());
        let _ = self.stream.remove_event_listener_with_callback("open", self.open.as_ref().unchecked_ref());
    }
}

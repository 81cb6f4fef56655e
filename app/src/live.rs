//! What changes while a page is open: one stream of events for the whole console.
//!
//! An event only says that something changed; the page reads it anew, with the rights that the reader
//! has then. After a cut the stream comes back by itself, and everything is read anew, because events
//! may have been missed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent};
use wire::ChangeView;

use crate::routes;

/// Changes come in bursts; this long after the last of them the page is read anew.
const SETTLED: Duration = Duration::from_millis(400);

/// The stream; `None` on the server, and until the page is alive.
#[derive(Clone, Copy)]
struct Changes(RwSignal<Option<SendWrapper<EventSource>>>);

/// Opens the stream. Once, in the frame, so that strangers at the sign-in page ask for nothing.
pub(crate) fn provide_changes() {
    let stream = RwSignal::new(None);
    provide_context(Changes(stream));
    Effect::new(move |_| {
        let Ok(opened) = EventSource::new(routes::EVENTS) else {
            return;
        };
        let opened = SendWrapper::new(opened);
        stream.set(Some(opened.clone()));
        on_cleanup(move || opened.close());
    });
}

/// Calls `read_anew` shortly after a change that `concerns` the page, for as long as the owner lives.
pub(crate) fn on_change(
    concerns: impl Fn(&ChangeView) -> bool + Clone + 'static,
    read_anew: impl Fn() + Clone + 'static,
) {
    let Some(Changes(stream)) = use_context::<Changes>() else {
        return;
    };
    Effect::new(move |_| {
        let Some(stream) = stream.get() else { return };
        let listener =
            SendWrapper::new(Listener::new(&stream, concerns.clone(), read_anew.clone()));
        on_cleanup(move || drop(listener));
    });
}

/// What one part of a page listens with, until it is dropped.
struct Listener {
    stream: EventSource,
    pending: Rc<Cell<Option<TimeoutHandle>>>,
    change: Closure<dyn FnMut(MessageEvent)>,
    open: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(
        stream: &EventSource,
        concerns: impl Fn(&ChangeView) -> bool + 'static,
        read_anew: impl Fn() + Clone + 'static,
    ) -> Self {
        let pending = Rc::new(Cell::new(None::<TimeoutHandle>));
        let soon = {
            let pending = Rc::clone(&pending);
            move || {
                let next = set_timeout_with_handle(read_anew.clone(), SETTLED).ok();
                if let Some(earlier) = pending.replace(next) {
                    earlier.clear();
                }
            }
        };
        let again = soon.clone();
        let change = Closure::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            if serde_json::from_str::<ChangeView>(&text).is_ok_and(|change| concerns(&change)) {
                soon();
            }
        });
        // Between the reading of what the page shows and this moment nobody listened.
        if stream.ready_state() == EventSource::OPEN {
            again();
        }
        let open = Closure::new(move |_: Event| again());
        // Adding a listener fails for no event.
        let _ = stream.add_event_listener_with_callback("message", change.as_ref().unchecked_ref());
        let _ = stream.add_event_listener_with_callback("open", open.as_ref().unchecked_ref());
        Self {
            stream: stream.clone(),
            pending,
            change,
            open,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let change = self.change.as_ref().unchecked_ref();
        let open = self.open.as_ref().unchecked_ref();
        // Nor does taking it away.
        let _ = self
            .stream
            .remove_event_listener_with_callback("message", change);
        let _ = self
            .stream
            .remove_event_listener_with_callback("open", open);
        if let Some(pending) = self.pending.take() {
            pending.clear();
        }
    }
}

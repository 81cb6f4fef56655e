//! What the queue has to do with the page it lives in: its end, its memory, its siblings in other tabs.
//!
//! What is to be remembered stands in `localStorage`, one entry per page, and the page holds a Web Lock of
//! the same name. An entry whose lock nobody holds belongs to a page that is gone, so another tab's uploads
//! are never taken for interrupted ones. Without Web Locks (plain HTTP) `sessionStorage` has to do, which
//! no other tab sees.

use std::cell::{Cell, RefCell};

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, HtmlAnchorElement, Storage, Url};

use super::Uploader;
use super::locks::Locks;
use crate::{Condition, Event, Queue, Remembered};

const PREFIX: &str = "stowage.uploads.";
/// Between two writes, while nothing but numbers change.
const SPACING_MS: u64 = 1_000;

/// Whether any page remembers something, this one's siblings in other tabs included.
pub(super) fn is_something_remembered() -> bool {
    storage(Locks::of_this_browser().is_some())
        .is_some_and(|storage| keys(&storage).next().is_some())
}

fn storage(has_locks: bool) -> Option<Storage> {
    let window = web_sys::window()?;
    if has_locks {
        window.local_storage()
    } else {
        window.session_storage()
    }
    .ok()
    .flatten()
}

fn keys(storage: &Storage) -> impl Iterator<Item = String> {
    (0..storage.length().unwrap_or(0))
        .filter_map(|index| storage.key(index).ok().flatten())
        .filter(|key| key.starts_with(PREFIX))
}

pub(super) struct Memory {
    storage: Option<Storage>,
    locks: Option<Locks>,
    key: String,
    is_locked: Cell<bool>,
    written: RefCell<Vec<Remembered>>,
    written_at_ms: Cell<u64>,
}

impl Memory {
    pub(super) fn of_this_page() -> Self {
        let locks = Locks::of_this_browser();
        let storage = storage(locks.is_some());
        let key = match locks {
            Some(_) => format!("{PREFIX}{}-{}", js_sys::Date::now(), js_sys::Math::random()),
            None => format!("{PREFIX}tab"),
        };
        Self {
            storage,
            locks,
            key,
            is_locked: Cell::default(),
            written: RefCell::default(),
            written_at_ms: Cell::default(),
        }
    }

    /// Holds this page's lock until the page is gone.
    pub(super) fn hold_lock(&self) {
        if let Some(locks) = &self.locks
            && !self.is_locked.replace(true)
        {
            // It is never let go of.
            locks.hold(&self.key);
        }
    }

    /// Takes over what pages that are gone left behind.
    pub(super) async fn left_behind(&self) -> Vec<Remembered> {
        let Some(storage) = &self.storage else {
            return Vec::new();
        };
        let held = match &self.locks {
            Some(locks) => locks.held().await,
            None => Vec::new(),
        };
        let keys: Vec<String> = keys(storage).filter(|key| !held.contains(key)).collect();
        let mut left_behind = Vec::new();
        for key in keys {
            let text = storage.get_item(&key).ok().flatten().unwrap_or_default();
            left_behind.extend(serde_json::from_str::<Vec<Remembered>>(&text).unwrap_or_default());
            // What cannot be removed is shown again, which harms nobody.
            let _ = storage.remove_item(&key);
        }
        if !left_behind.is_empty() {
            self.hold_lock();
        }
        left_behind
    }

    /// Writes down what the next page has to know, at most once a second while only counts change.
    pub(super) fn remember(&self, queue: &Queue, now_ms: u64) {
        if queue.is_idle() || now_ms.saturating_sub(self.written_at_ms.get()) >= SPACING_MS {
            self.write(queue);
            self.written_at_ms.set(now_ms);
        }
    }

    fn write(&self, queue: &Queue) {
        let now = queue.to_remember();
        let Some(storage) = self
            .storage
            .as_ref()
            .filter(|_| *self.written.borrow() != now)
        else {
            return;
        };
        // A storage that is full or switched off costs the next page its reminder, nothing else.
        let _ = match serde_json::to_string(&now) {
            Ok(text) if !now.is_empty() => storage.set_item(&self.key, &text),
            _ => storage.remove_item(&self.key),
        };
        *self.written.borrow_mut() = now;
    }
}

/// Saves a text as a file of the person's.
pub(super) fn save(name: &str, text: &str) -> Result<(), JsValue> {
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or(JsValue::NULL)?;
    let blob = Blob::new_with_str_sequence(&Array::of1(&text.into()))?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&address)
}

/// Listens to the page for as long as it lives.
pub(super) fn listen(uploader: &Uploader) {
    on("online", {
        let uploader = uploader.clone();
        move |_| uploader.handle(Event::Returned)
    });
    on("focus", {
        let uploader = uploader.clone();
        // Somebody who signed in again in another tab comes back.
        move |_| {
            let condition = uploader.read(|queue| queue.overview(uploader.now_ms()).condition);
            if condition == Condition::SignedOut {
                uploader.handle(Event::Returned);
            }
        }
    });
    on("beforeunload", {
        let uploader = uploader.clone();
        move |event| {
            if uploader.read(|queue| !queue.is_idle()) {
                event.prevent_default();
            }
        }
    });
    on("pagehide", {
        let uploader = uploader.clone();
        move |_| uploader.inner.memory.write(&uploader.inner.queue.borrow())
    });
}

fn on(name: &str, listener: impl Fn(web_sys::Event) + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let listener = Closure::<dyn Fn(web_sys::Event)>::new(listener).into_js_value();
    // Refused only for names that are no events.
    let _ = window.add_event_listener_with_callback(name, listener.unchecked_ref());
}

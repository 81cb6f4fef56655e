//! What a page has of the queue: a worker that holds it, and a copy of what is to be seen.
//!
//! The copy is never changed here: what a person wants is told to the worker, and its next view shows it.

mod added;
mod handles;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Blob, Event, HtmlAnchorElement, MessageEvent, Storage, Url, Window, Worker, WorkerOptions,
    WorkerType,
};

pub use added::{Dropped, chosen};
pub use handles::{Picked, pick};

use super::WORKER;
use super::message::{Beginning, News, Order, packed, unpacked};
use crate::{Condition, Remembered, Seen, Target, View, Wish};

/// Says that a worker of this browser remembers uploads. In the storage that is read at once.
const REMINDER: &str = "stowage.uploads";
/// The name of a tab, which it keeps through reloads.
const TAB: &str = "stowage.tab";

#[wasm_bindgen]
extern "C" {
    type ImportMeta;
    #[wasm_bindgen(method, getter)]
    fn url(this: &ImportMeta) -> String;
    #[wasm_bindgen(thread_local_v2, js_namespace = import, js_name = meta)]
    static IMPORT_META: ImportMeta;
}

/// The uploads of this page. Clones are the same.
#[derive(Clone)]
pub struct Uploads {
    inner: Rc<Inner>,
}

struct Inner {
    worker: Worker,
    is_ready: Cell<bool>,
    is_broken: Cell<bool>,
    /// Told to the worker when it listens.
    held: RefCell<VecDeque<Array>>,
    view: RefCell<Option<View>>,
    /// Whether files were handed over that are in no view yet.
    has_added: Cell<bool>,
    handles: RefCell<Vec<(Target, Array)>>,
    on_change: Box<dyn Fn()>,
}

/// Whether an earlier page may have left uploads behind, so that the worker has to be started at once.
pub fn is_something_remembered() -> bool {
    let storage = window().and_then(|window| window.local_storage().ok().flatten());
    storage.is_some_and(|storage| matches!(storage.get_item(REMINDER), Ok(Some(_))))
}

fn window() -> Option<Window> {
    web_sys::window()
}

/// The address of the worker's script: beside the pages' own, under the same hash.
fn worker_address() -> Option<String> {
    let ours = IMPORT_META.with(ImportMeta::url);
    let (folder, name) = ours.rsplit_once('/')?;
    let (_, hash) = name.split_once('.')?;
    Some(format!("{folder}/{WORKER}.{hash}"))
}

impl Uploads {
    /// Starts the worker, which takes over what earlier pages of this person left behind.
    ///
    /// `on_change` is called whenever there is something else to see, some times a second.
    ///
    /// # Errors
    /// When the browser lets no worker begin.
    pub fn start(person: String, on_change: impl Fn() + 'static) -> Result<Self, JsValue> {
        let beginning = Beginning { person, tab: tab() };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(&serde_json::to_string(&beginning).unwrap_or_default());
        let address = worker_address().ok_or(JsValue::NULL)?;
        let inner = Inner {
            worker: Worker::new_with_options(&address, &options)?,
            is_ready: Cell::default(),
            is_broken: Cell::default(),
            held: RefCell::default(),
            view: RefCell::default(),
            has_added: Cell::default(),
            handles: RefCell::default(),
            on_change: Box::new(on_change),
        };
        let uploads = Self {
            inner: Rc::new(inner),
        };
        uploads.listen();
        Ok(uploads)
    }

    /// Looks at the queue; `None` before the worker told of it.
    pub fn read<T>(&self, read: impl FnOnce(&View) -> T) -> Option<T> {
        self.inner.view.borrow().as_ref().map(read)
    }

    /// Whether the worker could not begin, or ended: only a new page helps.
    pub fn is_broken(&self) -> bool {
        self.inner.is_broken.get()
    }

    /// Lets the queue do something that a person wants.
    pub fn wish(&self, wish: Wish) {
        self.tell(&Order::Wish(wish), &[]);
    }

    /// Says which rows are looked at.
    pub fn look(&self, seen: Seen) {
        self.tell(&Order::Look(seen), &[]);
    }

    /// Hands the person a table of what became of each file.
    pub fn save_report(&self) {
        self.tell(&Order::SaveReport, &[]);
    }

    /// Takes files of an `<input type=file>`, those of a chosen folder with their paths.
    pub fn add_files(&self, target: Target, files: Array) {
        let uploads = self.clone();
        spawn_local(async move { added::hand_over_files(&uploads, &target, &files).await });
    }

    /// Takes what was dropped.
    pub fn add_dropped(&self, target: Target, dropped: Dropped) {
        let uploads = self.clone();
        spawn_local(async move { added::hand_over_dropped(&uploads, &target, dropped).await });
    }

    /// Takes what was chosen by the browser's own pickers.
    pub fn add_picked(&self, target: Target, picked: &Picked) {
        self.add_handles(target, &picked.0);
    }

    /// Asks whether the files may be read again, and goes on; answers whether it does. Inside the event of a press.
    pub async fn go_on_with(&self, left: Remembered) -> bool {
        let target = left.target();
        let Some(handles) = self.handles_of(&target) else {
            return false;
        };
        let is_allowed = handles::ask(&handles).await;
        if is_allowed {
            self.inner.has_added.set(true);
            self.tell(&Order::GoOnWith(left), &[]);
        }
        is_allowed
    }

    fn handles_of(&self, target: &Target) -> Option<Array> {
        let handles = self.inner.handles.borrow();
        let found = handles.iter().find(|(at, _)| at == target);
        found.map(|(_, handles)| handles.clone())
    }

    fn add_handles(&self, target: Target, handles: &Array) {
        self.inner.has_added.set(true);
        self.tell(&Order::AddHandles(target), &[handles]);
    }

    fn tell(&self, order: &Order, beside: &[&Array]) {
        let message = packed(order, beside);
        if self.inner.is_ready.get() {
            self.post(&message);
        } else {
            self.inner.held.borrow_mut().push_back(message);
        }
    }

    fn post(&self, message: &Array) {
        if self.inner.worker.post_message(message).is_err() {
            self.breaks();
        }
    }

    fn breaks(&self) {
        self.inner.is_broken.set(true);
        (self.inner.on_change)();
    }

    fn hear(&self, news: News, beside: Vec<Array>) {
        match news {
            News::Ready => {
                self.inner.is_ready.set(true);
                while let Some(message) = self.inner.held.borrow_mut().pop_front() {
                    self.post(&message);
                }
            }
            News::View(view) => {
                self.inner.has_added.set(false);
                *self.inner.view.borrow_mut() = Some(*view);
                (self.inner.on_change)();
            }
            // Refused only where the page is going away.
            News::Report(text) => drop(save("uploads.csv", &text)),
            News::Handles(left) => {
                let handles = beside.into_iter().next().unwrap_or_default();
                self.inner
                    .handles
                    .borrow_mut()
                    .push((left.target(), handles));
            }
            News::Kept(is_kept) => remind(is_kept),
        }
    }

    /// Listens to the worker and to the page for as long as it lives.
    fn listen(&self) {
        let worker = &self.inner.worker;
        let uploads = self.clone();
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some((news, beside)) = unpacked(&event.data()) {
                uploads.hear(news, beside);
            }
        });
        worker.set_onmessage(Some(hear.into_js_value().unchecked_ref()));
        let uploads = self.clone();
        let breaks = Closure::<dyn Fn(Event)>::new(move |_| uploads.breaks());
        worker.set_onerror(Some(breaks.into_js_value().unchecked_ref()));
        let uploads = self.clone();
        on("online", move |_| uploads.tell(&Order::Returned, &[]));
        let uploads = self.clone();
        // Somebody who signed in again in another tab comes back.
        on("focus", move |_| {
            let is_out = uploads.read(|view| view.overview.condition == Condition::SignedOut);
            if is_out == Some(true) {
                uploads.tell(&Order::Returned, &[]);
            }
        });
        let uploads = self.clone();
        on("beforeunload", move |event| {
            let is_busy = uploads.read(|view| !view.is_idle) == Some(true);
            if is_busy || uploads.inner.has_added.get() {
                event.prevent_default();
            }
        });
    }
}

fn on(name: &str, listener: impl Fn(Event) + 'static) {
    let Some(window) = window() else {
        return;
    };
    let listener = Closure::<dyn Fn(Event)>::new(listener).into_js_value();
    // Refused only for names that are no events.
    let _ = window.add_event_listener_with_callback(name, listener.unchecked_ref());
}

fn remind(is_kept: bool) {
    let Some(storage) = window().and_then(|window| window.local_storage().ok().flatten()) else {
        return;
    };
    // A storage that is full or switched off costs the next page its reminder, nothing else.
    let _ = if is_kept {
        storage.set_item(REMINDER, "1")
    } else {
        storage.remove_item(REMINDER)
    };
}

/// The name of this tab; another one each time where the browser keeps none.
fn tab() -> String {
    let storage: Option<Storage> =
        window().and_then(|window| window.session_storage().ok().flatten());
    let known = storage
        .as_ref()
        .and_then(|storage| storage.get_item(TAB).ok().flatten());
    known.unwrap_or_else(|| {
        let name = format!("{}-{}", js_sys::Date::now(), js_sys::Math::random());
        if let Some(storage) = storage {
            // Then the next page of this tab does not know what this one was at.
            let _ = storage.set_item(TAB, &name);
        }
        name
    })
}

/// Saves a text as a file of the person's.
fn save(name: &str, text: &str) -> Result<(), JsValue> {
    let document = window()
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

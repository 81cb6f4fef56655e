//! Carries the queue's commands out in a browser.
//!
//! Driven by finished requests, not by timers: a hidden tab's timers run once a minute. Files are handed
//! to the browser as they are (`Blob` slices); their bytes never come into this program's memory.

mod added;
mod batch;
mod checksum;
mod locks;
mod page;
mod request;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, FileList, XmlHttpRequest};

pub use added::Dropped;

use crate::{Command, Event, ItemId, Moment, Queue, Remembered, RequestId, Target};

/// The queue of this page, alive. Clones are the same queue.
#[derive(Clone)]
pub struct Uploader {
    inner: Rc<Inner>,
}

struct Inner {
    queue: RefCell<Queue>,
    files: RefCell<HashMap<ItemId, File>>,
    running: RefCell<HashMap<RequestId, XmlHttpRequest>>,
    timer: Cell<Option<i32>>,
    memory: page::Memory,
    claims: locks::Claims,
    on_change: Box<dyn Fn()>,
}

/// The time and chance of this browser.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds since 1970, after 1970"
)]
fn moment() -> Moment {
    Moment {
        now_ms: js_sys::Date::now() as u64,
        jitter: js_sys::Math::random(),
    }
}

/// Whether an earlier page may have left uploads behind, so that the queue has to be started at once.
pub fn is_something_remembered() -> bool {
    page::is_something_remembered()
}

impl Uploader {
    /// Starts the queue of this page and takes over what earlier pages left behind.
    ///
    /// `on_change` is called after everything that changes what a person sees, often.
    pub fn start(on_change: impl Fn() + 'static) -> Self {
        let inner = Inner {
            queue: RefCell::default(),
            files: RefCell::default(),
            running: RefCell::default(),
            timer: Cell::default(),
            memory: page::Memory::of_this_page(),
            claims: locks::Claims::of_this_page(),
            on_change: Box::new(on_change),
        };
        let uploader = Self {
            inner: Rc::new(inner),
        };
        page::listen(&uploader);
        spawn_local({
            let uploader = uploader.clone();
            async move {
                let left_behind = uploader.inner.memory.left_behind().await;
                uploader.take_over(left_behind);
            }
        });
        uploader
    }

    fn take_over(&self, left_behind: Vec<Remembered>) {
        if !left_behind.is_empty() {
            self.wish(|queue, _| queue.take_over(left_behind));
        }
    }

    /// Looks at the queue.
    pub fn read<T>(&self, read: impl FnOnce(&Queue) -> T) -> T {
        read(&self.inner.queue.borrow())
    }

    /// The time that goes with the queue's times.
    pub fn now_ms(&self) -> u64 {
        moment().now_ms
    }

    /// Lets the queue do something that a person wants.
    pub fn wish(&self, wish: impl FnOnce(&mut Queue, Moment) -> Vec<Command>) {
        let commands = wish(&mut self.inner.queue.borrow_mut(), moment());
        self.carry_out(commands);
    }

    /// Hands the person a table of what became of each file.
    pub fn save_report(&self) {
        let text = self.read(Queue::report);
        // Refused only where the page is going away.
        let _ = page::save("uploads.csv", &text);
    }

    /// Takes files of an `<input type=file>`, those of a chosen folder with their paths.
    pub fn add_files(&self, target: Target, files: &FileList) {
        // The list empties itself when the input is cleared for the next choice.
        let files = js_sys::Array::from(files);
        let uploader = self.clone();
        spawn_local(async move { added::take_files(&uploader, &target, files).await });
    }

    /// Takes what was dropped.
    pub fn add_dropped(&self, target: Target, dropped: Dropped) {
        let uploader = self.clone();
        spawn_local(async move { added::take_dropped(&uploader, &target, dropped).await });
    }

    fn handle(&self, event: Event) {
        let commands = self.inner.queue.borrow_mut().handle(event, moment());
        self.carry_out(commands);
    }

    fn changed(&self) {
        self.inner
            .memory
            .remember(&self.inner.queue.borrow(), moment().now_ms);
        (self.inner.on_change)();
    }

    fn carry_out(&self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Abort { request } => {
                    let running = self.inner.running.borrow_mut().remove(&request);
                    if let Some(running) = running {
                        // Refused only where there is nothing to end.
                        let _ = running.abort();
                    }
                }
                Command::Release { item } => {
                    self.inner.files.borrow_mut().remove(&item);
                    self.inner.claims.let_go(item);
                }
                Command::WakeAt { at_ms } => self.wake_at(at_ms),
                command => self.request(command),
            }
        }
        self.changed();
    }

    fn request(&self, command: Command) {
        let Ok(request) = XmlHttpRequest::new() else {
            return;
        };
        if let Command::Head { item, upload, .. } | Command::Patch { item, upload, .. } = &command {
            self.inner.claims.claim(*item, upload);
        }
        let id = command.request();
        if let Some(id) = id {
            self.inner.running.borrow_mut().insert(id, request.clone());
        }
        let uploader = self.clone();
        spawn_local(async move {
            let event = request::carry_out(&uploader, &request, command).await;
            // A request that was ended is not there any more.
            let is_wanted =
                id.is_none_or(|id| uploader.inner.running.borrow_mut().remove(&id).is_some());
            if let Some(event) = event.filter(|_| is_wanted) {
                uploader.handle(event);
            }
        });
    }

    /// Whether nobody ended a request meanwhile.
    fn is_wanted(&self, id: RequestId) -> bool {
        self.inner.running.borrow().contains_key(&id)
    }

    fn file(&self, item: ItemId) -> Option<File> {
        self.inner.files.borrow().get(&item).cloned()
    }

    fn wake_at(&self, at_ms: u64) {
        let Some(window) = web_sys::window() else {
            return;
        };
        if let Some(timer) = self.inner.timer.take() {
            window.clear_timeout_with_handle(timer);
        }
        let wait_ms = i32::try_from(at_ms.saturating_sub(moment().now_ms)).unwrap_or(i32::MAX);
        let uploader = self.clone();
        let wake = Closure::once_into_js(move || {
            uploader.inner.timer.set(None);
            uploader.handle(Event::Tick);
        });
        let timer = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(wake.unchecked_ref(), wait_ms);
        self.inner.timer.set(timer.ok());
    }
}

//! Carries the queue's commands out, in a worker of a page.
//!
//! Driven by finished requests, not by timers: a hidden tab's timers run once a minute. Files are handed
//! to the browser as they are (`Blob` slices); single files are read once for their checksums, through a small
//! buffer, and once more by the browser when it sends them.

mod added;
mod batch;
mod checksum;
mod database;
mod files;
mod locks;
mod memory;
mod orders;
mod request;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, XmlHttpRequest};

use super::message::{News, packed};
use crate::{Command, Event, Moment, Queue, RequestId, Seen};

pub use orders::run;

/// Between two views that the page is told of unasked: small files end by the hundred a second.
const TOLD_EVERY_MS: u64 = 150;
/// Between two of them while nothing happens: rates and times left go on, and may run out.
const TOLD_IN_SILENCE_MS: u64 = 1_000;

/// The queue of a page, alive. Clones are the same queue.
#[derive(Clone)]
struct Uploader {
    inner: Rc<Inner>,
}

struct Inner {
    queue: RefCell<Queue>,
    files: files::Files,
    running: RefCell<HashMap<RequestId, XmlHttpRequest>>,
    wake: Cell<Option<i32>>,
    memory: memory::Memory,
    claims: locks::Claims,
    seen: Cell<Seen>,
    tell: Cell<Option<Appointment>>,
}

/// When the page is told next.
#[derive(Clone, Copy)]
struct Appointment {
    timer: i32,
    at_ms: u64,
}

/// What this code runs in.
fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
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

fn tell(news: &News, beside: &[&Array]) {
    // Refused only for what cannot be copied; handles and texts can.
    let _ = scope().post_message(&packed(news, beside));
}

/// Does something later; answers how to prevent it.
fn later(wait_ms: u64, what: impl FnOnce() + 'static) -> Option<i32> {
    let wait_ms = i32::try_from(wait_ms).unwrap_or(i32::MAX);
    let what = Closure::once_into_js(what);
    let timer = scope()
        .set_timeout_with_callback_and_timeout_and_arguments_0(what.unchecked_ref(), wait_ms);
    timer.ok()
}

impl Uploader {
    fn new(memory: memory::Memory) -> Self {
        let inner = Inner {
            queue: RefCell::default(),
            files: files::Files::default(),
            running: RefCell::default(),
            wake: Cell::default(),
            memory,
            claims: locks::Claims::of_this_page(),
            seen: Cell::default(),
            tell: Cell::default(),
        };
        Self {
            inner: Rc::new(inner),
        }
    }

    fn handle(&self, event: Event) {
        let commands = self.inner.queue.borrow_mut().handle(event, moment());
        self.carry_out(commands);
    }

    /// Tells the page what it sees now.
    fn tell_now(&self) {
        if let Some(Appointment { timer, .. }) = self.inner.tell.take() {
            scope().clear_timeout_with_handle(timer);
        }
        let now_ms = moment().now_ms;
        let view = self
            .inner
            .queue
            .borrow()
            .view(self.inner.seen.get(), now_ms);
        let is_idle = view.is_idle;
        tell(&News::View(Box::new(view)), &[]);
        if !is_idle {
            self.tell_within(TOLD_IN_SILENCE_MS);
        }
    }

    /// Tells the page before so much time has passed.
    fn tell_within(&self, wait_ms: u64) {
        let at_ms = moment().now_ms + wait_ms;
        if let Some(Appointment { timer, at_ms: made }) = self.inner.tell.get() {
            if made <= at_ms {
                return;
            }
            scope().clear_timeout_with_handle(timer);
        }
        let uploader = self.clone();
        let timer = later(wait_ms, move || {
            uploader.inner.tell.set(None);
            uploader.tell_now();
        });
        self.inner
            .tell
            .set(timer.map(|timer| Appointment { timer, at_ms }));
    }

    fn changed(&self) {
        self.inner
            .memory
            .remember(&self.inner.queue.borrow(), moment().now_ms);
        self.tell_within(TOLD_EVERY_MS);
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
                    self.inner.files.let_go(item);
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

    fn wake_at(&self, at_ms: u64) {
        if let Some(timer) = self.inner.wake.take() {
            scope().clear_timeout_with_handle(timer);
        }
        let uploader = self.clone();
        let timer = later(at_ms.saturating_sub(moment().now_ms), move || {
            uploader.inner.wake.set(None);
            uploader.handle(Event::Tick);
        });
        self.inner.wake.set(timer);
    }
}

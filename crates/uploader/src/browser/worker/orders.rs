//! What the page tells its worker to do.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use super::memory::Memory;
use super::{Uploader, added, moment, scope, tell};
use crate::browser::message::{Beginning, News, Order, unpacked};
use crate::{Command, Event, Moment, Queue, Remembered};

/// Begins with the work of a worker, and takes over what earlier pages left behind.
pub fn run() {
    let Ok(Beginning { person, tab }) = serde_json::from_str(&scope().name()) else {
        return;
    };
    spawn_local(async move {
        let memory = Memory::open(person, tab).await;
        let left_behind = memory.take_over().await;
        let uploader = Uploader::new(memory);
        listen(&uploader);
        tell(&News::Ready, &[]);
        uploader.offer(left_behind);
        uploader.await_other_pages().await;
    });
}

fn listen(uploader: &Uploader) {
    let uploader = uploader.clone();
    let listener = move |event: MessageEvent| {
        if let Some((order, beside)) = unpacked(&event.data()) {
            uploader.obey(order, beside);
        }
    };
    let listener = Closure::<dyn Fn(MessageEvent)>::new(listener).into_js_value();
    scope().set_onmessage(Some(listener.unchecked_ref()));
}

impl Uploader {
    /// Offers to go on with what pages that are gone left behind.
    fn offer(&self, left_behind: Vec<Remembered>) {
        for left in &left_behind {
            if let Some(handles) = self.inner.memory.handles_of(&left.target()) {
                tell(&News::Handles(left.clone()), &[&handles]);
            }
        }
        self.act(|queue, _| queue.take_over(left_behind));
        self.tell_now();
    }

    /// Takes over what other pages leave behind when they go. The one that this page was loaded in place of may be
    /// among them: the browser does not end it before this one begins.
    async fn await_other_pages(&self) {
        for page in self.inner.memory.other_pages().await {
            let uploader = self.clone();
            spawn_local(async move {
                let left_behind = uploader.inner.memory.take_over_from(&page).await;
                uploader.offer(left_behind);
            });
        }
    }

    fn act(&self, act: impl FnOnce(&mut Queue, Moment) -> Vec<Command>) {
        let commands = act(&mut self.inner.queue.borrow_mut(), moment());
        self.carry_out(commands);
    }

    fn obey(&self, order: Order, beside: Vec<Array>) {
        let mut beside = beside.into_iter();
        let mut list = || beside.next().unwrap_or_default();
        match order {
            Order::BeginReading => self.inner.queue.borrow_mut().begin_reading(moment()),
            Order::EndReading => {
                self.inner.queue.borrow_mut().end_reading();
                self.changed();
            }
            Order::Add(target) => added::take_files(self, &target, &list(), &list()),
            Order::AddUnreadable(target, path) => {
                self.inner.queue.borrow_mut().add_unreadable(&target, path);
                self.changed();
            }
            Order::AddHandles(target) => added::take_handles(self, target, list()),
            Order::GoOnWith(left) => added::go_on_with(self, left),
            Order::Wish(wish) => {
                self.act(|queue, moment| queue.wish(&wish, moment));
                // Whoever pressed a button wants to see that it was pressed.
                self.tell_now();
            }
            Order::Look(seen) => {
                self.inner.seen.set(seen);
                self.tell_now();
            }
            Order::Returned => self.handle(Event::Returned),
            Order::SaveReport => tell(&News::Report(self.inner.queue.borrow().report()), &[]),
        }
    }
}

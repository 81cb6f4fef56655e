//! When the page comes alive in the browser.
//!
//! A view that is being hydrated takes what the server drew as it is. So whatever the browser knows better
//! (the time, files left behind) has to wait until all views are hydrated, and those of a page whose code
//! is still loading come late.

use leptos::prelude::*;

thread_local! {
    static IS_ALIVE: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

/// Says that every view of the first page is hydrated.
pub fn came_alive() {
    IS_ALIVE.with(|is_alive| is_alive.set(true));
}

/// Begins with something when the page is alive: at once where it is, on the server never.
pub(crate) fn once_alive(begin: impl Fn() + 'static) {
    Effect::new(move |_| {
        if IS_ALIVE.with(ArcRwSignal::get) {
            untrack(&begin);
        }
    });
}

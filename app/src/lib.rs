//! The pages of the console, the same code on the server (`ssr`) and in the browser (`hydrate`).
//!
//! A page is whole on the server before its first byte leaves: redirects and statuses are then still
//! possible, and everything that is a form or a link works without the WASM. What only a browser knows
//! (the clock's “ago”, the width, the theme's switch) comes in effects, after hydration.

#![expect(
    unreachable_pub,
    reason = "the macro `component` makes the properties of each component `pub`"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`view!` hands the properties of a component over"
)]
// Views are types within types, as deep as the page.
#![recursion_limit = "512"]

mod alive;
mod components;
mod forms;
mod live;
#[cfg(feature = "ssr")]
mod markdown;
mod pages;
mod routes;
pub mod server_fns;
mod shell;
mod ui;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::Router;

pub use alive::came_alive;
pub use shell::{FormTargets, shell};

/// The whole console.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    ui::provide_page_clock();
    ui::provide_toasts();
    components::uploader_context::provide_upload_queue();

    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Stowage".to_owned() } else { format!("{title} · Stowage") }
        }/>
        <Router>
            <routes::Pages/>
        </Router>
        <ui::Toasts/>
    }
}

//! Where the browser's half begins: the page that the server drew comes alive.

// Views are types within types, as deep as the page.
#![recursion_limit = "512"]

use leptos::mount::hydrate_from_async;
use leptos::prelude::document;
use leptos::task::tick;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Called by the script that the server puts into every page. A page whose code lies in a file of its own
/// comes alive when that is there. Marks the document when buttons work, for styles and for tests.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    spawn_local(async {
        let document = document();
        let Some(body) = document.body() else {
            return;
        };
        hydrate_from_async(body, app::App).await.forget();
        app::came_alive();
        // What the page does first in the browser (times as “ago”, say) is done then.
        tick().await;
        if let Some(root) = document.document_element() {
            // A missing mark hides nothing and breaks nothing.
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}

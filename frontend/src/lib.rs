//! Where the browser's half begins: the page that the server drew comes alive.

// Views are types within types, as deep as the page.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script that the server puts into every page. Marks the document when buttons work, for
/// styles and for tests.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // A missing mark hides nothing and breaks nothing.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

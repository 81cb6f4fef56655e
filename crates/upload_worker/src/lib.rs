//! Where the upload worker begins: a program of its own beside the pages, so that neither loads the other's code.
//!
//! Empty but in browsers.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs when the worker's script has loaded this.
#[wasm_bindgen(start)]
pub fn run() {
    console_error_panic_hook::set_once();
    uploader::browser::worker::run();
}

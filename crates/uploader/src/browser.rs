//! The queue in a browser: in a worker, so that nothing it does can hold a page up, and a page that shows it.

mod message;
pub mod page;
pub mod worker;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The name that the worker's files carry beside those of the pages.
const WORKER: &str = "uploads";
/// Files that are handed over at a time, so that the first are on their way while the rest is still read.
const PORTION: usize = 500;

/// What an object has under a name, if that is a function.
fn method(object: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
}

/// Waits until all of these have ended, well or not; `None` stands for what failed.
async fn settled(promises: &Array) -> Vec<Option<JsValue>> {
    let Ok(ended) = JsFuture::from(Promise::all_settled(promises)).await else {
        return Vec::new();
    };
    let value = |ended: JsValue| {
        let ended: Object = ended.dyn_into().ok()?;
        let status = Reflect::get(&ended, &"status".into()).ok()?;
        let is_good = status.as_string().as_deref() == Some("fulfilled");
        is_good
            .then(|| Reflect::get(&ended, &"value".into()).ok())
            .flatten()
    };
    Array::from(&ended).iter().map(value).collect()
}

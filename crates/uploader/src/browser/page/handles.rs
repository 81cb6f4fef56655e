//! Handles of files, where a browser has them (Chromium): they can be kept, and handed to a worker.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::DataTransferItem;

use super::window;
use crate::browser::{method, settled};

/// What a person chose by the browser's own pickers.
#[derive(Debug)]
pub struct Picked(pub(super) Array);

impl Picked {
    /// Whether the person chose nothing.
    pub fn is_empty(&self) -> bool {
        self.0.length() == 0
    }
}

/// Asks for files or for a folder, in a way that the browser can find them again after a reload; `None` where it has
/// no such way or refuses it. Nothing is in it when the person chose nothing. Inside the event of a press.
pub async fn pick(is_folder: bool) -> Option<Picked> {
    let window = window()?;
    let options = Object::new();
    let name = if is_folder {
        "showDirectoryPicker"
    } else {
        // Refused only for objects that nothing can be set on.
        let _ = Reflect::set(&options, &"multiple".into(), &JsValue::TRUE);
        "showOpenFilePicker"
    };
    let asked = method(&window, name)?.call1(&window, &options).ok()?;
    match JsFuture::from(Promise::resolve(&asked)).await {
        Ok(files) if Array::is_array(&files) => Some(Picked(Array::from(&files))),
        Ok(folder) => Some(Picked(Array::of1(&folder))),
        Err(error) => {
            let name = Reflect::get(&error, &"name".into()).ok()?.as_string();
            (name.as_deref() == Some("AbortError")).then(|| Picked(Array::new()))
        }
    }
}

/// Asks for the handle of what is dropped; `None` where the browser has none. Inside the drop event.
pub(super) fn of_dropped(item: &DataTransferItem) -> Option<Promise> {
    let ask = method(item, "getAsFileSystemHandle")?;
    ask.call0(item).ok()?.dyn_into().ok()
}

/// Asks the person whether these may be read again, once for all of them where the browser can.
pub(super) async fn ask(handles: &Array) -> bool {
    let options = Object::new();
    // Refused only for objects that nothing can be set on.
    let _ = Reflect::set(&options, &"mode".into(), &"read".into());
    let ask = |handle: JsValue| {
        let asked = method(&handle, "requestPermission")?.call1(&handle, &options);
        asked.ok()
    };
    let asked: Array = handles
        .iter()
        .map(|handle| ask(handle).unwrap_or(JsValue::NULL))
        .collect();
    let answers = settled(&asked).await;
    let is_granted = |answer: &Option<JsValue>| {
        answer.as_ref().and_then(JsValue::as_string).as_deref() == Some("granted")
    };
    !answers.is_empty() && answers.iter().all(is_granted)
}

//! What the page and its worker tell each other: words as JSON, and beside them what only a browser can carry
//! over, in lists.

use js_sys::Array;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{Remembered, Seen, Target, View, Wish};

/// How the worker begins: its name, because a name is there before any message.
#[derive(Serialize, Deserialize)]
pub(super) struct Beginning {
    /// Whose uploads these are.
    pub(super) person: String,
    /// Names this tab, also after a reload.
    pub(super) tab: String,
}

/// What the page tells.
#[derive(Serialize, Deserialize)]
pub(super) enum Order {
    /// Files will be added until [`Self::EndReading`].
    BeginReading,
    EndReading,
    /// Beside it a list of paths and one of files, of the same length: what has no file is an empty folder.
    Add(Target),
    /// The browser could not open this one.
    AddUnreadable(Target, String),
    /// Beside it a list of handles.
    AddHandles(Target),
    /// Goes on with what was left behind: the person has allowed it.
    GoOnWith(Remembered),
    Wish(Wish),
    Look(Seen),
    /// The network may be back, or the person signed in again.
    Returned,
    SaveReport,
}

/// What the worker tells.
#[derive(Serialize, Deserialize)]
pub(super) enum News {
    /// It listens from now on.
    Ready,
    View(Box<View>),
    /// What became of each file, as a table.
    Report(String),
    /// Beside it the list of handles that were kept: only a page can ask whether they may be used.
    Handles(Remembered),
    /// Whether this browser remembers uploads of any page.
    Kept(bool),
}

/// A message as it crosses over.
pub(super) fn packed(message: &impl Serialize, beside: &[&Array]) -> Array {
    // A structure of texts and numbers can always be written.
    let words = serde_json::to_string(message).unwrap_or_default();
    let packed = Array::of1(&words.into());
    for list in beside {
        packed.push(list);
    }
    packed
}

/// A message, and the lists beside it.
pub(super) fn unpacked<T: DeserializeOwned>(message: &JsValue) -> Option<(T, Vec<Array>)> {
    let mut parts = Array::from(message).into_iter();
    let words = parts.next()?.as_string()?;
    let message = serde_json::from_str(&words).ok()?;
    Some((message, parts.map(|part| Array::from(&part)).collect()))
}

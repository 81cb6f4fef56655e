//! The files of the queue. Those of a million cannot all be open: each costs Chromium 7 KiB. Of what goes beyond some
//! thousand only the way is kept, and they are opened again when their turn comes.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{File, FileSystemDirectoryHandle, FileSystemFileHandle};

use crate::ItemId;
use crate::browser::settled;

/// More are opened again when they are sent, which takes about as long as finding them did.
const MOST_OPEN: usize = 10_000;

/// A file, or the way to it.
enum Kept {
    Open(File),
    Shut(Shut),
}

#[derive(Clone)]
struct Shut {
    folder: FileSystemDirectoryHandle,
    name: String,
    modified_ms: i64,
}

#[derive(Default)]
pub(super) struct Files {
    kept: RefCell<HashMap<ItemId, Kept>>,
    open: Cell<usize>,
}

impl Files {
    /// Keeps the file of an item, with the folder from which it can be opened again.
    pub(super) fn keep(&self, item: ItemId, file: File, folder: Option<FileSystemDirectoryHandle>) {
        let kept = match folder {
            Some(folder) if self.open.get() >= MOST_OPEN => Kept::Shut(Shut {
                folder,
                name: file.name(),
                modified_ms: modified_ms(&file),
            }),
            _ => {
                self.open.set(self.open.get() + 1);
                Kept::Open(file)
            }
        };
        self.kept.borrow_mut().insert(item, kept);
    }

    /// Lets go of the file of an item that needs it no more.
    pub(super) fn let_go(&self, item: ItemId) {
        if let Some(Kept::Open(_)) = self.kept.borrow_mut().remove(&item) {
            self.open.set(self.open.get() - 1);
        }
    }

    /// The file of an item; `None` when it is let go of, or another one lies there by now.
    pub(super) async fn open(&self, item: ItemId) -> Option<File> {
        self.open_all([item].into_iter()).await.pop().flatten()
    }

    /// The same of several, side by side.
    pub(super) async fn open_all(&self, items: impl Iterator<Item = ItemId>) -> Vec<Option<File>> {
        let opening: Array = items.map(|item| self.opening(item)).collect();
        let opened = settled(&opening).await;
        let file = |opened: Option<JsValue>| opened?.dyn_into().ok();
        opened.into_iter().map(file).collect()
    }

    fn opening(&self, item: ItemId) -> Promise {
        match self.kept.borrow().get(&item) {
            Some(Kept::Open(file)) => Promise::resolve::<JsValue>(file.as_ref()),
            Some(Kept::Shut(shut)) => future_to_promise(shut.clone().open()),
            None => Promise::resolve(&JsValue::NULL),
        }
    }
}

impl Shut {
    async fn open(self) -> Result<JsValue, JsValue> {
        let handle = JsFuture::from(self.folder.get_file_handle(&self.name)).await?;
        let handle: FileSystemFileHandle = handle.dyn_into()?;
        let file: File = JsFuture::from(handle.get_file()).await?.dyn_into()?;
        let is_same = modified_ms(&file) == self.modified_ms;
        is_same.then(|| file.into()).ok_or(JsValue::NULL)
    }
}

/// When a file was changed last, in milliseconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970, whole in every browser"
)]
pub(super) fn modified_ms(file: &File) -> i64 {
    file.last_modified() as i64
}

//! Files and folders that a person dropped or chose.
//!
//! A folder's reader answers a hundred entries at a time in Chromium and has to be asked until it answers
//! none: products lost files here for years.

use std::collections::VecDeque;

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};

use super::{Uploader, moment};
use crate::browser::request::bytes;
use crate::{Added, ItemId, ItemKind, Target};

/// Given to the queue at a time, so that the first files are on their way while the rest is still read.
const BATCH: usize = 500;

/// What one drop holds, as far as it are files and folders.
#[derive(Debug)]
pub struct Dropped(Vec<FileSystemEntry>);

impl Dropped {
    /// Takes it from the drop event, while that goes on: afterwards the browser forgets it.
    pub fn of(transfer: &DataTransfer) -> Self {
        let items = transfer.items();
        let entry = |index| {
            items
                .get(index)
                .and_then(|item| item.webkit_get_as_entry().ok().flatten())
        };
        Self((0..items.length()).filter_map(entry).collect())
    }
}

/// Collects files and hands them to the queue in batches.
struct Batch<'a> {
    uploader: &'a Uploader,
    target: &'a Target,
    added: Vec<Added>,
    files: Vec<Option<File>>,
}

impl<'a> Batch<'a> {
    fn new(uploader: &'a Uploader, target: &'a Target) -> Self {
        uploader.inner.queue.borrow_mut().begin_reading(moment());
        Self {
            uploader,
            target,
            added: Vec::new(),
            files: Vec::new(),
        }
    }

    fn push_file(&mut self, path: String, file: File) {
        let added = Added {
            path,
            kind: ItemKind::File,
            size_bytes: bytes(file.size()),
            modified_ms: milliseconds(&file),
        };
        self.added.push(added);
        self.files.push(Some(file));
    }

    fn push_folder(&mut self, path: String) {
        self.added.push(Added {
            path,
            kind: ItemKind::Folder,
            size_bytes: 0,
            modified_ms: 0,
        });
        self.files.push(None);
    }

    fn is_full(&self) -> bool {
        self.added.len() >= BATCH
    }

    fn hand_over(&mut self) {
        if self.added.is_empty() {
            return;
        }
        let inner = &self.uploader.inner;
        inner.memory.hold_lock();
        let added = std::mem::take(&mut self.added);
        let (first, commands) = inner.queue.borrow_mut().add(self.target, added, moment());
        let files = (first.0..).zip(self.files.drain(..));
        let files = files.filter_map(|(id, file)| Some((ItemId(id), file?)));
        // Names that cannot be stored are settled already, and their files stay until they are struck off.
        inner.files.borrow_mut().extend(files);
        self.uploader.carry_out(commands);
    }

    fn end(mut self) {
        self.hand_over();
        self.uploader.inner.queue.borrow_mut().end_reading();
        self.uploader.changed();
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970, whole in every browser"
)]
fn milliseconds(file: &File) -> i64 {
    file.last_modified() as i64
}

/// Takes the files of an input.
pub(super) async fn take_files(uploader: &Uploader, target: &Target, files: Array) {
    let mut batch = Batch::new(uploader, target);
    for file in files.iter().filter_map(|file| file.dyn_into::<File>().ok()) {
        let path = Reflect::get(&file, &"webkitRelativePath".into())
            .ok()
            .and_then(|path| path.as_string());
        let path = path
            .filter(|path| !path.is_empty())
            .unwrap_or_else(|| file.name());
        batch.push_file(path, file);
        if batch.is_full() {
            batch.hand_over();
            breathe().await;
        }
    }
    batch.end();
}

/// Walks through dropped files and folders.
pub(super) async fn take_dropped(uploader: &Uploader, target: &Target, dropped: Dropped) {
    let mut batch = Batch::new(uploader, target);
    let mut line: VecDeque<FileSystemEntry> = dropped.0.into();
    while let Some(entry) = line.pop_front() {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        if entry.is_directory() {
            match read_folder(entry.unchecked_ref()).await {
                Ok(inside) if inside.is_empty() => batch.push_folder(path),
                // In front: one folder after the other, as a person would list them.
                Ok(inside) => inside
                    .into_iter()
                    .rev()
                    .for_each(|entry| line.push_front(entry)),
                Err(_) => uploader
                    .inner
                    .queue
                    .borrow_mut()
                    .add_unreadable(target, path),
            }
        } else {
            match open(entry.unchecked_ref()).await {
                Ok(file) => batch.push_file(path, file),
                Err(_) => uploader
                    .inner
                    .queue
                    .borrow_mut()
                    .add_unreadable(target, path),
            }
        }
        if batch.is_full() {
            batch.hand_over();
            breathe().await;
        }
    }
    batch.end();
}

async fn open(entry: &FileSystemFileEntry) -> Result<File, JsValue> {
    let file = Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(&resolve, &reject);
    });
    JsFuture::from(file).await?.dyn_into()
}

async fn read_folder(entry: &FileSystemDirectoryEntry) -> Result<Vec<FileSystemEntry>, JsValue> {
    let reader = entry.create_reader();
    let mut all = Vec::new();
    loop {
        let page = JsFuture::from(read_entries(&reader)).await?;
        let page = Array::from(&page);
        if page.length() == 0 {
            return Ok(all);
        }
        all.extend(page.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
}

fn read_entries(reader: &FileSystemDirectoryReader) -> Promise {
    Promise::new(&mut |resolve, reject| {
        if let Err(error) = reader.read_entries_with_callback_and_callback(&resolve, &reject) {
            // A function that was just handed in by the promise itself.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    })
}

/// Lets the page draw and answer before going on.
async fn breathe() {
    let turn = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Refused only where the page is going away.
            let _ = window.set_timeout_with_callback(&resolve);
        }
    });
    let _ = JsFuture::from(turn).await;
}

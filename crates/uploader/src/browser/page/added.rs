//! Files and folders that a person dropped or chose, on their way to the worker.
//!
//! What the browser gives handles of is read by the worker. Elsewhere entries have to be read here, and a folder's
//! reader answers a hundred of them at a time and has to be asked until it answers none: products lost files here
//! for years.

use std::collections::VecDeque;

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, DataTransferItem, File, FileList, FileSystemDirectoryEntry,
    FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry, MessageChannel,
};

use super::{Uploads, handles};
use crate::Target;
use crate::browser::message::Order;
use crate::browser::{PORTION, settled};

/// More files that are dropped one by one are taken as they are. A handle costs Chromium almost a millisecond and
/// thirty kilobytes; a folder needs one, however much is in it.
const MOST_HANDLES: usize = 100;

/// What one drop holds, as far as it are files and folders.
#[derive(Debug)]
pub enum Dropped {
    /// Nothing but files, and too many of them for handles.
    Files {
        /// Each of them.
        files: Array,
        /// How many the browser does not hand over.
        refused: usize,
    },
    /// Files and folders.
    Entries {
        /// All that the browser lets be walked through.
        entries: Vec<FileSystemEntry>,
        /// Promises of them; none where the browser has no handles.
        handles: Array,
    },
}

impl Dropped {
    /// Takes it from the drop event, while that goes on: afterwards the browser forgets it.
    pub fn of(transfer: &DataTransfer) -> Self {
        let items = transfer.items();
        let items = (0..items.length()).filter_map(|index| items.get(index));
        let items: Vec<DataTransferItem> = items.filter(|item| item.kind() == "file").collect();
        let entry = |item: &DataTransferItem| item.webkit_get_as_entry().ok().flatten();
        let entries: Vec<FileSystemEntry> = items.iter().filter_map(entry).collect();
        let is_all_files =
            entries.len() == items.len() && entries.iter().all(FileSystemEntry::is_file);
        if is_all_files && items.len() > MOST_HANDLES {
            let file = |item: &DataTransferItem| item.get_as_file().ok().flatten();
            let files: Array = items.iter().filter_map(file).map(JsValue::from).collect();
            let refused = items.len() - files.length() as usize;
            return Self::Files { files, refused };
        }
        let handles: Array = items
            .iter()
            .map_while(handles::of_dropped)
            .map(JsValue::from)
            .collect();
        let has_handles = handles.length() as usize == items.len();
        Self::Entries {
            entries,
            handles: if has_handles { handles } else { Array::new() },
        }
    }
}

/// What an input holds, before it is cleared for the next choice.
pub fn chosen(files: &FileList) -> Array {
    Array::from(files)
}

/// Collects files and posts them to the worker together.
struct Portion<'a> {
    uploads: &'a Uploads,
    target: &'a Target,
    paths: Array,
    files: Array,
}

impl<'a> Portion<'a> {
    fn begin(uploads: &'a Uploads, target: &'a Target) -> Self {
        uploads.inner.has_added.set(true);
        uploads.tell(&Order::BeginReading, &[]);
        Self {
            uploads,
            target,
            paths: Array::new(),
            files: Array::new(),
        }
    }

    fn push(&mut self, path: &str, file: &JsValue) {
        self.paths.push(&path.into());
        self.files.push(file);
    }

    fn push_unreadable(&self, path: String) {
        let order = Order::AddUnreadable(self.target.clone(), path);
        self.uploads.tell(&order, &[]);
    }

    async fn hand_over_if_full(&mut self) {
        if self.paths.length() as usize >= PORTION {
            self.hand_over();
            breathe().await;
        }
    }

    fn hand_over(&mut self) {
        let (paths, files) = (
            std::mem::take(&mut self.paths),
            std::mem::take(&mut self.files),
        );
        if paths.length() > 0 {
            let order = Order::Add(self.target.clone());
            self.uploads.tell(&order, &[&paths, &files]);
        }
    }

    fn end(mut self) {
        self.hand_over();
        self.uploads.tell(&Order::EndReading, &[]);
    }
}

/// Hands over the files of an input.
pub(super) async fn hand_over_files(uploads: &Uploads, target: &Target, files: &Array) {
    let mut portion = Portion::begin(uploads, target);
    for file in files.iter() {
        let path = Reflect::get(&file, &"webkitRelativePath".into())
            .ok()
            .and_then(|path| path.as_string());
        let path = path.filter(|path| !path.is_empty());
        let path = path.unwrap_or_else(|| file.unchecked_ref::<File>().name());
        portion.push(&path, &file);
        portion.hand_over_if_full().await;
    }
    portion.end();
}

/// Hands over what was dropped: its files, its handles, or what its entries are found to hold.
pub(super) async fn hand_over_dropped(uploads: &Uploads, target: &Target, dropped: Dropped) {
    let refuse = |number: usize| {
        for _ in 0..number {
            let words = "A file that the browser does not hand over".to_owned();
            uploads.tell(&Order::AddUnreadable(target.clone(), words), &[]);
        }
    };
    let (entries, handles) = match dropped {
        Dropped::Files { files, refused } => {
            refuse(refused);
            return hand_over_files(uploads, target, &files).await;
        }
        Dropped::Entries { entries, handles } => (entries, handles),
    };
    let found = settled(&handles).await;
    let refused = found.iter().filter(|handle| handle.is_none()).count();
    // A browser gives no handle of some folders that it gives entries of.
    if found.is_empty() || (refused > 0 && !entries.is_empty()) {
        return hand_over_entries(uploads, target, entries).await;
    }
    refuse(refused);
    uploads.add_handles(target.clone(), &found.into_iter().flatten().collect());
}

/// Walks through dropped files and folders.
async fn hand_over_entries(uploads: &Uploads, target: &Target, entries: Vec<FileSystemEntry>) {
    let mut portion = Portion::begin(uploads, target);
    let mut line: VecDeque<FileSystemEntry> = entries.into();
    while let Some(entry) = line.pop_front() {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        if entry.is_directory() {
            match read_folder(entry.unchecked_ref()).await {
                Ok(inside) if inside.is_empty() => portion.push(&path, &JsValue::NULL),
                // In front: one folder after the other, as a person would list them.
                Ok(inside) => inside
                    .into_iter()
                    .rev()
                    .for_each(|entry| line.push_front(entry)),
                Err(_) => portion.push_unreadable(path),
            }
        } else {
            match open(entry.unchecked_ref()).await {
                Ok(file) => portion.push(&path, &file),
                Err(_) => portion.push_unreadable(path),
            }
        }
        portion.hand_over_if_full().await;
    }
    portion.end();
}

async fn open(entry: &FileSystemFileEntry) -> Result<JsValue, JsValue> {
    let file = Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(&resolve, &reject);
    });
    JsFuture::from(file).await
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

/// Lets the page draw and answer before going on. By a message, because timers of a hidden tab run once a minute.
async fn breathe() {
    let Ok(channel) = MessageChannel::new() else {
        return;
    };
    let turn = Promise::new(&mut |resolve, _| channel.port1().set_onmessage(Some(&resolve)));
    if channel.port2().post_message(&JsValue::NULL).is_ok() {
        // The promise is never rejected.
        let _ = JsFuture::from(turn).await;
    }
    channel.port1().close();
}

//! Files that a person dropped or chose, as the page hands them over, and folders that the browser lets be read
//! here: reading a hundred thousand names is no work for a page.

use std::collections::{HashSet, VecDeque};

use js_sys::{Array, AsyncIterator, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle, FileSystemHandleKind,
};

use super::files::modified_ms;
use super::request::bytes;
use super::{Uploader, moment};
use crate::browser::{PORTION, settled};
use crate::{Added, ItemId, ItemKind, Remembered, Target};

/// Opened side by side: one after the other they take twice as long.
const OPENED_AT_ONCE: usize = 200;

/// Takes what the page has read, files by their paths. What has no file is an empty folder.
pub(super) fn take_files(uploader: &Uploader, target: &Target, paths: &Array, files: &Array) {
    let inner = &uploader.inner;
    inner.memory.forget_handles(target);
    inner.queue.borrow_mut().note_handles(target, false);
    let mut portion = Portion::new(uploader, target);
    for (path, file) in paths.iter().zip(files.iter()) {
        let path = path.as_string().unwrap_or_default();
        match file.dyn_into::<File>() {
            Ok(file) => portion.push_file(path, file, None),
            Err(_) => portion.push_folder(path),
        }
    }
    portion.hand_over();
}

/// Takes what the browser gave handles of, and keeps those.
pub(super) fn take_handles(uploader: &Uploader, target: Target, handles: Array) {
    uploader.inner.memory.forget_handles(&target);
    uploader.inner.memory.keep_handles(&target, &handles);
    let uploader = uploader.clone();
    {
        let mut queue = uploader.inner.queue.borrow_mut();
        queue.begin_reading(moment());
        queue.note_handles(&target, true);
    }
    spawn_local(async move { walk(&uploader, &target, &handles, &[]).await });
}

/// Reads again what an earlier page was at.
pub(super) fn go_on_with(uploader: &Uploader, left: Remembered) {
    let target = left.target();
    let Some(handles) = uploader.inner.memory.handles_of(&target) else {
        return;
    };
    let uploader = uploader.clone();
    {
        let mut queue = uploader.inner.queue.borrow_mut();
        queue.begin_reading(moment());
        queue.note_handles(&target, true);
        queue.begin_going_on(&left);
    }
    spawn_local(async move { walk(&uploader, &target, &handles, &left.left_out).await });
}

/// Collects files and hands them to the queue together.
struct Portion<'a> {
    uploader: &'a Uploader,
    target: &'a Target,
    added: Vec<Added>,
    files: Vec<Option<Found>>,
}

/// A file, and the folder that it was found in if the browser gave a handle of that.
type Found = (File, Option<FileSystemDirectoryHandle>);

impl<'a> Portion<'a> {
    fn new(uploader: &'a Uploader, target: &'a Target) -> Self {
        Self {
            uploader,
            target,
            added: Vec::new(),
            files: Vec::new(),
        }
    }

    fn push_file(&mut self, path: String, file: File, folder: Option<FileSystemDirectoryHandle>) {
        let added = Added {
            path,
            kind: ItemKind::File,
            size_bytes: bytes(file.size()),
            modified_ms: modified_ms(&file),
        };
        self.added.push(added);
        self.files.push(Some((file, folder)));
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

    fn push_unreadable(&self, path: String) {
        let queue = &self.uploader.inner.queue;
        queue.borrow_mut().add_unreadable(self.target, path);
    }

    fn hand_over_if_full(&mut self) {
        if self.added.len() >= PORTION {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if self.added.is_empty() {
            return;
        }
        let inner = &self.uploader.inner;
        inner.memory.hold_lock();
        let added = std::mem::take(&mut self.added);
        let (first, commands) = inner.queue.borrow_mut().add(self.target, added, moment());
        // Names that cannot be stored are settled already, and their files stay until they are struck off.
        for (id, found) in (first.0..).zip(self.files.drain(..)) {
            if let Some((file, folder)) = found {
                inner.files.keep(ItemId(id), file, folder);
            }
        }
        self.uploader.carry_out(commands);
    }
}

/// A file or a folder.
struct Named {
    path: String,
    handle: FileSystemHandle,
    /// The folder that it was found in.
    folder: Option<FileSystemDirectoryHandle>,
}

/// Walks through folders, and ends the reading that was begun.
async fn walk(uploader: &Uploader, target: &Target, handles: &Array, left_out: &[String]) {
    let left_out: HashSet<&str> = left_out.iter().map(String::as_str).collect();
    let is_left_out = |path: &str| {
        let whole = target.folder.join(path);
        whole.is_ok_and(|whole| left_out.contains(whole.as_str()))
    };
    let mut portion = Portion::new(uploader, target);
    let handles = handles
        .iter()
        .map(JsCast::unchecked_into::<FileSystemHandle>);
    let named = handles.map(|handle| Named {
        path: handle.name(),
        handle,
        folder: None,
    });
    let mut line: VecDeque<Named> = named.collect();
    let mut files = Vec::new();
    while let Some(named) = line.pop_front() {
        if is_file(&named) {
            if !is_left_out(&named.path) {
                files.push(named);
            }
            let is_more = line.front().is_some_and(is_file);
            if !is_more || files.len() == OPENED_AT_ONCE {
                open(&mut portion, std::mem::take(&mut files)).await;
                portion.hand_over_if_full();
            }
            continue;
        }
        let Named { path, handle, .. } = named;
        let folder: FileSystemDirectoryHandle = handle.unchecked_into();
        match read_folder(&folder).await {
            Ok(inside) if inside.is_empty() => portion.push_folder(path),
            // In front: one folder after the other, as a person would list them.
            Ok(inside) => inside.into_iter().rev().for_each(|handle| {
                line.push_front(Named {
                    path: format!("{path}/{}", handle.name()),
                    handle,
                    folder: Some(folder.clone()),
                });
            }),
            Err(_) => portion.push_unreadable(path),
        }
    }
    open(&mut portion, files).await;
    portion.hand_over();
    uploader.inner.queue.borrow_mut().end_reading();
    uploader.changed();
}

fn is_file(named: &Named) -> bool {
    named.handle.kind() == FileSystemHandleKind::File
}

async fn open(portion: &mut Portion<'_>, named: Vec<Named>) {
    let opening: Array = named
        .iter()
        .map(|named| {
            let handle: &FileSystemFileHandle = named.handle.unchecked_ref();
            handle.get_file()
        })
        .collect();
    for (named, file) in named.into_iter().zip(settled(&opening).await) {
        match file.and_then(|file| file.dyn_into::<File>().ok()) {
            Some(file) => portion.push_file(named.path, file, named.folder),
            None => portion.push_unreadable(named.path),
        }
    }
}

async fn read_folder(folder: &FileSystemDirectoryHandle) -> Result<Vec<FileSystemHandle>, JsValue> {
    let inside: AsyncIterator = folder.values();
    let mut all = Vec::new();
    loop {
        let next = JsFuture::from(inside.next()?).await?;
        if Reflect::get(&next, &"done".into())?.is_truthy() {
            return Ok(all);
        }
        all.push(Reflect::get(&next, &"value".into())?.unchecked_into());
    }
}

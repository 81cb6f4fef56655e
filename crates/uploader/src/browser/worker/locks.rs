//! Web Locks: what a page's worker holds, its siblings in other tabs can see, and the browser lets go of it when the
//! page is gone, however it goes. Only on HTTPS and this machine itself.
//!
//! Two pages that are at one upload would end each other's requests for ever. So a page claims the uploads
//! that it is at, and what another page has claimed is not taken for one that was left behind.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wire::UnfinishedUpload;

use super::scope;
use crate::ItemId;
use crate::browser::method;

const UPLOAD: &str = "stowage.upload.";

/// The locks of this browser.
#[derive(Clone)]
pub(super) struct Locks(JsValue);

impl Locks {
    pub(super) fn of_this_browser() -> Option<Self> {
        let locks = Reflect::get(&scope().navigator(), &"locks".into()).ok()?;
        (!locks.is_undefined()).then_some(Self(locks))
    }

    /// Holds a lock until what is answered is called, or the page is gone.
    pub(super) fn hold(&self, name: &str) -> Option<Function> {
        let mut let_go = None;
        let held = Promise::new(&mut |resolve, _| let_go = Some(resolve));
        let while_held = Closure::once_into_js(move || held);
        // Refused only where the page is going away.
        let _ = method(&self.0, "request")?.call2(&self.0, &name.into(), &while_held);
        let_go
    }

    /// Waits until nobody holds a lock.
    pub(super) async fn until_free(&self, name: &str) {
        let let_go_at_once = Closure::once_into_js(|| {});
        let free = method(&self.0, "request")
            .and_then(|request| request.call2(&self.0, &name.into(), &let_go_at_once).ok());
        if let Some(free) = free.and_then(|free| free.dyn_into::<Promise>().ok()) {
            // Refused only where the page is going away.
            let _ = JsFuture::from(free).await;
        }
    }

    /// The names of all locks that some page holds, this one included.
    pub(super) async fn held(&self) -> Vec<String> {
        let answer = method(&self.0, "query").and_then(|query| query.call0(&self.0).ok());
        let Some(answer) = answer.and_then(|answer| answer.dyn_into::<Promise>().ok()) else {
            return Vec::new();
        };
        let Ok(answer) = JsFuture::from(answer).await else {
            return Vec::new();
        };
        let held = Reflect::get(&answer, &"held".into()).unwrap_or_default();
        let name = |lock: JsValue| Reflect::get(&lock, &"name".into()).ok()?.as_string();
        Array::from(&held).iter().filter_map(name).collect()
    }
}

/// The uploads that this page is at, by the items that they are for.
pub(super) struct Claims {
    locks: Option<Locks>,
    held: RefCell<HashMap<ItemId, (String, Option<Function>)>>,
}

impl Claims {
    pub(super) fn of_this_page() -> Self {
        Self {
            locks: Locks::of_this_browser(),
            held: RefCell::default(),
        }
    }

    /// Claims an upload. One that the item had before is let go of.
    pub(super) fn claim(&self, item: ItemId, upload: &str) {
        let Some(locks) = &self.locks else { return };
        if let Some((claimed, _)) = self.held.borrow().get(&item)
            && claimed == upload
        {
            return;
        }
        self.let_go(item);
        let lock = locks.hold(&format!("{UPLOAD}{upload}"));
        self.held
            .borrow_mut()
            .insert(item, (upload.to_owned(), lock));
    }

    pub(super) fn let_go(&self, item: ItemId) {
        if let Some((_, Some(lock))) = self.held.borrow_mut().remove(&item) {
            // A function of the browser's own, which takes anything.
            let _ = lock.call0(&JsValue::NULL);
        }
    }

    /// Those of these uploads that no page is at.
    pub(super) async fn unclaimed(&self, uploads: Vec<UnfinishedUpload>) -> Vec<UnfinishedUpload> {
        let held = match &self.locks {
            Some(locks) => locks.held().await,
            None => Vec::new(),
        };
        let is_free = |upload: &UnfinishedUpload| {
            !held
                .iter()
                .any(|name| name.strip_prefix(UPLOAD) == Some(&upload.id))
        };
        uploads.into_iter().filter(is_free).collect()
    }
}

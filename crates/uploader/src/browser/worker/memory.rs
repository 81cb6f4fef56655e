//! What outlives a page: where its uploads go, and the handles by which the browser finds the files again.
//!
//! Every page writes under a name of its own and holds a Web Lock of that name. What has a name whose lock nobody
//! holds belongs to a page that is gone, so another tab's uploads are never taken for interrupted ones. Without
//! Web Locks (plain HTTP) a page takes over only what the same tab left. What another person left stays theirs.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use js_sys::Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::database::Database;
use super::locks::Locks;
use super::tell;
use crate::browser::message::News;
use crate::{Queue, Remembered, Target};

const PREFIX: &str = "stowage.uploads.";
/// Between two writes, while nothing but numbers change.
const SPACING_MS: u64 = 1_000;
/// Stands in no path and in no name of ours.
const SEPARATOR: char = '\0';

/// What is kept of a place.
#[derive(Serialize, Deserialize)]
struct Kept {
    person: String,
    left: Remembered,
}

impl Kept {
    fn read(text: &JsValue) -> Option<Self> {
        serde_json::from_str(&text.as_string()?).ok()
    }
}

/// The page that a key belongs to.
fn owner_in(key: &str) -> &str {
    key.split(SEPARATOR).next().unwrap_or_default()
}

pub(super) struct Memory {
    /// `None` where the browser keeps nothing: the next page then knows of nothing.
    database: Option<Rc<Database>>,
    locks: Option<Locks>,
    person: String,
    owner: String,
    is_locked: Cell<bool>,
    written: RefCell<Vec<Remembered>>,
    written_at_ms: Cell<u64>,
    /// Of what was taken over, by the place.
    handles: RefCell<HashMap<String, Array>>,
    kept_lists: Cell<u32>,
    /// What the page was told last.
    is_anything_kept: Rc<Cell<Option<bool>>>,
    /// How often that was looked at: an answer that comes late must not take back a newer one.
    looks: Rc<Cell<u32>>,
}

impl Memory {
    pub(super) async fn open(person: String, tab: String) -> Self {
        let locks = Locks::of_this_browser();
        let owner = match locks {
            Some(_) => format!("{PREFIX}{}-{}", js_sys::Date::now(), js_sys::Math::random()),
            None => format!("{PREFIX}{tab}"),
        };
        Self {
            database: Database::open().await.ok().map(Rc::new),
            locks,
            person,
            owner,
            is_locked: Cell::default(),
            written: RefCell::default(),
            written_at_ms: Cell::default(),
            handles: RefCell::default(),
            kept_lists: Cell::default(),
            is_anything_kept: Rc::default(),
            looks: Rc::default(),
        }
    }

    /// Holds this page's lock until the page is gone.
    pub(super) fn hold_lock(&self) {
        if let Some(locks) = &self.locks
            && !self.is_locked.replace(true)
        {
            // It is never let go of.
            locks.hold(&self.owner);
        }
    }

    fn key(&self, target: &Target) -> String {
        format!(
            "{}{SEPARATOR}{}{SEPARATOR}{}",
            self.owner, target.volume_id, target.folder
        )
    }

    /// Takes over what pages that are gone left behind.
    pub(super) async fn take_over(&self) -> Vec<Remembered> {
        let found = self.try_to_take_over().await.unwrap_or_default();
        self.tell_whether_anything_is_kept(!found.is_empty());
        found
    }

    /// The pages of this person that are still there and have something on its way.
    pub(super) async fn other_pages(&self) -> HashSet<String> {
        match &self.locks {
            Some(_) => self.other_owners().await.unwrap_or_default(),
            None => HashSet::new(),
        }
    }

    async fn other_owners(&self) -> Result<HashSet<String>, JsValue> {
        let Some(database) = &self.database else {
            return Ok(HashSet::new());
        };
        let places = database.stores()?.places.all().await?;
        let is_theirs =
            |text: &JsValue| Kept::read(text).is_some_and(|kept| kept.person == self.person);
        let owners = places
            .iter()
            .filter(|(key, text)| owner_in(key) != self.owner && is_theirs(text));
        Ok(owners.map(|(key, _)| owner_in(key).to_owned()).collect())
    }

    /// Waits until a page is gone, and takes over what it left behind.
    pub(super) async fn take_over_from(&self, page: &str) -> Vec<Remembered> {
        if let Some(locks) = &self.locks {
            locks.until_free(page).await;
        }
        self.take_over().await
    }

    async fn try_to_take_over(&self) -> Result<Vec<Remembered>, JsValue> {
        let Some(database) = &self.database else {
            return Ok(Vec::new());
        };
        let held = match &self.locks {
            Some(locks) => locks.held().await,
            None => Vec::new(),
        };
        let is_gone = |owner: &str| match &self.locks {
            Some(_) => !held.iter().any(|held| held == owner),
            None => owner == self.owner,
        };
        let stores = database.stores()?;
        let (places, handles) = (stores.places.all().await?, stores.handles.all().await?);
        let mut left_behind = Vec::new();
        for (key, text) in places {
            let Some(Kept { mut left, .. }) = Kept::read(&text)
                .filter(|kept| is_gone(owner_in(&key)) && kept.person == self.person)
            else {
                continue;
            };
            self.hold_lock();
            stores.places.delete(&key)?;
            stores.handles.delete(&key)?;
            let of_it = format!("{key}{SEPARATOR}");
            // Going on with some of the files would forget the others.
            let is_list = |key: &str| left.has_handles && key.starts_with(&of_it);
            let lists = handles.iter().filter(|(key, _)| is_list(key));
            let lists: Vec<Array> = lists.map(|(_, list)| Array::from(list)).collect();
            let target = left.target();
            left.has_handles = !lists.is_empty();
            for list in lists {
                self.keep_in(&stores.handles, &target, &list)?;
                let mut known = self.handles.borrow_mut();
                let known = known.entry(self.key(&target)).or_default();
                list.iter().for_each(|handle| {
                    known.push(&handle);
                });
            }
            stores.places.put(&self.key(&target), &self.kept(&left))?;
            left_behind.push(left);
        }
        Ok(left_behind)
    }

    fn kept(&self, left: &Remembered) -> JsValue {
        let kept = Kept {
            person: self.person.clone(),
            left: left.clone(),
        };
        // A structure of texts and numbers can always be written.
        serde_json::to_string(&kept).unwrap_or_default().into()
    }

    fn keep_in(
        &self,
        store: &super::database::Store,
        target: &Target,
        handles: &Array,
    ) -> Result<(), JsValue> {
        let number = self.kept_lists.get();
        self.kept_lists.set(number + 1);
        store.put(&format!("{}{SEPARATOR}{number}", self.key(target)), handles)
    }

    /// What an earlier page kept of a place, or this one took over.
    pub(super) fn handles_of(&self, target: &Target) -> Option<Array> {
        self.handles.borrow().get(&self.key(target)).cloned()
    }

    /// Keeps handles until their place has nothing left to be sent.
    pub(super) fn keep_handles(&self, target: &Target, handles: &Array) {
        self.hold_lock();
        if let Some(stores) = self.database.as_ref().and_then(|it| it.stores().ok()) {
            // What the browser does not keep has to be added again after a reload.
            let _ = self.keep_in(&stores.handles, target, handles);
        }
    }

    /// Forgets what was taken over of a place: the person adds files to it by hand.
    pub(super) fn forget_handles(&self, target: &Target) {
        let key = self.key(target);
        if self.handles.borrow_mut().remove(&key).is_some()
            && let Some(stores) = self.database.as_ref().and_then(|it| it.stores().ok())
        {
            // What stays is read once more after a reload, which harms nobody.
            let _ = stores.handles.delete(&key);
        }
    }

    /// Writes down what the next page has to know, at most once a second while only counts change.
    pub(super) fn remember(&self, queue: &Queue, now_ms: u64) {
        let is_time = now_ms.saturating_sub(self.written_at_ms.get()) >= SPACING_MS;
        if is_time || queue.is_idle() || !queue.is_known_by(&self.written.borrow()) {
            let now = queue.to_remember();
            // A storage that is full or switched off costs the next page its reminder, nothing else.
            let _ = self.write(&now, queue.is_idle());
            self.written_at_ms.set(now_ms);
        }
    }

    fn write(&self, now: &[Remembered], is_idle: bool) -> Result<(), JsValue> {
        let Some(database) = &self.database else {
            return Ok(());
        };
        let mut written = self.written.borrow_mut();
        let has_new_lists = is_idle && self.kept_lists.get() > 0;
        if *written == now && !(has_new_lists && now.is_empty()) {
            return Ok(());
        }
        let stores = database.stores()?;
        for gone in written
            .iter()
            .filter(|old| !now.iter().any(|left| left.is_at(&old.target())))
        {
            let key = self.key(&gone.target());
            self.handles.borrow_mut().remove(&key);
            stores.places.delete(&key)?;
            stores.handles.delete(&key)?;
        }
        for left in now.iter().filter(|left| !written.contains(left)) {
            stores
                .places
                .put(&self.key(&left.target()), &self.kept(left))?;
        }
        if is_idle && now.is_empty() {
            stores.places.delete(&self.owner)?;
            stores.handles.delete(&self.owner)?;
            self.kept_lists.set(0);
        }
        *written = now.to_vec();
        self.tell_whether_anything_is_kept(!now.is_empty());
        Ok(())
    }

    /// The page has to know it without asking: it decides whether the next one starts a worker at once.
    fn tell_whether_anything_is_kept(&self, is_ours: bool) {
        let told = Rc::clone(&self.is_anything_kept);
        let database = self.database.clone();
        let (looks, look) = (Rc::clone(&self.looks), self.looks.get() + 1);
        looks.set(look);
        spawn_local(async move {
            let is_kept = is_ours
                || match database.as_ref().map(|database| database.stores()) {
                    Some(Ok(stores)) => !stores.places.is_empty().await.unwrap_or(true),
                    _ => false,
                };
            if looks.get() == look && told.replace(Some(is_kept)) != Some(is_kept) {
                tell(&News::Kept(is_kept), &[]);
            }
        });
    }
}

//! The queue of uploads, above the router: it goes on while people walk from page to page.
//!
//! On the server there is none, and in the browser its code is loaded when it is first needed: where files
//! can be added, or an earlier page left uploads behind. Everything here answers as if the queue were empty
//! until then, so that both draw the same page.

#[cfg(feature = "hydrate")]
use std::time::Duration;

use domain::{DataVolumeId, VolumePath};
use leptos::ev;
use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use uploader::browser::{Dropped, Uploader, is_something_remembered};
#[cfg(feature = "hydrate")]
use uploader::{Command, Condition, Moment, Queue, Target};
use web_sys::{DataTransfer, DragEvent, FileList};

#[cfg(feature = "hydrate")]
use crate::alive::once_alive;

/// Between two drawings of the queue: small files end by the hundred a second.
#[cfg(feature = "hydrate")]
const DRAWN_EVERY: Duration = Duration::from_millis(150);
/// Between two readings of the lists of files while files are stored.
#[cfg(feature = "hydrate")]
const LISTED_EVERY_MS: u64 = 2_000;

/// Where dropped or chosen files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// The data volume.
    pub(crate) volume_id: DataVolumeId,
    /// Its name.
    pub(crate) volume_name: String,
    /// The folder in it.
    pub(crate) folder: VolumePath,
}

impl Destination {
    /// The place as people read it: `imagenet / raw / train`.
    pub(crate) fn words(&self) -> String {
        let folders = self.folder.components().map(|name| format!(" / {name}"));
        std::iter::once(self.volume_name.clone())
            .chain(folders)
            .collect()
    }
}

/// The queue of this page.
#[derive(Clone, Copy)]
pub(crate) struct UploadQueueContext {
    is_ready: RwSignal<bool>,
    has_something_to_say: RwSignal<bool>,
    stored: RwSignal<u64>,
    #[cfg(feature = "hydrate")]
    is_woken: StoredValue<bool>,
    #[cfg(feature = "hydrate")]
    uploader: StoredValue<Option<Uploader>, LocalStorage>,
    /// What was dropped before the queue's code was there.
    #[cfg(feature = "hydrate")]
    early: StoredValue<Vec<(Target, Dropped)>, LocalStorage>,
    /// Grows when the queue looks different.
    #[cfg(feature = "hydrate")]
    version: RwSignal<u64>,
    #[cfg(feature = "hydrate")]
    is_drawn_soon: StoredValue<bool>,
    #[cfg(feature = "hydrate")]
    listed_at_ms: StoredValue<u64>,
    #[cfg(feature = "hydrate")]
    is_asked: RwSignal<bool>,
}

/// Makes the queue. Once, at the root.
pub(crate) fn provide_upload_queue() {
    let context = UploadQueueContext {
        is_ready: RwSignal::new(false),
        has_something_to_say: RwSignal::new(false),
        stored: RwSignal::new(0),
        #[cfg(feature = "hydrate")]
        is_woken: StoredValue::new(false),
        #[cfg(feature = "hydrate")]
        uploader: StoredValue::new_local(None),
        #[cfg(feature = "hydrate")]
        early: StoredValue::new_local(Vec::new()),
        #[cfg(feature = "hydrate")]
        version: RwSignal::new(0),
        #[cfg(feature = "hydrate")]
        is_drawn_soon: StoredValue::new(false),
        #[cfg(feature = "hydrate")]
        listed_at_ms: StoredValue::new(0),
        #[cfg(feature = "hydrate")]
        is_asked: RwSignal::new(false),
    };
    provide_context(context);
    #[cfg(feature = "hydrate")]
    once_alive(move || {
        if is_something_remembered() {
            context.wake();
        }
    });
    Effect::new(move |_| refuse_stray_drops());
}

/// The queue of this page.
///
/// # Panics
/// Outside of the root component.
pub(crate) fn use_upload_queue() -> UploadQueueContext {
    expect_context()
}

/// The queue of this page, for a place where files can be added: it is made ready there.
///
/// # Panics
/// Outside of the root component.
pub(crate) fn use_woken_upload_queue() -> UploadQueueContext {
    let context = use_upload_queue();
    #[cfg(feature = "hydrate")]
    once_alive(move || context.wake());
    context
}

impl UploadQueueContext {
    /// Whether files can be taken: not on the server, and not before the page is alive.
    pub(crate) fn is_ready(self) -> bool {
        self.is_ready.get()
    }

    /// Whether there are uploads, or traces of earlier ones.
    pub(crate) fn has_something_to_say(self) -> bool {
        self.has_something_to_say.get()
    }

    /// Takes chosen files.
    pub(crate) fn add_files(self, destination: Destination, files: &FileList) {
        #[cfg(feature = "hydrate")]
        self.with_uploader(|uploader| uploader.add_files(destination.into(), files));
        #[cfg(not(feature = "hydrate"))]
        let _ = (self, destination, files);
    }

    /// Takes what was dropped, and keeps it where the queue's code is still being loaded. Inside the drop
    /// event.
    pub(crate) fn add_dropped(self, destination: Destination, transfer: &DataTransfer) {
        #[cfg(feature = "hydrate")]
        {
            let (target, dropped) = (destination.into(), Dropped::of(transfer));
            match self.uploader.try_get_value().flatten() {
                Some(uploader) => uploader.add_dropped(target, dropped),
                None => self
                    .early
                    .update_value(|early| early.push((target, dropped))),
            }
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (self, destination, transfer);
    }

    /// Grows, at most every two seconds, when something was stored: lists of files are old then.
    pub(crate) fn stored(self) -> u64 {
        self.stored.get()
    }
}

#[cfg(feature = "hydrate")]
impl UploadQueueContext {
    /// Whether the person is asked what to do about names that are taken.
    pub(crate) fn is_asked(self) -> RwSignal<bool> {
        self.is_asked
    }

    /// Looks at the queue, and again whenever it looks different.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Queue, &Uploader) -> T) -> Option<T> {
        self.version.track();
        self.with_uploader(|uploader| uploader.read(|queue| read(queue, uploader)))
    }

    /// Hands the person a table of what became of each file.
    pub(crate) fn save_report(self) {
        self.with_uploader(Uploader::save_report);
    }

    /// Lets the queue do something.
    pub(crate) fn wish(self, wish: impl FnOnce(&mut Queue, Moment) -> Vec<Command>) {
        self.with_uploader(|uploader| uploader.wish(wish));
    }

    fn with_uploader<T>(self, with: impl FnOnce(&Uploader) -> T) -> Option<T> {
        let uploader = self.uploader.try_get_value().flatten()?;
        Some(with(&uploader))
    }

    fn wake(self) {
        if !self.is_woken.get_value() {
            self.is_woken.set_value(true);
            leptos::task::spawn_local(start(self));
        }
    }

    fn start(self) {
        let uploader = Uploader::start(move || self.draw_soon());
        self.uploader.set_value(Some(uploader.clone()));
        for (target, dropped) in self
            .early
            .try_update_value(std::mem::take)
            .unwrap_or_default()
        {
            uploader.add_dropped(target, dropped);
        }
        self.is_ready.set(true);
        // Rates and times left go on without an event, and may run out.
        set_interval(move || self.draw_while_active(), Duration::from_secs(1));
    }

    fn draw_soon(self) {
        if self.is_drawn_soon.get_value() {
            return;
        }
        self.is_drawn_soon.set_value(true);
        set_timeout(
            move || {
                self.is_drawn_soon.set_value(false);
                self.draw();
            },
            DRAWN_EVERY,
        );
    }

    fn draw_while_active(self) {
        let is_active = self.with_uploader(|uploader| uploader.read(|queue| !queue.is_idle()));
        if is_active == Some(true) {
            self.draw();
        }
    }

    fn draw(self) {
        self.version.update(|version| *version += 1);
        let told = self.with_uploader(|uploader| {
            let now_ms = uploader.now_ms();
            uploader.read(|queue| {
                let overview = queue.overview(now_ms);
                let has_something_to_say =
                    overview.rows > 0 || !queue.left_behind().is_empty() || queue.found().is_some();
                (
                    queue.stored_count(),
                    overview.condition,
                    has_something_to_say,
                    now_ms,
                )
            })
        });
        let Some((stored, condition, has_something_to_say, now_ms)) = told else {
            return;
        };
        if has_something_to_say != self.has_something_to_say.get_untracked() {
            self.has_something_to_say.set(has_something_to_say);
        }
        let is_due = condition != Condition::Running
            || now_ms.saturating_sub(self.listed_at_ms.get_value()) >= LISTED_EVERY_MS;
        if is_due && stored != self.stored.get_untracked() {
            self.listed_at_ms.set_value(now_ms);
            self.stored.set(stored);
        }
    }
}

/// A split point: the queue's code is loaded here.
#[cfg(feature = "hydrate")]
#[lazy]
fn start(context: UploadQueueContext) {
    context.start();
}

#[cfg(feature = "hydrate")]
impl From<Destination> for Target {
    fn from(destination: Destination) -> Self {
        let Destination {
            volume_id,
            volume_name,
            folder,
        } = destination;
        Self {
            volume_id,
            volume_name,
            folder,
        }
    }
}

/// Whether a drag carries files, and not a link or a text.
pub(crate) fn has_files(event: &DragEvent) -> bool {
    event
        .data_transfer()
        .is_some_and(|dragged| dragged.types().includes(&"Files".into(), 0))
}

/// A file that is dropped beside every drop zone would take the place of the page, queue and all.
fn refuse_stray_drops() {
    let over = window_event_listener(ev::dragover, |event| {
        if has_files(&event) && !event.default_prevented() {
            event.prevent_default();
            if let Some(dragged) = event.data_transfer() {
                dragged.set_drop_effect("none");
            }
        }
    });
    let dropped = window_event_listener(ev::drop, |event| {
        if has_files(&event) {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        over.remove();
        dropped.remove();
    });
}

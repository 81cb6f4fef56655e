//! The queue of uploads, above the router: it goes on while people walk from page to page.
//!
//! On the server there is none. In the browser it lives in a worker, which is started when it is first needed:
//! when files are added, or an earlier page left uploads behind. Everything here answers as if the queue were
//! empty until then, so that both draw the same page.

use domain::{DataVolumeId, VolumePath};
use leptos::ev;
use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use uploader::browser::page::{Dropped, Picked, Uploads, chosen, is_something_remembered};
#[cfg(feature = "hydrate")]
use uploader::{Condition, Remembered, Seen, Target, View, Wish};
use web_sys::{DataTransfer, DragEvent, FileList};
use wire::PersonView;

#[cfg(feature = "hydrate")]
use crate::alive::once_alive;

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
    is_woken: RwSignal<bool>,
    /// Whose uploads these are.
    #[cfg(feature = "hydrate")]
    person: RwSignal<Option<String>>,
    #[cfg(feature = "hydrate")]
    uploads: StoredValue<Option<Uploads>, LocalStorage>,
    /// What was added before there was a worker.
    #[cfg(feature = "hydrate")]
    early: StoredValue<Vec<(Target, Brought)>, LocalStorage>,
    /// Grows when the queue looks different.
    #[cfg(feature = "hydrate")]
    version: RwSignal<u64>,
    #[cfg(feature = "hydrate")]
    is_broken: RwSignal<bool>,
    #[cfg(feature = "hydrate")]
    listed_at_ms: StoredValue<u64>,
    #[cfg(feature = "hydrate")]
    is_asked: RwSignal<bool>,
}

/// What a person brought, in the way in which the browser hands it over.
#[cfg(feature = "hydrate")]
enum Brought {
    Dropped(Dropped),
    Picked(Picked),
    /// The files of an input.
    Chosen(js_sys::Array),
}

/// Makes the queue. Once, at the root.
pub(crate) fn provide_upload_queue() {
    let context = UploadQueueContext {
        is_ready: RwSignal::new(false),
        has_something_to_say: RwSignal::new(false),
        stored: RwSignal::new(0),
        #[cfg(feature = "hydrate")]
        is_woken: RwSignal::new(false),
        #[cfg(feature = "hydrate")]
        person: RwSignal::new(None),
        #[cfg(feature = "hydrate")]
        uploads: StoredValue::new_local(None),
        #[cfg(feature = "hydrate")]
        early: StoredValue::new_local(Vec::new()),
        #[cfg(feature = "hydrate")]
        version: RwSignal::new(0),
        #[cfg(feature = "hydrate")]
        is_broken: RwSignal::new(false),
        #[cfg(feature = "hydrate")]
        listed_at_ms: StoredValue::new(0),
        #[cfg(feature = "hydrate")]
        is_asked: RwSignal::new(false),
    };
    provide_context(context);
    #[cfg(feature = "hydrate")]
    {
        once_alive(move || {
            context.is_ready.set(true);
            if is_something_remembered() {
                context.wake();
            }
        });
        Effect::new(move |is_begun: Option<bool>| {
            let is_wanted = context.is_woken.get() && context.person.with(Option::is_some);
            if is_wanted && is_begun != Some(true) {
                leptos::task::spawn_local(start(context));
            }
            is_wanted || is_begun == Some(true)
        });
    }
    Effect::new(move |_| refuse_stray_drops());
}

/// The queue of this page.
///
/// # Panics
/// Outside of the root component.
pub(crate) fn use_upload_queue() -> UploadQueueContext {
    expect_context()
}

impl UploadQueueContext {
    /// Says who is signed in: others' uploads are nothing to them.
    pub(crate) fn belongs_to(self, person: &PersonView) {
        #[cfg(feature = "hydrate")]
        self.person.set(Some(format!(
            "{} {}",
            person.name,
            person.email.as_deref().unwrap_or_default()
        )));
        #[cfg(not(feature = "hydrate"))]
        let _ = (self, person);
    }

    /// Whether files can be taken: not on the server, and not before the page is alive.
    pub(crate) fn is_ready(self) -> bool {
        self.is_ready.get()
    }

    /// Whether there are uploads, or traces of earlier ones.
    pub(crate) fn has_something_to_say(self) -> bool {
        self.has_something_to_say.get()
    }

    /// Files are about to be added.
    pub(crate) fn expect_files(self) {
        #[cfg(feature = "hydrate")]
        self.wake();
        #[cfg(not(feature = "hydrate"))]
        let _ = self;
    }

    /// Takes the files of an input.
    pub(crate) fn add_files(self, destination: Destination, files: &FileList) {
        #[cfg(feature = "hydrate")]
        self.bring(destination.into(), Brought::Chosen(chosen(files)));
        #[cfg(not(feature = "hydrate"))]
        let _ = (self, destination, files);
    }

    /// Takes what was dropped. Inside the drop event.
    pub(crate) fn add_dropped(self, destination: Destination, transfer: &DataTransfer) {
        #[cfg(feature = "hydrate")]
        self.bring(destination.into(), Brought::Dropped(Dropped::of(transfer)));
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

    /// Whether the queue ended for a reason of the browser's, until the page is loaded again.
    pub(crate) fn is_broken(self) -> bool {
        self.is_broken.get()
    }

    /// Takes what was chosen by the browser's own pickers.
    pub(crate) fn add_picked(self, destination: Destination, picked: Picked) {
        self.bring(destination.into(), Brought::Picked(picked));
    }

    /// Looks at the queue, and again whenever it looks different.
    pub(crate) fn read<T>(self, read: impl FnOnce(&View) -> T) -> Option<T> {
        self.version.track();
        self.with_uploads(|uploads| uploads.read(read)).flatten()
    }

    /// Says which rows are looked at.
    pub(crate) fn look(self, seen: Seen) {
        self.with_uploads(|uploads| uploads.look(seen));
    }

    /// Hands the person a table of what became of each file.
    pub(crate) fn save_report(self) {
        self.with_uploads(Uploads::save_report);
    }

    /// Lets the queue do something.
    pub(crate) fn wish(self, wish: Wish) {
        self.with_uploads(|uploads| uploads.wish(wish));
    }

    /// Goes on with what was left behind, if the person lets the files be read; answers whether it does. Inside the
    /// event of a press.
    pub(crate) async fn go_on_with(self, left: Remembered) -> bool {
        match self.with_uploads(Uploads::clone) {
            Some(uploads) => uploads.go_on_with(left).await,
            None => false,
        }
    }

    fn with_uploads<T>(self, with: impl FnOnce(&Uploads) -> T) -> Option<T> {
        let uploads = self.uploads.try_get_value().flatten()?;
        Some(with(&uploads))
    }

    fn bring(self, target: Target, brought: Brought) {
        self.wake();
        match self.uploads.try_get_value().flatten() {
            Some(uploads) => hand_over(&uploads, target, brought),
            None => self
                .early
                .update_value(|early| early.push((target, brought))),
        }
    }

    fn wake(self) {
        if !self.is_woken.get_untracked() {
            self.is_woken.set(true);
        }
    }

    fn start(self) {
        let person = self.person.get_untracked().unwrap_or_default();
        let Ok(uploads) = Uploads::start(person, move || self.draw()) else {
            self.is_broken.set(true);
            self.has_something_to_say.set(true);
            return;
        };
        self.uploads.set_value(Some(uploads.clone()));
        let early = self.early.try_update_value(std::mem::take);
        for (target, brought) in early.unwrap_or_default() {
            hand_over(&uploads, target, brought);
        }
    }

    fn draw(self) {
        self.version.update(|version| *version += 1);
        let is_broken = self.with_uploads(Uploads::is_broken) == Some(true);
        if is_broken {
            self.is_broken.set(true);
            self.has_something_to_say.set(true);
        }
        let told = self.with_uploads(|uploads| {
            uploads.read(|view| {
                (
                    view.stored_count,
                    view.overview.condition.clone(),
                    view.has_something_to_say() || is_broken,
                    view.now_ms,
                )
            })
        });
        let Some((stored, condition, has_something_to_say, now_ms)) = told.flatten() else {
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

#[cfg(feature = "hydrate")]
fn hand_over(uploads: &Uploads, target: Target, brought: Brought) {
    match brought {
        Brought::Dropped(dropped) => uploads.add_dropped(target, dropped),
        Brought::Picked(picked) => uploads.add_picked(target, &picked),
        Brought::Chosen(files) => uploads.add_files(target, files),
    }
}

/// A split point: what speaks with the worker is loaded here.
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

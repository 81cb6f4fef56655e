//! What changes on the cluster, told as it happens: one watch for each kind, however many people look.
//!
//! A watch can end at any moment, and its place in the server's memory can be forgotten (410): then the
//! objects are listed again, and only what is different is told. Of an object nothing is kept but its
//! version and the claim that it is about, so that ten thousand of them take a few megabytes.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim};
use kube::Api;
use kube::api::{ListParams, WatchEvent, WatchParams};

use super::api_server::{ANSWERS_WITHIN, ApiServer, Object};
use super::first_list::FirstList;
use crate::{Change, ProjectFolder};

/// For how long the server is asked to hold a watch, in seconds.
const HELD_SECONDS: u32 = 240;
/// A watch that is silent for longer than it is held has lost its server.
const SILENT_FOR: Duration = Duration::from_secs(250);
/// How many objects are listed at a time.
const PAGE: u32 = 500;
/// The pause after a watch ended; each failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long the server may be away before that is a change too: a restart is none.
const AWAY_AFTER: Duration = Duration::from_secs(30);

/// A kind that is watched.
trait Watched: Object {
    /// Which of them, as the server chooses fields.
    const FIELDS: Option<&'static str> = None;
    /// Whether it matters that one is gone.
    const IS_MISSED: bool = true;
    /// Whether this kind's watch tells that the server is away.
    const TELLS_OF_SERVER: bool = false;

    /// Kept for the first look.
    fn keep(self, _key: String, _first: &FirstList) {}

    /// Not as it was kept any more.
    fn forget(_key: &str, _first: &FirstList) {}

    /// The namespace and name of the claim that it is about.
    fn claim(&self) -> Option<(String, String)>;
}

impl Watched for PersistentVolumeClaim {
    const TELLS_OF_SERVER: bool = true;

    fn keep(self, key: String, first: &FirstList) {
        first.add_claim(key, self);
    }

    fn forget(key: &str, first: &FirstList) {
        first.take_claim(key);
    }

    fn claim(&self) -> Option<(String, String)> {
        Some((
            self.metadata.namespace.clone()?,
            self.metadata.name.clone()?,
        ))
    }
}

impl Watched for PersistentVolume {
    fn keep(self, key: String, first: &FirstList) {
        first.add_volume(key, self);
    }

    fn forget(key: &str, first: &FirstList) {
        first.take_volume(key);
    }

    fn claim(&self) -> Option<(String, String)> {
        let claim = self.spec.as_ref()?.claim_ref.as_ref()?;
        Some((claim.namespace.clone()?, claim.name.clone()?))
    }
}

/// Why a claim waits is told by events and nowhere else.
impl Watched for Event {
    const FIELDS: Option<&'static str> = Some("involvedObject.kind=PersistentVolumeClaim");
    const IS_MISSED: bool = false;

    fn claim(&self) -> Option<(String, String)> {
        let about = &self.involved_object;
        Some((about.namespace.clone()?, about.name.clone()?))
    }
}

/// What happens to claims and their storage from now on. The first that is told is that everything is to be
/// looked at, as soon as nothing can be missed any more.
pub(super) fn changes(api: &ApiServer, first: &FirstList) -> BoxStream<'static, Change> {
    let beginning = Arc::new(AtomicUsize::new(3));
    stream::select_all([
        watch::<PersistentVolumeClaim>(api, first, &beginning),
        watch::<PersistentVolume>(api, first, &beginning),
        watch::<Event>(api, first, &beginning),
    ])
    .boxed()
}

fn watch<K: Watched>(
    api: &ApiServer,
    first: &FirstList,
    beginning: &Arc<AtomicUsize>,
) -> BoxStream<'static, Change> {
    let watch = Watch::<K> {
        api: api.everywhere(),
        first: first.clone(),
        known: HashMap::new(),
        version: None,
        events: None,
        told: VecDeque::new(),
        beginning: Some(Arc::clone(beginning)),
        failures: 0,
        failing_since: None,
    };
    stream::unfold(watch, |mut watch| async move {
        let change = watch.next().await;
        Some((change, watch))
    })
    .boxed()
}

/// What is kept of an object.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    version: Box<str>,
    claim: Option<(Box<str>, Box<str>)>,
}

/// One kind of objects of one cluster.
struct Watch<K> {
    api: Api<K>,
    first: FirstList,
    /// By namespace and name.
    known: HashMap<String, Known>,
    /// Where to go on; `None`: with a list.
    version: Option<String>,
    events: Option<BoxStream<'static, kube::Result<WatchEvent<K>>>>,
    told: VecDeque<Change>,
    /// How many kinds were not listed yet; `None` once this one was.
    beginning: Option<Arc<AtomicUsize>>,
    failures: u32,
    /// Since when the server did not answer; `None` too when that was told.
    failing_since: Option<Instant>,
}

impl<K: Watched> Watch<K> {
    async fn next(&mut self) -> Change {
        loop {
            if let Some(change) = self.told.pop_front() {
                return change;
            }
            // Boxed: what calls the client is large.
            if let Err(error) = Box::pin(self.go_on()).await {
                self.note_failure(&error);
                tokio::time::sleep(pause(self.failures)).await;
            }
        }
    }

    async fn go_on(&mut self) -> kube::Result<()> {
        let Some(events) = &mut self.events else {
            return self.begin().await;
        };
        match tokio::time::timeout(SILENT_FOR, events.next()).await {
            Ok(Some(Ok(event))) => self.note(event),
            Ok(Some(Err(error))) => Err(error),
            // It was held for long enough, or nobody is there any more.
            Ok(None) | Err(_) => {
                self.events = None;
                tokio::time::sleep(FIRST_PAUSE).await;
                Ok(())
            }
        }
    }

    /// Asks for what happens after what is known, which is listed first if it has to be.
    async fn begin(&mut self) -> kube::Result<()> {
        let version = match self.version.clone() {
            Some(version) => version,
            None => self.list().await?,
        };
        let which = WatchParams {
            field_selector: K::FIELDS.map(str::to_owned),
            timeout: Some(HELD_SECONDS),
            ..WatchParams::default()
        };
        let events = answered(self.api.watch(&which, &version)).await?;
        self.events = Some(events.boxed());
        self.version = Some(version);
        self.failures = 0;
        self.failing_since = None;
        Ok(())
    }

    /// Everything that is there now; answers its version.
    async fn list(&mut self) -> kube::Result<String> {
        let mut which = ListParams {
            field_selector: K::FIELDS.map(str::to_owned),
            limit: Some(PAGE),
            ..ListParams::default()
        };
        let mut found = HashMap::with_capacity(self.known.len());
        let version = loop {
            let page = answered(self.api.list(&which)).await?;
            for object in page.items {
                let key = key(&object);
                found.insert(key.clone(), known(&object));
                if self.beginning.is_some() {
                    object.keep(key, &self.first);
                }
            }
            match page.metadata.continue_.filter(|next| !next.is_empty()) {
                Some(next) => which.continue_token = Some(next),
                None => break page.metadata.resource_version.unwrap_or_default(),
            }
        };
        let before = std::mem::replace(&mut self.known, found);
        match self.beginning.take() {
            Some(beginning) => {
                if beginning.fetch_sub(1, Ordering::Relaxed) == 1 {
                    self.first.clear_soon();
                    self.told.push_back(Change::Everything);
                }
            }
            None => self.tell_differences(&before),
        }
        Ok(version)
    }

    fn tell_differences(&mut self, before: &HashMap<String, Known>) {
        let is_new = |(key, now): &(&String, &Known)| before.get(*key) != Some(*now);
        let is_gone = |(key, _): &(&String, &Known)| !self.known.contains_key(*key);
        let new = self.known.iter().filter(is_new).map(|(_, known)| known);
        let gone = before.iter().filter(is_gone).map(|(_, known)| known);
        let told: Vec<Change> = new
            .chain(gone.filter(|_| K::IS_MISSED))
            .filter_map(change)
            .collect();
        self.told.extend(told);
    }

    fn note(&mut self, event: WatchEvent<K>) -> kube::Result<()> {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                let now = known(&object);
                K::forget(&key(&object), &self.first);
                self.version = Some(now.version.clone().into());
                let told = change(&now);
                if let Some(before) = self.known.insert(key(&object), now) {
                    // A volume that was another claim's until now is that one's business too.
                    self.told
                        .extend(change(&before).filter(|before| Some(before) != told.as_ref()));
                }
                self.told.extend(told);
                Ok(())
            }
            WatchEvent::Deleted(object) => {
                self.version.clone_from(&object.metadata().resource_version);
                self.known.remove(&key(&object));
                K::forget(&key(&object), &self.first);
                if K::IS_MISSED {
                    self.told.extend(change(&known(&object)));
                }
                Ok(())
            }
            WatchEvent::Bookmark(mark) => {
                self.version = Some(mark.metadata.resource_version);
                Ok(())
            }
            WatchEvent::Error(status) => Err(kube::Error::Api(status)),
        }
    }

    fn note_failure(&mut self, error: &kube::Error) {
        self.events = None;
        self.first.clear();
        if let kube::Error::Api(status) = error
            && (status.code == 410 || status.reason == "Expired")
        {
            // Not a failure: the server remembers a few minutes only.
            self.version = None;
            self.failures = self.failures.max(1);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures == 1 {
            self.failing_since = Some(Instant::now());
        }
        if self.failures == 3 {
            let kind = K::kind(&());
            tracing::warn!(error = %error, kind = &*kind, "what changes on the cluster is not known for now");
        }
        if K::TELLS_OF_SERVER
            && self
                .failing_since
                .is_some_and(|since| since.elapsed() > AWAY_AFTER)
        {
            self.failing_since = None;
            self.told.push_back(Change::Everything);
        }
    }
}

async fn answered<T>(call: impl Future<Output = kube::Result<T>>) -> kube::Result<T> {
    tokio::time::timeout(ANSWERS_WITHIN, call)
        .await
        .unwrap_or_else(|elapsed| Err(kube::Error::Service(elapsed.into())))
}

/// Longer with each failure, and never the same for two consoles.
fn pause(failures: u32) -> Duration {
    let whole = (FIRST_PAUSE * 2_u32.pow(failures.clamp(1, 10) - 1)).min(LONGEST_PAUSE);
    let chance = RandomState::new().hash_one(failures) % 50;
    whole.mul_f64(f64::from(u32::try_from(50 + chance).unwrap_or(100)) / 100.0)
}

fn key<K: Watched>(object: &K) -> String {
    let of = object.metadata();
    let namespace = of.namespace.as_deref().unwrap_or_default();
    format!("{namespace}/{}", of.name.as_deref().unwrap_or_default())
}

fn known<K: Watched>(object: &K) -> Known {
    let version = object.metadata().resource_version.clone();
    Known {
        version: version.unwrap_or_default().into(),
        claim: object
            .claim()
            .map(|(namespace, name)| (namespace.into(), name.into())),
    }
}

fn change(known: &Known) -> Option<Change> {
    let (namespace, name) = known.claim.as_ref()?;
    Some(Change::Claim {
        project: ProjectFolder(namespace.to_string()),
        claim: name.to_string(),
    })
}

//! The work of one import: the source is listed page by page while files of it are fetched, a few at once.
//!
//! Memory does not grow with the source, but for a few bytes a file: where its path was noted before, and that
//! it came once already.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::VolumePath;
use futures::{StreamExt as _, stream};
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use url::Url;

use super::failure::Failure;
use super::item::Item;
use super::plan::{Plan, Source};
use super::pull::pull;
use super::record::Index;
use super::registry::Import;
use super::remote::{Answer, MOST_HOPS};
use super::small::{Small, store_all};
use super::{hugging_face, s3};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::Agent;
use crate::ticket::Ticket;
use crate::upload::{UploadId, arriving, give_up};

/// To whom the staged files of imports belong: no person has such an id.
pub(super) const SUBJECT: &str = "stowage imports";
/// Files that are fetched at once.
const AT_ONCE: usize = 4;
/// Small files that wait for being stored.
const WAITING_FILES: usize = 8;
/// Listed files that wait for being fetched.
const WAITING_ITEMS: usize = 256;
/// The largest source.
const MOST_ITEMS: u64 = 5_000_000;
/// How often something is tried that makes no progress.
pub(super) const MOST_TRIES: u32 = 5;
/// A source that wants to be left alone for longer is waited for so long.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// One import at work.
pub(super) struct Job {
    pub(super) agent: Arc<Agent>,
    pub(super) ticket: Ticket,
    pub(super) import: Arc<Import>,
    pub(super) plan: Plan,
    pub(super) index: Index,
    /// Files that were begun before and can be gone on with, by their paths.
    begun: Mutex<HashMap<VolumePath, (UploadId, Begun)>>,
    seen: Mutex<HashSet<u64>>,
    /// What this import staged or went on with.
    staged: Mutex<Vec<UploadId>>,
}

/// What is noted with a staged file, so that it can be gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begun {
    pub(super) import: String,
    pub(super) source: String,
    pub(super) etag: String,
    pub(super) version: Option<String>,
    pub(super) modified_ms: i64,
    pub(super) replaces: bool,
}

/// Begins the work. It goes on by itself.
pub(super) fn spawn(agent: Arc<Agent>, ticket: Ticket, import: Arc<Import>, plan: Plan) {
    let ticket = Ticket {
        // Whoever ordered it ends it when the right is gone.
        expires_at: Timestamp::MAX,
        credential: None,
        ..ticket
    };
    agent.volume.figures().import_began();
    tokio::spawn(async move {
        let working = tokio::spawn(work(Arc::clone(&agent), ticket, Arc::clone(&import), plan));
        match working.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => import.board.complain(error.problem().message),
            Err(error) => {
                tracing::error!(import = import.id, %error, "an import ended unexpectedly");
                import
                    .board
                    .complain("The import ended unexpectedly. Run it again.".to_owned());
            }
        }
        agent.volume.figures().import_ended();
        import.close(agent.clock.now());
    });
}

async fn work(agent: Arc<Agent>, ticket: Ticket, import: Arc<Import>, plan: Plan) -> Result<()> {
    let known = Arc::clone(&agent);
    let (index, begun) = blocking(move || {
        let begun = begun(&known)?;
        Ok((Index::read(&known.volume)?, begun))
    })
    .await?;
    let job = Arc::new(Job {
        agent,
        ticket,
        import,
        plan,
        index,
        begun: Mutex::new(begun),
        seen: Mutex::default(),
        staged: Mutex::default(),
    });
    let (items, listed) = mpsc::channel(WAITING_ITEMS);
    let (small, fetched) = mpsc::channel(WAITING_FILES);
    tokio::join!(
        job.list(items),
        job.pull_all(listed, small),
        store_all(&job, fetched),
    );
    if job.import.is_canceled() {
        return blocking(move || job.clean()).await;
    }
    if job.agent.volume.stopping().is_cancelled() {
        job.import.interrupt();
    }
    Ok(())
}

/// The staged files of all imports. Blocks.
fn begun(agent: &Agent) -> Result<HashMap<VolumePath, (UploadId, Begun)>> {
    let found = arriving(&agent.volume, SUBJECT, agent.clock.now())?;
    Ok(found
        .into_iter()
        .filter_map(|(id, path, noted)| Some((path, (id, serde_json::from_str(&noted).ok()?))))
        .collect())
}

/// Gives up what an import staged that this agent does not know.
pub(super) async fn forget(agent: Arc<Agent>, import: String) -> Result<()> {
    blocking(move || {
        let now = agent.clock.now();
        for (id, begun) in begun(&agent)?.into_values() {
            if begun.import == import {
                give_up(&agent.volume, &id, SUBJECT, now);
            }
        }
        Ok(())
    })
    .await
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Job {
    async fn list(&self, items: mpsc::Sender<Item>) {
        match self.list_all(&items).await {
            Ok(()) => self.import.board.listed(),
            Err(failure) => self.complain(failure),
        }
    }

    async fn list_all(&self, items: &mpsc::Sender<Item>) -> Result<(), Failure> {
        let mut count = 0;
        match &self.plan.source {
            Source::Http(files) => self.offer(items, files.clone(), &mut count).await,
            Source::S3(bucket) => {
                let mut after: Option<String> = None;
                loop {
                    let page = self
                        .tried(|| {
                            let clock = &*self.agent.clock;
                            bucket.page(&self.plan.remote, clock, after.as_deref())
                        })
                        .await?;
                    self.offer(items, page.items, &mut count).await?;
                    if page.next.is_none() || page.next == after {
                        return Ok(());
                    }
                    after = page.next;
                }
            }
            Source::HuggingFace(repository) => {
                let mut at: Option<Url> = None;
                loop {
                    let page = self
                        .tried(|| repository.page(&self.plan.remote, at.as_ref()))
                        .await?;
                    self.offer(items, page.items, &mut count).await?;
                    if page.next.is_none() || page.next == at {
                        return Ok(());
                    }
                    at = page.next;
                }
            }
        }
    }

    /// Hands listed files over to those who fetch them.
    async fn offer(
        &self,
        items: &mpsc::Sender<Item>,
        page: Vec<Item>,
        count: &mut u64,
    ) -> Result<(), Failure> {
        // A page counts for itself, so that one without an end of empty pages ends.
        *count += 1;
        for item in page {
            *count += 1;
            if *count > MOST_ITEMS {
                return Err(Failure::Lasting(format!(
                    "The source has more than {MOST_ITEMS} files. Import it in parts."
                )));
            }
            if !item.is_folder {
                self.import.board.found(item.size);
            }
            let handed = self.until_ended(items.send(item)).await?;
            handed.map_err(|_| Failure::Ended)?;
        }
        Ok(())
    }

    async fn pull_all(self: &Arc<Self>, listed: mpsc::Receiver<Item>, small: mpsc::Sender<Small>) {
        let items = stream::unfold(listed, async |mut listed| {
            listed.recv().await.map(|item| (item, listed))
        });
        items
            .for_each_concurrent(AT_ONCE, |item| pull(self, item, &small))
            .await;
    }

    /// Does what may have to be done more than once.
    async fn tried<T, F>(&self, mut ask: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut tries = 0;
        loop {
            match self.until_ended(ask()).await? {
                Err(Failure::Passing {
                    message,
                    retry_after,
                }) => {
                    tries += 1;
                    self.wait(tries, message, retry_after).await?;
                }
                other => return other,
            }
        }
    }

    /// Waits before something is tried again that failed so often; longer each time.
    pub(super) async fn wait(
        &self,
        tries: u32,
        message: String,
        retry_after: Option<Duration>,
    ) -> Result<(), Failure> {
        if tries >= MOST_TRIES {
            return Err(Failure::Lasting(format!(
                "{message} It was tried {MOST_TRIES} times."
            )));
        }
        let pause = self.agent.volume.limits().import_pause;
        let pause = pause.saturating_mul(1 << (tries.max(1) - 1));
        let pause = retry_after.unwrap_or(pause).min(LONGEST_WAIT);
        self.until_ended(tokio::time::sleep(pause)).await
    }

    /// Does something, unless the import is ended meanwhile: then it is dropped.
    pub(super) async fn until_ended<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.import.ending.cancelled() => Err(Failure::Ended),
            done = work => Ok(done),
        }
    }

    /// Asks for a file, with these headers and those of the source.
    pub(super) async fn ask(&self, item: &Item, more: HeaderMap) -> Result<Answer, Failure> {
        let (url, mut headers, hops) = match &self.plan.source {
            Source::S3(bucket) => {
                let (url, headers) = bucket.object(&item.place, &*self.agent.clock);
                (url, headers, 0)
            }
            Source::Http(_) | Source::HuggingFace(_) => {
                let url = Url::parse(&item.place)
                    .map_err(|_| Failure::lasting("The address cannot be read."))?;
                (url, HeaderMap::new(), MOST_HOPS)
            }
        };
        headers.extend(more);
        // The bytes as they are.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        self.until_ended(self.plan.remote.get(&url, &headers, hops))
            .await?
    }

    /// What an answer means that is no success.
    pub(super) async fn refusal(&self, answer: Answer) -> Failure {
        match &self.plan.source {
            Source::S3(_) => s3::refusal(answer).await,
            Source::HuggingFace(_) => hugging_face::refusal(answer).await,
            Source::Http(_) => answer.refusal(|_| String::new()).await,
        }
    }

    /// Whether no other file of this import had this path.
    pub(super) fn is_first(&self, path: &VolumePath) -> bool {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        locked(&self.seen).insert(hasher.finish())
    }

    /// Takes a file that was begun before, to go on with it.
    pub(super) fn take_begun(&self, path: &VolumePath) -> Option<(UploadId, Begun)> {
        locked(&self.begun).remove(path)
    }

    pub(super) fn staged(&self, id: &UploadId) {
        locked(&self.staged).push(id.clone());
    }

    /// A file is stored.
    pub(super) fn stored(&self, _size: u64) {
        self.import.board.stored();
        self.agent.volume.figures().file_was_imported();
    }

    /// A file is not stored.
    pub(super) fn failed(&self, path: &str, failure: Failure) {
        match failure {
            Failure::Ended => {}
            Failure::Full(message) => {
                self.import.board.failed(path, message.clone());
                self.complain(Failure::Full(message));
            }
            Failure::Lasting(message) | Failure::Passing { message, .. } => {
                self.import.board.failed(path, message);
            }
        }
    }

    /// All of the import fails; what is on its way comes to its end, unless there is no room for it.
    pub(super) fn complain(&self, failure: Failure) {
        match failure {
            Failure::Ended => {}
            Failure::Full(message) => {
                self.import.board.complain(message);
                self.import.ending.cancel();
            }
            Failure::Lasting(message) | Failure::Passing { message, .. } => {
                self.import.board.complain(message);
            }
        }
    }

    /// Asked before files appear.
    pub(super) fn refuse_canceled(&self) -> Result<()> {
        if self.import.is_canceled() {
            return Err(Error::Stopping);
        }
        Ok(())
    }

    /// Gives up what is staged. Blocks.
    fn clean(&self) -> Result<()> {
        let now = self.agent.clock.now();
        for id in locked(&self.staged).drain(..) {
            give_up(&self.agent.volume, &id, SUBJECT, now);
        }
        for (id, begun) in self::begun(&self.agent)?.into_values() {
            if begun.import == self.import.id {
                give_up(&self.agent.volume, &id, SUBJECT, now);
            }
        }
        Ok(())
    }
}

//! One file: asked for, gone on with after a cut, checked, and stored.
//!
//! What is there of a file is gone on with only under the strong tag that it began with, and only if the answer
//! bears that tag too: a file that changes at the source begins anew, and is never put together of two.

mod accept;
mod finish;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use wire::WhenPresent;

use super::failure::Failure;
use super::item::{Item, Proof};
use super::job::{Job, SUBJECT};
use super::landing::{Landing, metered};
use super::plan::Source;
use super::small::Small;
use super::target::{self, Choice, Target};
use crate::blocking::blocking;
use crate::error::Error;
use crate::upload::Arriving;

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
enum Pulled {
    Stored,
    /// Others say later what became of it.
    HandedOver,
    Left,
}

/// How a request for a file ended.
enum Step {
    /// All bytes are there.
    Whole,
    /// What is there stays.
    Left,
}

/// A file on its way.
struct Pull<'j> {
    job: &'j Arc<Job>,
    item: Item,
    target: Option<Target>,
    landing: Option<Landing>,
    /// What is there of it may be gone on with under this tag.
    etag: Option<String>,
    version: Option<String>,
    modified_ms: i64,
    proof: Proof,
    tries: u32,
    furthest: u64,
    counted: Arc<AtomicU64>,
    is_sized: bool,
}

/// Fetches a file and says on the board what became of it.
pub(super) async fn pull(job: &Arc<Job>, item: Item, small: &mpsc::Sender<Small>) {
    let label = item.label().to_owned();
    let board = &job.import.board;
    if item.is_folder {
        if let Err(failure) = make_folder(job, label.clone()).await {
            board.found(Some(0));
            job.failed(&label, failure);
        }
        return;
    }
    board.began(&label);
    let mut pull = Pull {
        is_sized: item.size.is_some(),
        proof: item.proof.clone(),
        version: item.version.clone(),
        item,
        job,
        target: None,
        landing: None,
        etag: None,
        modified_ms: job.agent.clock.now().as_millisecond(),
        tries: 0,
        furthest: 0,
        counted: Arc::default(),
    };
    let pulled = pull.run(small).await;
    board.ended(&label);
    if !matches!(pulled, Err(Failure::Ended)) {
        pull.size_is_known(0);
    }
    match pulled {
        Ok(Pulled::Stored) => job.stored(pull.counted.load(Ordering::Relaxed)),
        Ok(Pulled::HandedOver) => {}
        Ok(Pulled::Left) => board.unchanged(),
        Err(failure) => {
            board.lost(pull.counted.swap(0, Ordering::Relaxed));
            job.failed(&label, failure);
        }
    }
}

async fn make_folder(job: &Arc<Job>, name: String) -> Result<(), Failure> {
    let job = Arc::clone(job);
    let made = blocking(move || {
        Ok(target::path(&job, &name).and_then(|path| {
            crate::beneath::make_folders(job.agent.volume.root(), &path)?;
            Ok(())
        }))
    });
    made.await?
}

impl Pull<'_> {
    async fn run(&mut self, small: &mpsc::Sender<Small>) -> Result<Pulled, Failure> {
        if let Some(name) = self.item.name.clone()
            && !self.choose(name).await?
        {
            return Ok(Pulled::Left);
        }
        self.take_begun().await?;
        loop {
            let ended = match self.attempt().await {
                Ok(Step::Left) => {
                    self.begin_anew().await?;
                    return Ok(Pulled::Left);
                }
                Ok(Step::Whole) => self.finish(small).await,
                Err(Failure::Passing {
                    message,
                    retry_after,
                }) => {
                    self.rest(message, retry_after).await?;
                    continue;
                }
                Err(failure) => Err(failure),
            };
            if let Err(Failure::Lasting(_)) = ended {
                self.begin_anew().await?;
            }
            return ended;
        }
    }

    /// Looks where the file goes; `false` if what is there stays.
    async fn choose(&mut self, name: String) -> Result<bool, Failure> {
        let job = Arc::clone(self.job);
        let (source, version) = (self.item.source.clone(), self.version.clone());
        let chosen = move || Ok(target::choose(&job, &name, &source, version.as_deref()));
        match blocking(chosen).await?? {
            Choice::Fetch(target) => {
                self.target = Some(target);
                Ok(true)
            }
            Choice::Leave => Ok(false),
        }
    }

    /// Goes on with what an earlier import, or this one before a restart, has of the file.
    async fn take_begun(&mut self) -> Result<(), Failure> {
        let Some(target) = &self.target else {
            return Ok(());
        };
        let Some((id, begun)) = self.job.take_begun(&target.path) else {
            return Ok(());
        };
        let fits = begun.source == self.item.source
            && begun.replaces == (target.when_present == WhenPresent::Yes)
            && (self.item.version.is_none() || self.item.version == begun.version);
        let job = Arc::clone(self.job);
        let taken = blocking(move || {
            let (volume, now) = (&job.agent.volume, job.agent.clock.now());
            if fits {
                return Ok(Arriving::resume(volume, &id, SUBJECT, now));
            }
            crate::upload::give_up(volume, &id, SUBJECT, now);
            Ok(None)
        });
        if let Some(arriving) = taken.await? {
            self.job.staged(arriving.id());
            let there = arriving.position();
            self.job.import.board.came(there);
            self.counted.fetch_add(there, Ordering::Relaxed);
            self.landing = Some(Landing::Staged(Box::new(arriving)));
            self.etag = Some(begun.etag);
            self.version = begun.version;
            self.modified_ms = begun.modified_ms;
        }
        Ok(())
    }

    async fn attempt(&mut self) -> Result<Step, Failure> {
        let position = self.landing.as_ref().map_or(0, Landing::position);
        let tag = self.etag.clone().filter(|_| position > 0);
        let answer = self
            .job
            .ask(&self.item, self.headers(position, tag.as_deref())?);
        let answer = answer.await?;
        match (answer.status.as_u16(), tag) {
            (200, _) => {
                if !self.accept(&answer.headers).await? {
                    return Ok(Step::Left);
                }
            }
            (206, Some(tag)) => self.accept_part(&answer.headers, position, &tag).await?,
            (304, _) => return Ok(Step::Left),
            (412 | 416, Some(_)) => {
                self.begin_anew().await?;
                return Err(changed());
            }
            _ => return Err(self.job.refusal(answer).await),
        }
        self.take_in(answer.body).await
    }

    /// Asks for the rest, or for the whole unless it is still what is there.
    fn headers(&self, position: u64, tag: Option<&str>) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Failure::lasting("The source's tag of the file cannot be sent."))?;
            headers.insert(name, value);
            Ok::<_, Failure>(())
        };
        if let Some(tag) = tag {
            put(RANGE, &format!("bytes={position}-"))?;
            // Every server of S3 knows the one, every server of files the other.
            let condition = match self.job.plan.source {
                Source::S3(_) => IF_MATCH,
                Source::Http(_) | Source::HuggingFace(_) => IF_RANGE,
            };
            put(condition, tag)?;
        } else if let Source::Http(_) = self.job.plan.source {
            let imported = self.target.as_ref().and_then(|t| t.imported.as_ref());
            let version = imported.and_then(|imported| imported.version.as_deref());
            if let Some(tag) = version.filter(|version| version.ends_with('"')) {
                put(IF_NONE_MATCH, tag)?;
            }
        }
        Ok(headers)
    }

    async fn take_in(&mut self, body: Body) -> Result<Step, Failure> {
        let landing = self.landing.take().ok_or(Failure::Ended)?;
        let job = self.job;
        let body = metered(
            body,
            Arc::clone(&job.agent),
            Arc::clone(&job.import),
            Arc::clone(&self.counted),
        );
        let (landing, ending) = landing.take_in(&job.agent, body, &job.import).await?;
        let (position, size) = (landing.position(), landing.size());
        self.landing = Some(landing);
        if size == Some(position) && !matches!(ending, Err(Error::TooLarge(_))) {
            return Ok(Step::Whole);
        }
        ending?;
        if size.is_some() {
            return Err(Failure::passing(
                "The source sent fewer bytes than it had said.",
            ));
        }
        self.size_is_known(position);
        Ok(Step::Whole)
    }

    /// Waits before the next try; progress makes it the first one again.
    async fn rest(
        &mut self,
        message: String,
        retry_after: Option<Duration>,
    ) -> Result<(), Failure> {
        let position = self.landing.as_ref().map_or(0, Landing::position);
        if position > self.furthest {
            self.furthest = position;
            self.tries = 0;
        }
        self.tries += 1;
        if self.etag.as_deref().is_none_or(str::is_empty) {
            self.begin_anew().await?;
        }
        self.job.wait(self.tries, message, retry_after).await
    }

    /// Forgets what is there of it.
    async fn begin_anew(&mut self) -> Result<(), Failure> {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        self.job.import.board.lost(counted);
        self.etag = None;
        if let Some(Landing::Staged(arriving)) = self.landing.take() {
            let volume = Arc::clone(&self.job.agent.volume);
            blocking(move || arriving.discard(&volume)).await?;
        }
        Ok(())
    }

    fn size_is_known(&mut self, size: u64) {
        if !self.is_sized {
            self.is_sized = true;
            self.job.import.board.sized(size);
        }
    }
}

fn changed() -> Failure {
    Failure::passing("The file changed at the source while it was fetched.")
}

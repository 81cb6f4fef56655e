//! One file: asked for, gone on with after a cut, checked, and stored.
//!
//! What is there of a file is gone on with only under the strong tag that it began with, and only if the answer
//! bears that tag too: a file that changes at the source begins anew, and is never put together of two.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::header::{CONTENT_DISPOSITION, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use wire::WhenPresent;

use super::failure::Failure;
use super::item::{Head, Item, Proof};
use super::job::{Begun, Job, SUBJECT};
use super::landing::{Landing, metered};
use super::plan::Source;
use super::record::Imported;
use super::remote::header;
use super::small::{self, Small};
use super::target::{self, Choice, Target};
use crate::blocking::blocking;
use crate::error::Error;
use crate::upload::{Arriving, Kind, NewUpload};

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

    /// Takes the whole file; `false` if what is there stays.
    async fn accept(&mut self, headers: &HeaderMap) -> Result<bool, Failure> {
        self.begin_anew().await?;
        let mut head = Head::of(headers);
        self.proof = self.item.proof.clone();
        match &self.job.plan.source {
            // Its answers come from elsewhere and have tags of their own.
            Source::HuggingFace(_) => {}
            Source::S3(_) => {
                self.version = head.etag.clone().or(self.version.take());
                self.proof = super::s3::proof(headers, &head);
            }
            Source::Http(_) => self.version = head.version(),
        }
        if self.target.is_none() {
            let disposition = header(headers, CONTENT_DISPOSITION.as_str());
            let url = url::Url::parse(&self.item.place).ok();
            let name = url.and_then(|url| target::given_name(disposition, &url));
            let name = name.ok_or_else(|| {
                Failure::lasting("Neither the address nor the server names the file: give a path.")
            })?;
            if name.contains('/') {
                return Err(Failure::lasting(
                    "The server names the file with a path: give a path.",
                ));
            }
            if !self.choose(name).await? {
                return Ok(false);
            }
        } else if self.is_there() {
            return Ok(false);
        }
        if let (Some(listed), Some(size)) = (self.item.size, head.size)
            && listed != size
        {
            return Err(Failure::lasting(
                "The file changed at the source since it was listed. Run the import again.",
            ));
        }
        head.size = head.size.or(self.item.size);
        self.begin(&head).await?;
        Ok(true)
    }

    fn is_there(&self) -> bool {
        let version = self.version.as_deref();
        self.target
            .as_ref()
            .is_some_and(|target| target.is(version))
    }

    /// Makes a place for the bytes.
    async fn begin(&mut self, head: &Head) -> Result<(), Failure> {
        let limits = self.job.agent.volume.limits();
        if head.size.is_none() && !head.is_framed && self.proof.sha256.is_none() {
            return Err(Failure::lasting(
                "The source does not say how large the file is, so a cut could not be told from its end.",
            ));
        }
        if head.size.is_some_and(|size| size > limits.max_upload_bytes) {
            return Err(Failure::lasting(
                "The file is larger than this volume takes.",
            ));
        }
        if let Some(size) = head.size {
            self.size_is_known(size);
        }
        self.etag = head.strong_etag().map(ToOwned::to_owned);
        self.modified_ms = head
            .modified_ms()
            .unwrap_or_else(|| self.job.agent.clock.now().as_millisecond());
        self.landing = Some(match head.size {
            Some(size) if size <= small::MOST_BYTES => Landing::Memory {
                bytes: Vec::new(),
                size,
            },
            size => Landing::Staged(Box::new(self.stage(size).await?)),
        });
        Ok(())
    }

    async fn stage(&self, length: Option<u64>) -> Result<Arriving, Failure> {
        let target = self.target.clone().ok_or(Failure::Ended)?;
        let begun = Begun {
            import: self.job.import.id.clone(),
            source: self.item.source.clone(),
            etag: self.etag.clone().unwrap_or_default(),
            version: self.version.clone(),
            modified_ms: self.modified_ms,
            replaces: target.when_present == WhenPresent::Yes,
        };
        let new = NewUpload {
            path: target.path,
            length,
            when_present: target.when_present,
            modified_ms: Some(self.modified_ms),
            metadata: serde_json::to_string(&begun).map_err(|error| Error::Io(error.into()))?,
            kind: Kind::File,
        };
        let job = Arc::clone(self.job);
        let begun = blocking(move || {
            let now = job.agent.clock.now();
            let arriving = Arriving::begin(&job.agent.volume, new, SUBJECT, now)?;
            job.staged(arriving.id());
            Ok(arriving)
        });
        Ok(begun.await?)
    }

    /// Takes the rest of a file.
    async fn accept_part(
        &mut self,
        headers: &HeaderMap,
        position: u64,
        tag: &str,
    ) -> Result<(), Failure> {
        let size = self.landing.as_ref().and_then(Landing::size);
        let range = header(headers, "content-range").and_then(range);
        let fits = range.is_some_and(|(begin, whole)| {
            begin == position && whole.zip(size).is_none_or(|(whole, size)| whole == size)
        });
        let is_same = header(headers, "etag").is_none_or(|other| other.trim() == tag);
        if fits && is_same {
            if let Source::S3(_) = self.job.plan.source
                && self.proof == Proof::default()
            {
                // It was begun before a restart. Sums in a part's answer are of the whole object.
                self.proof = super::s3::proof(headers, &Head::of(headers));
            }
            return Ok(());
        }
        self.begin_anew().await?;
        Err(changed())
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

    /// Checks the whole file and stores it.
    async fn finish(&mut self, small: &mpsc::Sender<Small>) -> Result<Pulled, Failure> {
        let (Some(landing), Some(target)) = (self.landing.take(), self.target.clone()) else {
            return Err(Failure::Ended);
        };
        let imported = Imported {
            path: target.path.clone(),
            source: self.item.source.clone(),
            version: self.version.clone(),
            size_bytes: landing.position(),
            modified_ms: self.modified_ms,
        };
        let proof = self.proof.clone();
        match landing {
            Landing::Memory { bytes, .. } => {
                let checked = blocking(move || Ok(proof.check_bytes(&bytes).map(|()| bytes)));
                let file = Small {
                    path: target.path,
                    when_present: target.when_present,
                    bytes: checked.await??,
                    imported,
                };
                small.send(file).await.map_err(|_| Failure::Ended)?;
                Ok(Pulled::HandedOver)
            }
            Landing::Staged(mut arriving) => {
                let job = Arc::clone(self.job);
                let stored = blocking(move || {
                    let stored = land(&job, &mut arriving, &proof, &imported);
                    Ok(match stored {
                        Ok(digests) => arriving
                            .publish(&job.agent, &job.ticket, digests)
                            .map_err(Failure::from),
                        Err(failure @ Failure::Lasting(_)) => {
                            arriving.discard(&job.agent.volume)?;
                            Err(failure)
                        }
                        Err(failure) => Err(failure),
                    })
                });
                stored.await??;
                Ok(Pulled::Stored)
            }
        }
    }

    fn size_is_known(&mut self, size: u64) {
        if !self.is_sized {
            self.is_sized = true;
            self.job.import.board.sized(size);
        }
    }
}

/// Checks a file whose bytes are all on the disk, and notes that it is about to appear. Blocks.
fn land(
    job: &Job,
    arriving: &mut Arriving,
    proof: &Proof,
    imported: &Imported,
) -> Result<crate::upload::Digests, Failure> {
    let digests = arriving.end(job.agent.clock.now())?;
    let part = arriving.part().ok_or(Failure::Ended)?;
    proof.check_file(part, imported.size_bytes, &digests)?;
    job.refuse_canceled()?;
    let volume = &job.agent.volume;
    let record = &volume.imports().record;
    record.note(volume, std::slice::from_ref(imported))?;
    Ok(digests)
}

fn changed() -> Failure {
    Failure::passing("The file changed at the source while it was fetched.")
}

/// Where a part begins, and how large the whole is (RFC 9110, 14.4).
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (begin, _) = range.split_once('-')?;
    Some((begin.parse().ok()?, whole.parse().ok()))
}

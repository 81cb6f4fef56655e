//! A request's body on its way to the disk: gathered without copying, and handed over in large steps.
//!
//! One step at a time is written, and hashed beside that on another thread; the next is gathered
//! meanwhile, and when that is full the socket is not read. So memory is two steps per request, whatever
//! comes, and a silent connection holds no thread.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::digest::Hashers;
use super::writer::Sink;
use crate::blocking::in_bulk;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// From how many gathered bytes on a step is worth a system call.
const STEP_BYTES: usize = 256 << 10;
/// How many bytes are gathered while a step is being written.
const MOST_BYTES: usize = 512 << 10;
/// The most pieces that one `pwritev` takes (`IOV_MAX`).
const MOST_PIECES: usize = 1024;
/// Fewer bytes than these are hashed where they are written.
const WORTH_A_THREAD: usize = 64 << 10;

/// What can end a request before its body does.
pub(crate) struct Endings<'r> {
    /// Somebody newer came.
    pub(crate) overtaken: &'r CancellationToken,
    /// The agent is being stopped.
    pub(crate) stopping: &'r CancellationToken,
}

/// What became of a body: the sink, the hashes if they are still right, and how it ended.
pub(crate) struct Pumped<S> {
    pub(crate) sink: Box<S>,
    pub(crate) hashers: Option<Box<Hashers>>,
    pub(crate) ending: Result<()>,
}

/// The sink, here or at work.
enum Pen<S> {
    Free(Pumped<S>),
    Writing {
        writing: JoinHandle<Pumped<S>>,
        hashing: Option<JoinHandle<Box<Hashers>>>,
    },
}

impl<S: Sink> Pen<S> {
    fn is_free(&self) -> bool {
        match self {
            Self::Free(_) => true,
            Self::Writing { writing, hashing } => {
                writing.is_finished() && hashing.as_ref().is_none_or(JoinHandle::is_finished)
            }
        }
    }

    async fn free(self) -> Result<Pumped<S>> {
        match self {
            Self::Free(pumped) => Ok(pumped),
            Self::Writing { writing, hashing } => {
                let mut pumped = writing.await.map_err(std::io::Error::other)?;
                if let Some(hashing) = hashing {
                    pumped.hashers = Some(hashing.await.map_err(std::io::Error::other)?);
                }
                // What did not get into the file must not be in its hashes.
                pumped.hashers.take_if(|_| pumped.ending.is_err());
                Ok(pumped)
            }
        }
    }

    fn write(pumped: Pumped<S>, batch: Vec<Bytes>) -> Self {
        let Pumped {
            mut sink,
            mut hashers,
            ..
        } = pumped;
        let count: usize = batch.iter().map(Bytes::len).sum();
        let hashing = hashers
            .take_if(|_| count >= WORTH_A_THREAD)
            .map(|mut hashers| {
                let batch = batch.clone();
                in_bulk(move || {
                    hashers.update_all(&batch);
                    hashers
                })
            });
        let writing = in_bulk(move || {
            let ending = sink.write(&batch);
            if let Some(hashers) = &mut hashers {
                hashers.update_all(&batch);
            }
            Pumped {
                sink,
                hashers,
                ending,
            }
        });
        Self::Writing { writing, hashing }
    }
}

/// Takes frames until the body ends or something ends it. Whatever came before that is written.
pub(crate) async fn pump<S: Sink>(
    sink: Box<S>,
    hashers: Option<Box<Hashers>>,
    mut body: Body,
    limits: &Limits,
    endings: &Endings<'_>,
) -> Result<Pumped<S>> {
    let mut pen = Pen::Free(Pumped {
        sink,
        hashers,
        ending: Ok(()),
    });
    let mut pace = Pace::new(limits);
    let mut gathered: Vec<Bytes> = Vec::new();
    let mut gathered_bytes = 0;
    let ending = loop {
        let is_full = gathered_bytes >= MOST_BYTES || gathered.len() >= MOST_PIECES;
        if is_full || (gathered_bytes >= STEP_BYTES && pen.is_free()) {
            let pumped = pen.free().await?;
            if pumped.ending.is_err() {
                return Ok(pumped);
            }
            pen = Pen::write(pumped, std::mem::take(&mut gathered));
            gathered_bytes = 0;
        }
        match next_bytes(&mut body, limits, endings).await {
            Ok(Some(bytes)) => {
                pace.count(bytes.len());
                gathered_bytes += bytes.len();
                gathered.push(bytes);
                if pace.is_too_slow() {
                    break Err(Error::Stalled);
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let mut pumped = pen.free().await?;
    if pumped.ending.is_ok() && !gathered.is_empty() {
        pumped = Pen::write(pumped, gathered).free().await?;
    }
    pumped.ending = pumped.ending.and(ending);
    Ok(pumped)
}

/// The next bytes of a body; `None` at its end.
pub(crate) async fn next_bytes(
    body: &mut Body,
    limits: &Limits,
    endings: &Endings<'_>,
) -> Result<Option<Bytes>> {
    loop {
        let frame = tokio::select! {
            biased;
            () = endings.overtaken.cancelled() => return Err(Error::Overtaken),
            () = endings.stopping.cancelled() => return Err(Error::Stopping),
            frame = tokio::time::timeout(limits.idle_timeout, body.frame()) => frame,
        };
        match frame {
            Err(_) => return Err(Error::Stalled),
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "an upload's connection ended");
                return Err(Error::Cut);
            }
            Ok(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

/// How fast a body comes. A sender that drips holds a place for ever without being silent.
pub(crate) struct Pace {
    began: Instant,
    bytes: u64,
    grace: Duration,
    least_bytes_per_second: u64,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            began: Instant::now(),
            bytes: 0,
            grace: limits.slow_grace,
            least_bytes_per_second: limits.least_bytes_per_second,
        }
    }

    pub(crate) fn count(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Whether it was too slow on the whole; not asked of a body that has only begun.
    pub(crate) fn is_too_slow(&self) -> bool {
        let took = self.began.elapsed();
        took > self.grace && self.bytes < self.least_bytes_per_second.saturating_mul(took.as_secs())
    }
}

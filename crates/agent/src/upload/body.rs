//! A request's body for code that reads and may block: batches and archives.
//!
//! The connection is read on an async thread and handed over a bounded channel, so that a slow disk slows
//! the sender, and a thread is held only as long as the body may last.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::pump::{Endings, Pace, next_bytes};
use crate::error::{Error, Result};
use crate::router::Agent;

/// How many pieces wait for who reads them.
const WAITING: usize = 4;

/// A body, read piece by piece.
pub(crate) struct BodyReader {
    pieces: mpsc::Receiver<Result<Bytes>>,
    piece: Bytes,
    is_over: bool,
    received: Received,
}

/// What is known of a body while somebody else reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received(Arc<Mutex<(u64, Option<Error>)>>);

impl Received {
    fn locked(&self) -> MutexGuard<'_, (u64, Option<Error>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much of it was read.
    pub(crate) fn bytes(&self) -> u64 {
        self.locked().0
    }

    /// What ended it early, where it was read through `io::Read`.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.locked().1.take()
    }
}

impl BodyReader {
    /// A reader of a body, and the work that feeds it: both must run.
    pub(crate) fn over(agent: Arc<Agent>, mut body: Body) -> (Self, impl Future<Output = ()>) {
        let (sender, pieces) = mpsc::channel(WAITING);
        let feeding = async move {
            let limits = *agent.volume.limits();
            let never = CancellationToken::new();
            let endings = Endings {
                overtaken: &never,
                stopping: agent.volume.stopping(),
            };
            let mut pace = Pace::new(&limits);
            loop {
                let piece = match next_bytes(&mut body, &limits, &endings).await {
                    Ok(None) => return,
                    Ok(Some(bytes)) => {
                        pace.count(bytes.len());
                        if pace.is_too_slow() {
                            Err(Error::Stalled)
                        } else {
                            Ok(bytes)
                        }
                    }
                    Err(error) => Err(error),
                };
                let is_failure = piece.is_err();
                if sender.send(piece).await.is_err() {
                    // Whoever read it has refused it: the rest is read, so that the refusal is seen.
                    crate::router::drain(body).await;
                    return;
                }
                if is_failure {
                    return;
                }
            }
        };
        let reader = Self {
            pieces,
            piece: Bytes::new(),
            is_over: false,
            received: Received::default(),
        };
        (reader, feeding)
    }

    /// What is known of the body, also when the reader is given away.
    pub(crate) fn received(&self) -> Received {
        self.received.clone()
    }

    /// How much of it was read.
    pub(crate) fn position(&self) -> u64 {
        self.received.bytes()
    }

    /// The next bytes, at most so many; `None` at the end. Blocks.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Bytes>> {
        while self.piece.is_empty() {
            if self.is_over {
                return Ok(None);
            }
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => {
                    self.is_over = true;
                    return Err(error);
                }
                None => self.is_over = true,
            }
        }
        let count = most.min(self.piece.len());
        self.received.locked().0 += count as u64;
        Ok(Some(self.piece.split_to(count)))
    }

    /// Fills a buffer; a body that ends before that was cut.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            let mut bytes = self.next(buffer.len() - filled)?.ok_or(Error::Cut)?;
            let count = bytes.len();
            bytes.copy_to_slice(&mut buffer[filled..filled + count]);
            filled += count;
        }
        Ok(())
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.next(buffer.len()) {
            Ok(Some(mut bytes)) => {
                let count = bytes.len();
                bytes.copy_to_slice(&mut buffer[..count]);
                Ok(count)
            }
            Ok(None) => Ok(0),
            Err(error) => {
                let message = error.to_string();
                self.received.locked().1 = Some(error);
                Err(io::Error::other(message))
            }
        }
    }
}

//! Where the bytes of one file land: a small file in memory, to be stored with others; a large one on the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::registry::Import;
use crate::error::Error;
use crate::router::Agent;
use crate::upload::{Arriving, Endings, next_bytes};

/// What has come of a file.
pub(super) enum Landing {
    Memory { bytes: Vec<u8>, size: u64 },
    Staged(Box<Arriving>),
}

impl Landing {
    pub(super) fn position(&self) -> u64 {
        match self {
            Self::Memory { bytes, .. } => bytes.len() as u64,
            Self::Staged(arriving) => arriving.position(),
        }
    }

    /// How large the file will be, if that is known.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::Memory { size, .. } => Some(*size),
            Self::Staged(arriving) => arriving.length(),
        }
    }

    /// Puts a body behind what is there. Answers how it ended; what came before that is kept.
    pub(super) async fn take_in(
        self,
        agent: &Arc<Agent>,
        body: Body,
        import: &Import,
    ) -> Result<(Self, Result<(), Error>), Failure> {
        match self {
            Self::Memory { mut bytes, size } => {
                let ending = fill(&mut bytes, size, body, agent, &import.ending).await;
                Ok((Self::Memory { bytes, size }, ending))
            }
            Self::Staged(arriving) => {
                let (arriving, ending) = arriving.take_in(agent, body, &import.ending).await?;
                Ok((Self::Staged(Box::new(arriving)), ending))
            }
        }
    }
}

async fn fill(
    bytes: &mut Vec<u8>,
    size: u64,
    mut body: Body,
    agent: &Agent,
    ending: &CancellationToken,
) -> Result<(), Error> {
    let never = CancellationToken::new();
    let endings = Endings {
        overtaken: &never,
        stopping: ending,
    };
    while let Some(more) = next_bytes(&mut body, agent.volume.limits(), &endings).await? {
        if (bytes.len() + more.len()) as u64 > size {
            return Err(Error::TooLarge(String::new()));
        }
        bytes.extend_from_slice(&more);
    }
    Ok(())
}

/// A body whose bytes are counted as they come, on the import's board and in `counted`.
pub(super) fn metered(
    body: Body,
    agent: Arc<Agent>,
    import: Arc<Import>,
    counted: Arc<AtomicU64>,
) -> Body {
    let frames = body.into_data_stream().map(move |bytes| {
        let count = bytes.as_ref().map_or(0, Bytes::len) as u64;
        import.board.came(count);
        agent.volume.figures().imported(count);
        counted.fetch_add(count, Ordering::Relaxed);
        bytes
    });
    Body::from_stream(frames)
}

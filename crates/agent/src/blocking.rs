//! File work off the async threads. Once begun it runs to its end, also when nobody waits any more.

use std::io;

use crate::error::Result;

/// Runs file work on a thread that may block.
pub(crate) async fn blocking<T, W>(work: W) -> Result<T>
where
    T: Send + 'static,
    W: FnOnce() -> Result<T> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

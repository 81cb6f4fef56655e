//! File work off the async threads. Once begun it runs to its end, also when nobody waits any more.

use std::io;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::error::Result;

/// How far the threads of bulk work give way to others of the process (`nice`).
const BULK_NICENESS: i32 = 10;

/// Threads for bulk work; none where the system refuses them.
static BULK: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let give_way = || {
        // A system that refuses this treats all threads alike.
        let _ = rustix::process::nice(BULK_NICENESS);
    };
    let mut threads = Builder::new_multi_thread();
    threads.worker_threads(1).thread_name("bulk");
    threads.on_thread_start(give_way).build().ok()
});

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

/// The same for the bytes of uploads: there may be more of them than the machine can take, and a page must not wait
/// behind them.
pub(crate) fn in_bulk<T, W>(work: W) -> JoinHandle<T>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    match &*BULK {
        Some(threads) => threads.spawn_blocking(work),
        None => tokio::task::spawn_blocking(work),
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::nice;

    use super::*;

    #[tokio::test]
    async fn bulk_work_gives_way() {
        let here = nice(0).unwrap();
        let there = in_bulk(|| nice(0).unwrap()).await.unwrap();
        assert_eq!(there, (here + BULK_NICENESS).min(19));
        assert_eq!(nice(0).unwrap(), here);
    }
}

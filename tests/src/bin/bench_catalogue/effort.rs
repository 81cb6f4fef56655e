//! The processor's time of this program and of the PostgreSQL that works for it, as Linux counts it.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Result;
use sqlx::{Connection, Row};

/// Whose time is counted.
pub(crate) struct Effort {
    /// PostgreSQL's processes for this database; unreadable where it runs on another machine.
    backends: Vec<i32>,
}

impl Effort {
    pub(crate) async fn of(url: &str) -> Result<Self> {
        let mut backends = Vec::new();
        if url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(url).await?;
            let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()";
            for row in sqlx::query(query).fetch_all(&mut connection).await? {
                backends.push(row.try_get("pid")?);
            }
        }
        Ok(Self { backends })
    }

    pub(crate) fn begin(&self) -> (Instant, Duration) {
        (Instant::now(), self.so_far())
    }

    pub(crate) fn so_far(&self) -> Duration {
        let ours = fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten();
        let ours = ours.map(|thread| thread.path().join("schedstat"));
        let theirs = self
            .backends
            .iter()
            .map(|pid| format!("/proc/{pid}/schedstat").into());
        let nanoseconds = ours.chain(theirs).filter_map(|path: std::path::PathBuf| {
            fs::read_to_string(path)
                .ok()?
                .split(' ')
                .next()?
                .parse::<u64>()
                .ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

//! How long the catalogue takes: 100,000 data volumes in 2,000 projects, on both engines.
//!
//! `cargo bench -p store --bench catalogue`; PostgreSQL is where `STOWAGE_TEST_POSTGRES` says, with the
//! right to make databases, and is left out without it. The data comes from a fixed seed and is deleted
//! at the end. Fails when a query takes more than 50 ms in 95 of 100 cases. The last column is the
//! processor's time, half of the cases below it, which a busy machine does not stretch.

mod content;
mod effort;
mod questions;

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use store::Store;
use tempfile::TempDir;

use crate::effort::Effort;
use crate::questions::{Question, questions};

const LIMIT: Duration = Duration::from_millis(50);
const ROUNDS: usize = 20;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // `cargo test --benches` and the like only want to know whether it runs.
    let volumes = if env::args().any(|argument| argument == "--bench") {
        100_000
    } else {
        1_000
    };
    let folder = TempDir::new()?;
    let sqlite = format!("sqlite:{}", folder.path().join("stowage.db").display());
    let mut is_quick = measure("SQLite", &sqlite, volumes).await?;
    match env::var("STOWAGE_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => {
            let name = format!("stowage_bench_{}", std::process::id());
            execute(&server, format!("CREATE DATABASE {name}")).await?;
            let mut url = url::Url::parse(&server)?;
            url.set_path(&name);
            let outcome = measure("PostgreSQL", url.as_str(), volumes).await;
            execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await?;
            is_quick &= outcome?;
        }
        _ => println!("\nSTOWAGE_TEST_POSTGRES is not set: PostgreSQL is left out"),
    }
    Ok(if is_quick {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints a table; answers whether every query kept within the limit.
async fn measure(engine: &str, url: &str, volumes: u32) -> Result<bool> {
    let started = Instant::now();
    let store = Store::connect(url).await?;
    store.migrate().await?;
    content::fill(&store, volumes).await?;
    if url.starts_with("postgres") {
        // What PostgreSQL does by itself within a minute of such a change.
        execute(url, "VACUUM ANALYZE".to_owned()).await?;
    }
    let took = started.elapsed().as_secs_f64();
    println!("\n{engine}: {volumes} data volumes made in {took:.1} s");
    println!(
        "{:<66}{:>9}{:>10}{:>10}{:>10}",
        "", "rows", "p50", "p95", "CPU"
    );
    let effort = Effort::of(url).await?;
    let mut is_quick = true;
    for Question { name, listing } in questions() {
        let mut cases = Cases::default();
        for _ in 0..ROUNDS {
            let case = effort.begin();
            let (rows, total) = store.read().await?.list_data_volumes(&listing).await?;
            cases.end(case, &effort);
            ensure!(rows.len() as u64 == listing.limit.min(total.saturating_sub(listing.offset)));
            cases.found = total;
        }
        is_quick &= cases.report(&name);
    }
    for (name, reach) in content::reaches() {
        let mut cases = Cases::default();
        for _ in 0..ROUNDS {
            let case = effort.begin();
            let counts = store.read().await?.count_by_scope(&reach).await?;
            cases.end(case, &effort);
            cases.found = counts.len() as u64;
        }
        is_quick &= cases.report(&format!("{name}: counts of the tree"));
    }
    Ok(is_quick)
}

/// What one question took, each time.
#[derive(Default)]
struct Cases {
    times: Vec<Duration>,
    efforts: Vec<Duration>,
    found: u64,
}

impl Cases {
    fn end(&mut self, (started, effort): (Instant, Duration), meter: &Effort) {
        self.times.push(started.elapsed());
        self.efforts.push(meter.so_far().saturating_sub(effort));
    }

    /// Prints a line; answers whether it was quick enough.
    fn report(mut self, name: &str) -> bool {
        self.times.sort();
        self.efforts.sort();
        let at =
            |times: &[Duration], percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
        let is_quick = at(&self.times, 95) <= LIMIT;
        let mark = if is_quick { "" } else { "  too slow" };
        let [p50, p95, cpu] = [
            at(&self.times, 50),
            at(&self.times, 95),
            at(&self.efforts, 50),
        ]
        .map(|time| time.as_secs_f64() * 1e3);
        let found = self.found;
        println!("{name:<66}{found:>9}{p50:>7.1} ms{p95:>7.1} ms{cpu:>7.1} ms{mark}");
        is_quick
    }
}

async fn execute(url: &str, statement: String) -> Result<()> {
    let options: sqlx::postgres::PgConnectOptions = url.parse()?;
    options
        .connect()
        .await?
        .execute(AssertSqlSafe(statement))
        .await?;
    Ok(())
}

//! How long the catalogue takes with 100,000 data volumes in 2,000 projects, on both engines: its queries in
//! the store, and its pages over HTTP. `cargo xtask bench catalogue`.
//!
//! PostgreSQL is where `STOWAGE_TEST_POSTGRES` says, with the right to make databases, and is left out
//! without it. The data comes from a fixed seed and is deleted at the end; another number of volumes can be
//! given, and what to measure: `sqlite` or `postgresql`, `store` or `pages`. The last column is the processor's time, half of the cases below it, which a busy machine does
//! not stretch.

mod effort;
mod pages;
mod questions;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use store::Store;
use tests::engines::ENGINES;
use tests::figures::{Times, milliseconds};
use tests::selection::{Selection, selected};
use tests::{content, engines};

use crate::effort::Effort;
use crate::questions::{Question, questions};

/// What a query may take in 95 of 100 cases.
const AIM: Duration = Duration::from_millis(50);
const ROUNDS: usize = 20;
const PARTS: &[&str] = &["store", "pages"];

#[tokio::main]
async fn main() -> Result<()> {
    let selection = selected(&[ENGINES, PARTS])?;
    engines::on_each(&selection, async |engine, url| {
        measure(engine, url, &selection).await
    })
    .await
}

/// Prints a table of the queries and one of the pages.
async fn measure(engine: &str, url: &str, selection: &Selection) -> Result<()> {
    let volumes = selection.number(0, 100_000);
    let started = Instant::now();
    let store = Store::connect(url).await?;
    store.migrate().await?;
    content::fill(&store, volumes).await?;
    engines::settle(url).await?;
    let took = started.elapsed().as_secs_f64();
    println!("\n{engine}: {volumes} data volumes made in {took:.1} s");
    if selection.has("store", PARTS) {
        in_the_store(&store, url).await?;
    }
    if selection.has("pages", PARTS) {
        pages::measure(url).await?;
    }
    Ok(())
}

async fn in_the_store(store: &Store, url: &str) -> Result<()> {
    println!(
        "{:<66}{:>9}{:>10}{:>10}{:>10}",
        "query in the store", "rows", "p50", "p95", "CPU"
    );
    let effort = Effort::of(url).await?;
    for Question { name, listing } in questions() {
        let mut cases = Cases::default();
        for _ in 0..ROUNDS {
            let case = effort.begin();
            let (rows, total) = store.read().await?.list_data_volumes(&listing).await?;
            cases.end(case, &effort);
            ensure!(rows.len() as u64 == listing.limit.min(total.saturating_sub(listing.offset)));
            cases.found = total;
        }
        cases.report(&name);
    }
    for (name, reach) in content::reaches() {
        let mut cases = Cases::default();
        for _ in 0..ROUNDS {
            let case = effort.begin();
            let counts = store.read().await?.count_by_scope(&reach).await?;
            cases.end(case, &effort);
            cases.found = counts.len() as u64;
        }
        cases.report(&format!("{name}: counts of the tree"));
    }
    Ok(())
}

/// What one question took, each time.
#[derive(Default)]
struct Cases {
    times: Times,
    efforts: Times,
    found: u64,
}

impl Cases {
    fn end(&mut self, (started, effort): (Instant, Duration), meter: &Effort) {
        self.times.push(started.elapsed());
        self.efforts.push(meter.so_far().saturating_sub(effort));
    }

    fn report(&self, name: &str) {
        let mark = if self.times.at(95) > AIM {
            "  over the aim"
        } else {
            ""
        };
        let [p50, p95, cpu] =
            [self.times.at(50), self.times.at(95), self.efforts.at(50)].map(milliseconds);
        println!(
            "{name:<66}{:>9}{p50:>10}{p95:>10}{cpu:>10}{mark}",
            self.found
        );
    }
}

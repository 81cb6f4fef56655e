//! What access rules cost: `cargo xtask bench access`.
//!
//! On both engines, for a person with 200 access rules among 100,000 data volumes: lists in the store and over HTTP,
//! beside a server that answers the same bytes from memory; exports; a page while 1,000 event streams hear 50 changes
//! a second. Before that, permission checks alone. The numbers of data volumes, of event streams and of seconds can be
//! given, in this order, and what to measure: `sqlite` or `postgresql`, `lists`, `exports` or `streams`. PostgreSQL is
//! left out without `STOWAGE_TEST_POSTGRES`.

mod checks;
mod exports;
mod from_memory;
mod listeners;
mod lists;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use store::Store;
use tests::console::Console;
use tests::engines::ENGINES;
use tests::selection::Selection;
use tests::{content, engines};

/// The demonstration, without a limit on what one person may ask for: here one person stands for many.
const CONFIG: &str = concat!(
    include_str!("../../../../server/stowage.example.toml"),
    "\n[limits]\nrequests_per_minute = 0\nsign_ins_per_minute = 0\n"
);
/// Somebody of [`content::GROUP_OF_MANY_RULES`].
const PERSON: &str = "ada";
const PARTS: &[&str] = &["lists", "exports", "streams"];

/// How much of everything.
#[derive(Clone, Copy)]
struct Extent {
    volumes: u32,
    listeners: usize,
    time: Duration,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, file] = &arguments[..]
        && role == from_memory::ROLE
    {
        return from_memory::serve(Path::new(file)).await;
    }
    let selection = Selection::of(arguments, &[ENGINES, PARTS])?;
    let extent = Extent {
        volumes: selection.number(0, 100_000),
        listeners: selection.number(1, 1_000) as usize,
        time: Duration::from_secs(selection.number(2, 20).into()),
    };
    checks::measure();
    engines::on_each(&selection, async |engine, url| {
        measure(engine, url, extent, &selection).await
    })
    .await
}

async fn measure(engine: &str, url: &str, extent: Extent, selection: &Selection) -> Result<()> {
    let started = Instant::now();
    let store = Store::connect(url).await?;
    store.migrate().await?;
    content::fill(&store, extent.volumes).await?;
    engines::settle(url).await?;
    let took = started.elapsed().as_secs_f64();
    println!(
        "\n{engine}: {} data volumes made in {took:.1} s",
        extent.volumes
    );
    if selection.has("lists", PARTS) {
        lists::in_the_store(&store).await?;
    }
    drop(store);
    let server = std::env::var("STOWAGE_BIN").context("STOWAGE_BIN names the server's binary")?;
    let console = Console::start_from(Path::new(&server), Some(CONFIG), Some(url)).await?;
    if selection.has("lists", PARTS) {
        lists::over_http(&console, extent.time).await?;
    }
    if selection.has("exports", PARTS) {
        exports::measure(&console, extent.volumes).await?;
    }
    if selection.has("streams", PARTS) {
        listeners::measure(&console, extent.listeners, extent.time).await?;
    }
    Ok(())
}

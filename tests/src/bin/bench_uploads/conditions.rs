//! Where uploads are hard: a million files, and pages that are asked for meanwhile.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use tests::figures::Times;
use tokio::runtime::Runtime;

use crate::count;
use crate::send::{self, Content};
use crate::stowage::Stowage;

/// The size of the files that are a million.
const TINY: usize = 1 << 10;
const FEW: usize = 10_000;
/// How often a page is asked for.
const PAGES_EVERY: Duration = Duration::from_millis(25);

#[derive(Args)]
pub(crate) struct Options {
    /// Files of 1 KiB
    #[arg(long, default_value_t = 1_000_000)]
    many: usize,
    /// The file that is sent while pages are asked for, in MiB
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// Times that a page is asked for
    #[arg(long, default_value_t = 400)]
    pages: usize,
    /// Where the figures go
    #[arg(long)]
    out: PathBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    many: usize,
    few_files_per_second: f64,
    many_files_per_second: f64,
    /// Most memory with the many above most memory with the few, in MiB.
    more_with_many: f64,
    idle_page_milliseconds: f64,
    busy_page_milliseconds: f64,
}

pub(crate) fn measure(options: &Options) -> Result<()> {
    let runtime = Runtime::new()?;
    let content = Content::new();
    let (idle, busy) = pages(&runtime, options, &content)?;
    eprintln!("a page's p99: {idle:.1} ms at rest, {busy:.1} ms beside four lanes");
    let (few, many) = files(&runtime, options.many, &content)?;
    eprintln!(
        "files a second: {:.0} of {FEW}, {:.0} of {}",
        few.rate, many.rate, options.many
    );
    let report = Report {
        many: options.many,
        few_files_per_second: few.rate,
        many_files_per_second: many.rate,
        more_with_many: many.memory - few.memory,
        idle_page_milliseconds: idle,
        busy_page_milliseconds: busy,
    };
    fs::write(&options.out, serde_json::to_vec_pretty(&report)?)?;
    Ok(())
}

/// Files a second, and the most memory meanwhile in MiB.
struct Stored {
    rate: f64,
    memory: f64,
}

/// A few files, and then many of the same size.
fn files(runtime: &Runtime, many: usize, content: &Content) -> Result<(Stored, Stored)> {
    let stowage = Stowage::start(runtime, 1)?;
    let stored = |folder: &str, files: usize| -> Result<Stored> {
        let began = Instant::now();
        let door = &stowage.doors[0];
        let ((), memory) =
            stowage.most(|| send::small_to_stowage(door, folder, files, TINY, content))?;
        let rate = count(files) / began.elapsed().as_secs_f64();
        Ok(Stored { rate, memory })
    };
    stored("warm", FEW)?;
    Ok((stored("few", FEW)?, stored("many", many)?))
}

/// The 99th percentile of a page in milliseconds: at rest, and while four lanes bring files without end.
fn pages(runtime: &Runtime, options: &Options, content: &Content) -> Result<(f64, f64)> {
    let stowage = Stowage::start(runtime, 1)?;
    let door = &stowage.doors[0];
    runtime.block_on(p99(&stowage, options.pages / 4))?;
    let idle = runtime.block_on(p99(&stowage, options.pages))?;
    let busy = std::thread::scope(|scope| {
        let asked = scope.spawn(|| runtime.block_on(p99(&stowage, options.pages)));
        let mut number = 0;
        while !asked.is_finished() {
            number += 1;
            let name = format!("large-{number}");
            send::lanes_to_stowage(door, &name, options.size << 20, 4, content)?;
            fs::remove_file(stowage.folder().join("bench-0").join(name))?;
        }
        asked
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("asking for pages panicked")))
    })?;
    Ok((idle, busy))
}

async fn p99(stowage: &Stowage, pages: usize) -> Result<f64> {
    let address = format!("{}/data-volumes", stowage.console.origin());
    let mut every = tokio::time::interval(PAGES_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut times = Times::default();
    for _ in 0..pages {
        every.tick().await;
        let began = Instant::now();
        let page = stowage.client.get(&address).send().await?;
        page.error_for_status()?.bytes().await?;
        times.push(began.elapsed());
    }
    Ok(times.at(99).as_secs_f64() * 1e3)
}

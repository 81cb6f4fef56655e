//! Where uploads are hard: a million files, a slow disk, and pages that are asked for meanwhile.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use adversity::Drive;
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
/// How often they are stored before the many, and after them.
const FEW_ROUNDS: usize = 3;
/// What a disk is called slow at.
const SLOW_BYTES_A_SECOND: u64 = 20_000_000;
const SLOW_MEBIBYTES: usize = 640;
const SLOW_FILE: usize = 192 << 20;
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
    slow_disk: Option<SlowDisk>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SlowDisk {
    /// What arrived on it.
    megabytes_per_second: f64,
    /// Most memory above most memory on this machine's disk, in MiB.
    more_memory: f64,
    idle_page_milliseconds: f64,
    busy_page_milliseconds: f64,
}

impl Beside {
    fn tell(&self, disk: &str) {
        eprintln!(
            "four lanes onto {disk}: {:.0} MB/s, at most {:.1} MiB; a page's p99: {:.1} ms at rest, {:.1} ms meanwhile",
            self.rate / 1e6,
            self.memory,
            self.idle_page,
            self.busy_page
        );
    }
}

pub(crate) fn measure(options: &Options) -> Result<()> {
    let runtime = Runtime::new()?;
    let content = Content::new();
    let quick = {
        let stowage = Stowage::start(&runtime, 1)?;
        beside(
            &runtime,
            &stowage,
            options.pages,
            options.size << 20,
            &content,
        )?
    };
    quick.tell("this machine's disk");
    let slow = on_a_slow_disk(&runtime, options, &content)?;
    if let Some(slow) = &slow {
        slow.tell("a slow disk");
    }
    let (few, many) = files(&runtime, options.many, &content)?;
    let few_files_per_second = count(FEW) / few.took.as_secs_f64();
    let many_files_per_second = count(options.many) / many.took.as_secs_f64();
    eprintln!(
        "files a second: {few_files_per_second:.0} of {FEW}, {many_files_per_second:.0} of {}",
        options.many
    );
    let report = Report {
        many: options.many,
        few_files_per_second,
        many_files_per_second,
        more_with_many: many.memory - few.memory,
        idle_page_milliseconds: quick.idle_page,
        busy_page_milliseconds: quick.busy_page,
        slow_disk: slow.map(|slow| SlowDisk {
            megabytes_per_second: slow.rate / 1e6,
            more_memory: slow.memory - quick.memory,
            idle_page_milliseconds: slow.idle_page,
            busy_page_milliseconds: slow.busy_page,
        }),
    };
    fs::write(&options.out, serde_json::to_vec_pretty(&report)?)?;
    Ok(())
}

/// How long it took, and the most memory meanwhile in MiB.
struct Stored {
    took: Duration,
    memory: f64,
}

/// A few files, many of the same size, and a few again: the machine is not equally quick all the time, and who is done
/// in a second meets it once.
fn files(runtime: &Runtime, many: usize, content: &Content) -> Result<(Stored, Stored)> {
    let stowage = Stowage::start(runtime, 1)?;
    let stored = |folder: &str, files: usize| -> Result<Stored> {
        let began = Instant::now();
        let door = &stowage.doors[0];
        let ((), memory) =
            stowage.most(|| send::small_to_stowage(door, folder, files, TINY, content))?;
        let took = began.elapsed();
        Ok(Stored { took, memory })
    };
    stored("warm", FEW)?;
    let (mut times, mut memory) = (Times::default(), 0.0_f64);
    for round in 0..FEW_ROUNDS {
        let few = stored(&format!("before-{round}"), FEW)?;
        times.push(few.took);
        memory = memory.max(few.memory);
    }
    let all = stored("many", many)?;
    for round in 0..FEW_ROUNDS {
        times.push(stored(&format!("after-{round}"), FEW)?.took);
    }
    let few = Stored {
        took: times.at(50),
        memory,
    };
    Ok((few, all))
}

/// What uploads without end do to a console.
struct Beside {
    /// The 99th percentile of a page in milliseconds: at rest, and meanwhile.
    idle_page: f64,
    busy_page: f64,
    /// Bytes a second that were stored.
    rate: f64,
    /// The most memory meanwhile, in MiB.
    memory: f64,
}

/// Asks for pages while four lanes bring one file of so many bytes after the other.
fn beside(
    runtime: &Runtime,
    stowage: &Stowage,
    pages: usize,
    size: usize,
    content: &Content,
) -> Result<Beside> {
    let door = &stowage.doors[0];
    runtime.block_on(p99(stowage, pages / 4))?;
    let idle_page = runtime.block_on(p99(stowage, pages))?;
    let began = Instant::now();
    let mut files = 0;
    let (busy_page, memory) = stowage.most(|| {
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| runtime.block_on(p99(stowage, pages)));
            while !asked.is_finished() {
                files += 1;
                send::lanes_to_stowage(door, "large", size, 4, content)?;
                fs::remove_file(stowage.folder.join("bench-0/large"))?;
            }
            asked
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("asking for pages panicked")))
        })
    })?;
    Ok(Beside {
        idle_page,
        busy_page,
        rate: count(files * size) / began.elapsed().as_secs_f64(),
        memory,
    })
}

/// The same on a disk that is slow; `None` where nobody may mount one.
fn on_a_slow_disk(
    runtime: &Runtime,
    options: &Options,
    content: &Content,
) -> Result<Option<Beside>> {
    if !adversity::may_mount() {
        return Ok(None);
    }
    let drive = Drive::over(adversity::formatted(SLOW_MEBIBYTES)?)?;
    let stowage = Stowage::start_on(runtime, &drive.volume())?;
    drive.disk.slow_down(SLOW_BYTES_A_SECOND);
    beside(runtime, &stowage, options.pages, SLOW_FILE, content).map(Some)
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

//! Uploads to Stowage and to other servers, side by side on one machine: `cargo xtask bench uploads`.
//!
//! The servers' turns are interleaved, so that whatever else the machine does falls on all of them; the
//! first round warms up and is not counted. Stowage works as in earnest: checksums, hashes and `fsync`
//! before each answer, names only for files that are whole. The others do as they do by default, which is
//! none of it but for copyparty's hashes.

mod conditions;
mod http;
mod peers;
mod process;
mod relay;
mod send;
mod sink;
mod stowage;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use tokio::runtime::Runtime;

use peers::{Peer, Running};
use send::Content;
use stowage::Stowage;

/// What each server may have of the machine's memory, page cache included.
const GROUP_BYTES: u64 = 512 << 20;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Measures all servers with a client that is no browser, and writes what came of it
    Measure(Measure),
    /// Measures Stowage where it is hard: many files, a busy machine
    Conditions(conditions::Options),
    /// Becomes one of the other servers
    Serve {
        peer: Peer,
        folder: PathBuf,
        port: u16,
    },
    /// Becomes a server that reads whatever is sent to it and keeps nothing
    Sink { port: u16 },
    /// Becomes a wire to another port, on which bytes are under way for so many milliseconds
    Relay { port: u16, to: u16, delay_ms: u64 },
    /// Writes a certificate for 127.0.0.1 and its key
    Certificate { certificate: PathBuf, key: PathBuf },
}

#[derive(Args)]
struct Measure {
    /// Rounds that count
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The large file, in MiB
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// Small files
    #[arg(long, default_value_t = 3000)]
    files: usize,
    /// Uploads that are open at once, for the memory that they take
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Where the figures go
    #[arg(long)]
    out: PathBuf,
}

/// Medians of one server.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    name: String,
    large_megabytes_per_second: f64,
    large_processor_seconds_per_gibibyte: f64,
    small_files_per_second: f64,
    small_processor_milliseconds_per_file: f64,
    peak_mebibytes: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    rounds: usize,
    size_mebibytes: usize,
    files: usize,
    is_memory_bounded: bool,
    servers: Vec<Figures>,
    memory: stowage::Memory,
}

fn main() -> Result<()> {
    match Arguments::parse().work {
        Work::Measure(options) => measure(&options),
        Work::Serve { peer, folder, port } => {
            let error = peer.command(&folder, port)?.exec();
            Err(error).with_context(|| format!("starting {}", peer.name()))
        }
        Work::Conditions(options) => conditions::measure(&options),
        Work::Sink { port } => sink::serve(port),
        Work::Relay { port, to, delay_ms } => {
            relay::serve(port, to, Duration::from_millis(delay_ms))
        }
        Work::Certificate { certificate, key } => {
            let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
            fs::write(certificate, pair.cert.pem())?;
            Ok(fs::write(key, pair.signing_key.serialize_pem())?)
        }
    }
}

/// One server with its samples.
enum Server {
    Stowage(Box<Stowage>),
    Peer(Running),
}

#[derive(Default)]
struct Samples {
    large: Vec<(f64, f64)>,
    small: Vec<(f64, f64)>,
}

impl Server {
    fn name(&self) -> &'static str {
        match self {
            Self::Stowage(_) => "Stowage",
            Self::Peer(peer) => peer.peer.name(),
        }
    }

    fn pid(&self) -> u32 {
        match self {
            Self::Stowage(stowage) => stowage.console.pid(),
            Self::Peer(peer) => peer.pid(),
        }
    }

    fn folder(&self) -> PathBuf {
        match self {
            Self::Stowage(stowage) => stowage.folder.clone(),
            Self::Peer(peer) => peer.folder().to_owned(),
        }
    }

    fn send_large(&self, name: &str, size: usize, content: &Content) -> Result<()> {
        match self {
            Self::Stowage(stowage) => {
                send::large_to_stowage(&stowage.doors[0], name, size, content)
            }
            Self::Peer(peer) => send::large_to(peer.port, peer.peer.way(), name, size, content),
        }
    }

    fn send_small(&self, round: usize, files: usize, content: &Content) -> Result<()> {
        match self {
            Self::Stowage(stowage) => {
                let (door, folder) = (&stowage.doors[0], format!("round-{round}"));
                send::small_to_stowage(door, &folder, files, send::SMALL, content)
            }
            Self::Peer(peer) => send::small_to(peer.port, peer.peer.way(), round, files, content),
        }
    }

    /// Wall and processor seconds of something that is sent, on a disk that is at rest.
    fn time(&self, work: impl FnOnce(&Self) -> Result<()>) -> Result<(f64, f64)> {
        sync()?;
        let processor = process::processor_seconds(self.pid())?;
        let began = Instant::now();
        work(self).with_context(|| self.name().to_owned())?;
        let took = began.elapsed().as_secs_f64();
        Ok((took, process::processor_seconds(self.pid())? - processor))
    }
}

fn measure(options: &Measure) -> Result<()> {
    let runtime = Runtime::new()?;
    let content = Content::new();
    let size = options.size << 20;
    let mut servers = vec![Server::Stowage(Box::new(Stowage::start(&runtime, 1)?))];
    for peer in Peer::ALL {
        servers.push(Server::Peer(Running::start(peer)?));
    }
    let is_memory_bounded = process::MemoryGroup::new("probe", GROUP_BYTES).is_some();
    let mut samples: Vec<Samples> = servers.iter().map(|_| Samples::default()).collect();
    for round in 0..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for step in 0..servers.len() {
            let index = (step + round) % servers.len();
            let (server, samples) = (&servers[index], &mut samples[index]);
            let large = server
                .time(|server| server.send_large(&format!("large-{round}"), size, &content))?;
            take_away_large(&server.folder(), size)?;
            let small = server.time(|server| server.send_small(round, options.files, &content))?;
            eprintln!(
                "  {:<16} {:>7.0} MB/s  {:>7.0} files/s",
                server.name(),
                megabytes(size) / large.0,
                count(options.files) / small.0
            );
            if round > 0 {
                samples.large.push(large);
                samples.small.push(small);
            }
        }
    }
    let figures = servers
        .iter()
        .zip(&samples)
        .map(|(server, samples)| figures(server, samples, size, options.files))
        .collect::<Result<_>>()?;
    drop(servers);
    let memory = stowage::memory(&runtime, size, options.sessions, &content)?;
    let report = Report {
        rounds: options.rounds,
        size_mebibytes: options.size,
        files: options.files,
        is_memory_bounded,
        servers: figures,
        memory,
    };
    fs::write(&options.out, serde_json::to_vec_pretty(&report)?)?;
    Ok(())
}

fn figures(server: &Server, samples: &Samples, size: usize, files: usize) -> Result<Figures> {
    let median_of = |samples: &[(f64, f64)], value: &dyn Fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = samples.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let gibibytes = count(size) / count(1 << 30);
    Ok(Figures {
        name: server.name().to_owned(),
        large_megabytes_per_second: megabytes(size) / median_of(&samples.large, &|sample| sample.0),
        large_processor_seconds_per_gibibyte: median_of(&samples.large, &|sample| sample.1)
            / gibibytes,
        small_files_per_second: count(files) / median_of(&samples.small, &|sample| sample.0),
        small_processor_milliseconds_per_file: median_of(&samples.small, &|sample| sample.1) * 1e3
            / count(files),
        peak_mebibytes: process::peak_mebibytes(server.pid())?,
    })
}

/// Large files go after each turn: all rounds of all servers would fill a disk. Small ones stay until the
/// end, because creating files right after many were deleted is slower for whoever comes next.
fn take_away_large(folder: &Path, size: usize) -> Result<()> {
    let mut found = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                folders.push(entry.path());
            } else if about.len() == u64::try_from(size)? {
                fs::remove_file(entry.path())?;
                found += 1;
            }
        }
    }
    ensure!(
        found == 1,
        "{found} whole files lie in {}",
        folder.display()
    );
    Ok(())
}

fn sync() -> Result<()> {
    let status = Command::new("sync").status()?;
    ensure!(status.success(), "sync ({status})");
    Ok(())
}

fn megabytes(bytes: usize) -> f64 {
    count(bytes) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "exact up to eight petabytes")]
fn count(number: usize) -> f64 {
    number as f64
}

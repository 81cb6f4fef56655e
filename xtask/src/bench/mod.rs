//! `cargo xtask bench`: measurements that are meant to be repeated, each behind one name.

mod kubernetes;
mod startup;
mod uploads;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::postgres::Postgres;
use crate::site::Purpose;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{process, serving, setup, test};

#[derive(Args)]
pub(crate) struct Options {
    name: Name,
    /// Handed to the measurement
    #[arg(last = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Lists for people of many access rules, permission checks, exports and event streams, on SQLite and PostgreSQL
    Access,
    /// Queries and pages of the catalogue at many volumes, on SQLite and PostgreSQL
    Catalogue,
    /// Sharing, watching and uploads on a Kubernetes that is started for it: `sharing`, `watching`, `uploads` or
    /// `first-byte`
    Kubernetes,
    /// Bytes and time until the page is there and can be used, in Chromium
    PageLoad,
    /// Memory of the server, idle and in use
    Memory,
    /// Uploads to Stowage and to other servers side by side, from a program and from Chromium; writes
    /// docs/benchmarks.md
    Uploads,
    /// From a fresh clone with empty caches to the first page, and again with nothing changed
    Startup,
}

/// Runs one measurement, on an optimised build where the console is measured.
pub(crate) fn bench(workspace: &Workspace, options: &Options) -> Result<()> {
    match options.name {
        Name::Access => on_engines(workspace, "bench_access", &options.arguments),
        Name::Catalogue => on_engines(workspace, "bench_catalogue", &options.arguments),
        Name::Kubernetes => kubernetes::kubernetes(workspace, &options.arguments),
        Name::PageLoad => {
            let (_, server) = build_release(workspace)?;
            page_load(workspace, &server, &options.arguments)
        }
        Name::Memory => process::run(&mut program(workspace, "bench_memory", &options.arguments)?),
        Name::Uploads => uploads::uploads(workspace, &options.arguments),
        Name::Startup => startup::startup(workspace),
    }
}

/// A program that measures on both engines.
fn on_engines(workspace: &Workspace, name: &str, arguments: &[String]) -> Result<()> {
    let postgres = Postgres::start(&setup::postgres_programs()?)?;
    let mut bench = program(workspace, name, arguments)?;
    process::run(bench.env("STOWAGE_TEST_POSTGRES", postgres.url()))
}

fn build_release(workspace: &Workspace) -> Result<(Toolchain, PathBuf)> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let server = serving::build(workspace, &toolchain, Purpose::Shipping)?;
    Ok((toolchain, server))
}

/// A program of the package `tests` that measures the server which people would install.
fn program(workspace: &Workspace, name: &str, arguments: &[String]) -> Result<Command> {
    let (toolchain, server) = build_release(workspace)?;
    let mut bench = Command::new(serving::build_program(
        workspace,
        &toolchain,
        name,
        Purpose::Shipping,
    )?);
    bench
        .args(arguments)
        .current_dir(&workspace.root)
        .env("STOWAGE_BIN", server)
        .envs(serving::site_settings(workspace));
    Ok(bench)
}

/// Playwright's measurements of pages.
fn page_load(workspace: &Workspace, server: &Path, arguments: &[String]) -> Result<()> {
    let mut playwright = test::playwright(workspace, server)?;
    playwright
        .args(["--config", "playwright.bench.config.ts", "page-load"])
        .args(arguments);
    process::run(&mut playwright)
}

//! `cargo xtask bench`: measurements that are meant to be repeated, each behind one name.

mod startup;

use std::path::Path;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::postgres::Postgres;
use crate::site::{self, Purpose};
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
    /// The catalogue at many volumes: database and page, on SQLite and PostgreSQL
    Catalogue,
    /// Bytes and time until the page is there and can be used, in Chromium
    PageLoad,
    /// Memory of the server, idle and in use
    Memory,
    /// From a fresh clone with empty caches to the first page, and again with nothing changed
    Startup,
}

/// Runs one measurement, on an optimised build where the console is measured.
pub(crate) fn bench(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.name == Name::Startup {
        return startup::startup(workspace);
    }
    let toolchain = setup::wasm_toolchain(workspace)?;
    site::build(workspace, &toolchain, Purpose::Shipping)?;
    let server = serving::build_server(workspace, &toolchain, true)?;
    match options.name {
        Name::Catalogue => program(
            workspace,
            &toolchain,
            &server,
            "bench_catalogue",
            &options.arguments,
        ),
        Name::Memory => program(
            workspace,
            &toolchain,
            &server,
            "bench_memory",
            &options.arguments,
        ),
        Name::PageLoad | Name::Startup => page_load(workspace, &server, &options.arguments),
    }
}

/// A program of the package `tests`.
fn program(
    workspace: &Workspace,
    toolchain: &Toolchain,
    server: &Path,
    name: &str,
    arguments: &[String],
) -> Result<()> {
    let postgres = Postgres::start(&setup::postgres_programs()?)?;
    let mut cargo = toolchain.cargo(workspace);
    cargo
        .args([
            "run",
            "--release",
            "--package",
            "tests",
            "--bin",
            name,
            "--",
        ])
        .args(arguments)
        .env("STOWAGE_BIN", server)
        .env("STOWAGE_TEST_POSTGRES", postgres.url());
    process::run(&mut cargo)
}

/// Playwright's measurements of pages.
fn page_load(workspace: &Workspace, server: &Path, arguments: &[String]) -> Result<()> {
    let mut playwright = test::playwright(workspace, server)?;
    playwright
        .args(["--config", "playwright.bench.config.ts"])
        .args(arguments);
    process::run(&mut playwright)
}

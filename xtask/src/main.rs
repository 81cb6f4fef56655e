//! `cargo xtask`: everything that one does to this repository, from a bare machine on.
//!
//! Each command installs what it needs itself. There are no set-up scripts beside it, and CI holds no
//! logic of its own: what a command does there is what it does on a desk.

mod bench;
mod build;
mod check;
mod cluster;
mod fingerprint;
mod interrupt;
mod kubernetes;
mod layers;
mod openapi;
mod postgres;
mod process;
mod report;
mod run;
mod screenshots;
mod serving;
mod setup;
mod site;
mod snapshots;
mod soak;
mod test;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Builds, runs and tests Stowage. Every command installs what it needs and is missing.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the console and serves it on this machine
    Run(run::Options),
    /// Builds the site and the server
    Build(build::Options),
    /// Checks the code and runs all tests: Rust on SQLite and PostgreSQL, then the browser
    Test(test::Options),
    /// Format, lints, layers, dependencies, licences and spelling
    Check,
    /// Which crate may name which: fails on an edge that the architecture does not have
    Layers,
    /// Writes docs/openapi.json anew from the server's handlers
    Openapi,
    /// Takes the pictures of the documentation anew, from the running console
    Screenshots,
    /// Starts a Kubernetes to try things out on, and stays until it is stopped
    Cluster(cluster::Options),
    /// Kills the data agent by the thousand while files arrive, and looks what is left
    Soak(soak::Options),
    /// Measures, and prints a table
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    interrupt::watch();
    let done = Workspace::find().and_then(|workspace| match &arguments.command {
        Command::Run(options) => run::run(&workspace, options),
        Command::Build(options) => build::build(&workspace, options),
        Command::Test(options) => test::test(&workspace, options),
        Command::Check => check::check(&workspace),
        Command::Layers => layers::layers(&workspace),
        Command::Openapi => openapi::openapi(&workspace),
        Command::Screenshots => screenshots::screenshots(&workspace),
        Command::Cluster(options) => cluster::cluster(&workspace, options),
        Command::Soak(options) => soak::soak(&workspace, options),
        Command::Bench(options) => bench::bench(&workspace, options),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if interrupt::is_interrupted() => ExitCode::from(130),
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

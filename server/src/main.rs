//! The binary `stowage`: reads the configuration, wires the parts together and serves.
//!
//! Without a configuration it starts on the demonstration: SQLite, a folder as the cluster and an
//! identity provider of its own, all under `./data`.

// Views are types within types, as deep as the page.
#![recursion_limit = "512"]

mod clock;
mod config;
mod console_key;
mod demonstration;
mod router;
mod serve;
mod site;
mod verify;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};

use config::{Config, Overrides};

/// Stowage: a console for data volumes on AI clusters.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file; without one the demonstration starts.
    #[arg(long, global = true, env = "STOWAGE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the console.
    Serve,
    /// Brings the database to this version's shape.
    Migrate,
    /// Reads the configuration and says what is wrong with it.
    CheckConfig,
    /// Compares the files of a data volume with its manifest, byte by byte.
    Verify(verify::Options),
    /// Prints what the REST API is, as an `OpenAPI` 3.1 document.
    Openapi,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("STOWAGE_LOG")
                .unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let read = || Config::read(arguments.config.as_deref(), arguments.overrides);
    match arguments.command {
        Command::Serve => serve::serve(read()?).await,
        Command::Migrate => {
            let store = store::Store::connect(&read()?.database_url()?)
                .await
                .context("opening the database")?;
            store.migrate().await.context("migrating the database")
        }
        Command::CheckConfig => {
            read()?.check()?;
            println!("The configuration is fine.");
            Ok(())
        }
        Command::Verify(options) => verify::verify(&options),
        Command::Openapi => {
            println!("{}", api::document().to_pretty_json()?);
            Ok(())
        }
    }
}

//! The binary `stowage`: reads the configuration, wires the parts together and serves; and the command line that
//! asks a console.
//!
//! Without a configuration it starts on the demonstration: SQLite, a folder as the cluster and an
//! identity provider of its own, all under `./data`.

// Views are types within types, as deep as the page.
#![recursion_limit = "512"]

mod agent;
mod clock;
mod config;
mod console_key;
mod demonstration;
mod door;
mod metrics;
mod router;
mod serve;
mod site;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use config::{Config, Overrides};

/// Stowage: a console for data volumes on AI clusters.
#[derive(Parser)]
#[command(name = "stowage", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// How a console is set up.
#[derive(Args)]
struct Settings {
    /// The configuration file; without one the demonstration starts.
    #[arg(long, env = "STOWAGE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

impl Settings {
    fn read(self) -> anyhow::Result<Config> {
        Config::read(self.config.as_deref(), self.overrides)
    }
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Client(client::Command),
    /// Prints what a shell completes commands with.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Serves the console.
    Serve(Settings),
    /// Serves the files of one data volume, in its own pod.
    Agent(agent::Options),
    /// Brings the database to this version's shape.
    Migrate(Settings),
    /// Reads the configuration and says what is wrong with it.
    CheckConfig(Settings),
    /// Compares the files of a data volume with its manifest, byte by byte.
    Verify(verify::Options),
    /// Prints what the REST API is, as an `OpenAPI` 3.1 document.
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Arguments::parse().command;
    if let Command::Client(command) = command {
        return ask(command).await;
    }
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("STOWAGE_LOG")
                .unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// People at a terminal get one sentence.
async fn ask(command: client::Command) -> ExitCode {
    match client::run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stowage: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Client(command) => Ok(client::run(command).await?),
        Command::Completions { shell } => {
            let mut arguments = Arguments::command();
            clap_complete::generate(shell, &mut arguments, "stowage", &mut std::io::stdout());
            Ok(())
        }
        Command::Serve(settings) => serve::serve(settings.read()?).await,
        Command::Agent(options) => agent::agent(options).await,
        Command::Migrate(settings) => {
            let store = store::Store::connect(&settings.read()?.database_url()?)
                .await
                .context("opening the database")?;
            store.migrate().await.context("migrating the database")
        }
        Command::CheckConfig(settings) => {
            let config = settings.read()?;
            config.tls.as_ref().map_or(Ok(()), door::check)?;
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

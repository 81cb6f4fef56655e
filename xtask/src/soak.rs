//! `cargo xtask soak`: the faults that `cargo xtask test` tries a few of, by the thousand.

use anyhow::Result;
use clap::Args;

use crate::workspace::Workspace;
use crate::{process, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// How often the data agent is killed while it takes files
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// What chooses the moments; another one each time, unless given
    #[arg(long)]
    seed: Option<u64>,
}

/// Kills the data agent at random, and looks each time whether all that it answered is there and nothing is
/// half.
pub(crate) fn soak(workspace: &Workspace, options: &Options) -> Result<()> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let seed = options
        .seed
        .unwrap_or_else(|| u64::from(std::process::id()));
    process::announce(&format!(
        "Killing {} times, with seed {seed}",
        options.kills
    ));
    let mut cargo = toolchain.cargo_test(workspace);
    cargo
        .args(["--test", "killed"])
        .env("STOWAGE_KILLS", options.kills.to_string())
        .env("STOWAGE_SEED", seed.to_string());
    process::run(&mut cargo)
}

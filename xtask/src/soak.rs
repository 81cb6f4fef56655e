//! `cargo xtask soak`: the faults that `cargo xtask test` tries a few of, by the thousand.

use std::fmt;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;

use crate::workspace::Workspace;
use crate::{process, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// How often the data agent is killed at random while files arrive; the console is a tenth as often
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// How often the power is cut while files arrive
    #[arg(long, default_value_t = 200)]
    cuts: u64,
    /// How often a disk gets full, and how often one fails
    #[arg(long, default_value_t = 100)]
    full_disks: u64,
    /// How often a folder is swapped for a link while files arrive
    #[arg(long, default_value_t = 100_000)]
    swaps: u64,
    /// How many connections are cut at random places, beside all borders between two things
    #[arg(long, default_value_t = 2_000)]
    severed: u64,
    /// What chooses the moments; another one each time, unless given
    #[arg(long)]
    seed: Option<u64>,
    /// Only the tests whose names have this in them
    chosen: Option<String>,
}

/// Brings every fault about, one kind after the other, and looks each time whether all that was acknowledged
/// is there and nothing is half.
pub(crate) fn soak(workspace: &Workspace, options: &Options) -> Result<()> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let seed = options
        .seed
        .unwrap_or_else(|| u64::from(std::process::id()));
    process::announce(&format!("Faults, with seed {seed}"));
    let began = Instant::now();
    let mut table = Table::default();
    let mut cargo = toolchain.cargo_test(workspace);
    cargo
        // The data agent by itself, then within a console.
        .args(["--no-fail-fast", "--test", "faults", "--test", "killed"])
        .arg("--")
        // One kind after the other, so that memory and time are its own.
        .args(["--test-threads", "1", "--nocapture"])
        .args(&options.chosen)
        .env("STOWAGE_SOAK", "1")
        .env("STOWAGE_SEED", seed.to_string());
    for (name, number) in [
        ("STOWAGE_KILLS", options.kills),
        ("STOWAGE_CUTS", options.cuts),
        ("STOWAGE_FULL_DISKS", options.full_disks),
        ("STOWAGE_SWAPS", options.swaps),
        ("STOWAGE_SEVERED", options.severed),
    ] {
        cargo.env(name, number.to_string());
    }
    let status = process::read_along(&mut cargo, |line| table.0.extend(row_in(line)))?;
    println!("\n{table}");
    println!("{:.0} s, with seed {seed}", began.elapsed().as_secs_f64());
    ensure!(
        status.success(),
        "something was lost, half or unclear: see above"
    );
    Ok(())
}

/// One kind of fault, and what it came to.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    kind: String,
    times: u64,
    lost_bytes: u64,
    half_files: u64,
    /// All that was wrong, lost bytes and half files among it.
    findings: u64,
    seconds: u64,
}

#[derive(Default)]
struct Table(Vec<Row>);

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|row| row.kind.len()).max().unwrap_or(0);
        writeln!(
            f,
            "{:width$}  {:>8}  {:>10}  {:>10}  {:>8}  {:>7}",
            "kind", "times", "lost bytes", "half files", "findings", "seconds"
        )?;
        for row in &self.0 {
            writeln!(
                f,
                "{:width$}  {:>8}  {:>10}  {:>10}  {:>8}  {:>7}",
                row.kind, row.times, row.lost_bytes, row.half_files, row.findings, row.seconds
            )?;
        }
        Ok(())
    }
}

/// What a line of the tests says of one kind: `faults`, its name, and numbers, with tabs between them.
fn row_in(line: &str) -> Option<Row> {
    let mut parts = line.strip_prefix("faults\t")?.split('\t');
    let kind = parts.next()?.to_owned();
    let mut number = || parts.next()?.parse().ok();
    Some(Row {
        kind,
        times: number()?,
        lost_bytes: number()?,
        half_files: number()?,
        findings: number()?,
        seconds: number()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_kind_is_read() {
        let row = row_in("faults\tpower cuts\t200\t0\t1\t2\t93");
        let expected = Row {
            kind: "power cuts".to_owned(),
            times: 200,
            lost_bytes: 0,
            half_files: 1,
            findings: 2,
            seconds: 93,
        };
        assert_eq!(row, Some(expected));
        assert_eq!(row_in("test power cuts ... ok"), None);
        assert_eq!(row_in("faults\tpower cuts\tmany"), None);
    }
}

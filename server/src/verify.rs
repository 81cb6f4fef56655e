//! `stowage verify`: the files of a data volume against its manifest.
//!
//! It takes the folder alone, wherever it is mounted: no configuration, no database, nothing is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use agent::{Finding, Verdict};
use anyhow::{Context, bail};
use clap::Args;

/// What to verify.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder at which the data volume is mounted
    folder: PathBuf,
    /// Names the files that are right and those that Stowage did not store, too
    #[arg(long)]
    all: bool,
}

/// Prints what is wrong, and a sum at the end. Fails when something is damaged, missing or cannot be read.
pub(crate) fn verify(options: &Options) -> anyhow::Result<()> {
    let mut counts: BTreeMap<Verdict, u64> = BTreeMap::new();
    agent::verify(&options.folder, &mut |Finding { path, verdict }| {
        *counts.entry(verdict).or_default() += 1;
        if options.all || !matches!(verdict, Verdict::Right | Verdict::Unknown) {
            println!("{:<10}  {path}", word(verdict));
        }
    })
    .with_context(|| format!("verifying {}", options.folder.display()))?;
    let sum: Vec<_> = counts
        .iter()
        .map(|(verdict, count)| format!("{count} {}", word(*verdict)))
        .collect();
    println!(
        "{}",
        if sum.is_empty() {
            "no files".to_owned()
        } else {
            sum.join(", ")
        }
    );
    let bad = [Verdict::Damaged, Verdict::Missing, Verdict::Unreadable];
    if bad.iter().any(|verdict| counts.contains_key(verdict)) {
        bail!("the volume does not hold what was stored in it");
    }
    Ok(())
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "right",
        Verdict::Damaged => "damaged",
        Verdict::Changed => "changed",
        Verdict::Missing => "missing",
        Verdict::Unreadable => "unreadable",
        Verdict::Unknown => "unknown",
    }
}

//! Uploads to Stowage and to other servers, side by side: measures, and writes `docs/benchmarks.md`.
//!
//! What a debug build takes says nothing of a release: its figures are written beside the build instead.

mod chart;
mod machine;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{process, serving, setup, test};

#[derive(Parser)]
#[command(
    no_binary_name = true,
    override_usage = "cargo xtask bench uploads -- [OPTIONS]"
)]
struct Settings {
    /// Rounds that count, with a client that is no browser
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Rounds that count, in Chromium
    #[arg(long, default_value_t = 3)]
    browser_rounds: usize,
    /// The large file, in MiB
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// Small files
    #[arg(long, default_value_t = 3000)]
    files: usize,
    /// Uploads that are open at once, for the memory that they take
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Files of 1 KiB from a program; the browser is dropped a tenth of it
    #[arg(long, default_value_t = 1_000_000)]
    many: usize,
    /// Only these; the rest is told as it was measured last
    #[arg(long)]
    only: Vec<Part>,
    /// Measures a debug build, to try the measurement itself
    #[arg(long)]
    debug: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// All servers, with a client that is no browser
    Native,
    /// Stowage alone: a million files, pages beside uploads
    Conditions,
    /// All pages in Chromium
    Pages,
    /// Stowage's page alone: memory, cuts, encryption, distance
    Costs,
    /// Nothing: the report is written anew
    Report,
}

impl Part {
    const MEASURED: [Self; 4] = [Self::Native, Self::Conditions, Self::Pages, Self::Costs];

    /// Where its figures are kept.
    fn results(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Native => "native.json",
            Self::Conditions => "conditions.json",
            Self::Pages => "pages.json",
            Self::Costs => "costs.json",
            Self::Report => "report.json",
        })
    }
}

/// Measures, as far as asked, and writes the report.
pub(super) fn uploads(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let settings = Settings::try_parse_from(arguments).unwrap_or_else(|error| error.exit());
    let is_wanted = |part: &Part| settings.only.is_empty() || settings.only.contains(part);
    let parts: Vec<Part> = Part::MEASURED.into_iter().filter(is_wanted).collect();
    let results = workspace.target.join("bench-uploads");
    let files = results.join("files");
    fs::create_dir_all(&files)?;
    if !parts.is_empty() {
        let toolchain = setup::wasm_toolchain(workspace)?;
        let peers = setup::peers(workspace, &toolchain)?;
        let purpose = if settings.debug {
            Purpose::Serving
        } else {
            Purpose::Shipping
        };
        let server = serving::build(workspace, &toolchain, purpose)?;
        let program = serving::build_program(workspace, &toolchain, "bench_uploads", purpose)?;
        let measured = Measured {
            workspace,
            settings: &settings,
            server,
            program,
            peers,
            files: files.clone(),
        };
        let mut parts = parts.into_iter();
        let done = parts.try_for_each(|part| measured.part(part, &part.results(&results)));
        fs::remove_dir_all(&files)?;
        done?;
    }
    let docs = if settings.debug {
        results.clone()
    } else {
        workspace.root.join("docs")
    };
    report::write(workspace, &results, &docs)
}

/// What is measured, and where.
struct Measured<'a> {
    workspace: &'a Workspace,
    settings: &'a Settings,
    server: PathBuf,
    program: PathBuf,
    peers: PathBuf,
    /// All that is uploaded lies in here.
    files: PathBuf,
}

impl Measured<'_> {
    fn part(&self, part: Part, out: &Path) -> Result<()> {
        let (files, size) = (self.settings.files, self.settings.size);
        match part {
            Part::Native => {
                let settings = [
                    ("--rounds", self.settings.rounds),
                    ("--size", size),
                    ("--files", files),
                    ("--sessions", self.settings.sessions),
                ];
                process::run(&mut self.native("measure", &settings, out))
            }
            Part::Conditions => {
                let settings = [("--many", self.settings.many), ("--size", size)];
                process::run(&mut self.native("conditions", &settings, out))
            }
            Part::Pages => process::run(&mut self.browser("upload-pages", out)?),
            Part::Costs => process::run(&mut self.browser("upload-costs", out)?),
            Part::Report => Ok(()),
        }
    }

    fn native(&self, work: &str, settings: &[(&str, usize)], out: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(work);
        for (name, number) in settings {
            command.arg(name).arg(number.to_string());
        }
        command
            .arg("--out")
            .arg(out)
            .env("TMPDIR", &self.files)
            .env("STOWAGE_BIN", &self.server)
            .env("STOWAGE_PEERS", &self.peers)
            .envs(serving::site_settings(self.workspace));
        command
    }

    fn browser(&self, file: &str, out: &Path) -> Result<Command> {
        let mut playwright = test::playwright(self.workspace, &self.server)?;
        playwright
            .args(["--config", "playwright.bench.config.ts", file])
            .env("TMPDIR", &self.files)
            .env("STOWAGE_BENCH", &self.program)
            .env("STOWAGE_PEERS", &self.peers)
            .env("STOWAGE_BENCH_OUT", out);
        for (name, number) in [
            ("STOWAGE_BENCH_ROUNDS", self.settings.browser_rounds),
            ("STOWAGE_BENCH_SIZE", self.settings.size),
            ("STOWAGE_BENCH_FILES", self.settings.files),
            ("STOWAGE_BENCH_MANY", self.settings.many / 10),
        ] {
            playwright.env(name, number.to_string());
        }
        Ok(playwright)
    }
}

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
    /// Only this; the rest is told as it was measured last
    #[arg(long)]
    only: Option<Part>,
    /// Measures a debug build, to try the measurement itself
    #[arg(long)]
    debug: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A client that is no browser
    Native,
    /// Pages in Chromium
    Browser,
    /// Nothing: the report is written anew
    Report,
}

/// Measures, as far as asked, and writes the report.
pub(super) fn uploads(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let settings = Settings::try_parse_from(arguments).unwrap_or_else(|error| error.exit());
    let wants = |part| settings.only.is_none_or(|only| only == part);
    let results = workspace.target.join("bench-uploads");
    let files = results.join("files");
    fs::create_dir_all(&files)?;
    if wants(Part::Native) || wants(Part::Browser) {
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
        let done = (|| {
            if wants(Part::Native) {
                process::run(&mut measured.native(&results.join("native.json")))?;
            }
            if wants(Part::Browser) {
                process::run(&mut measured.browser(&results.join("browser.json"))?)?;
            }
            anyhow::Ok(())
        })();
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
    fn native(&self, out: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("measure");
        for (name, number) in [
            ("--rounds", self.settings.rounds),
            ("--size", self.settings.size),
            ("--files", self.settings.files),
            ("--sessions", self.settings.sessions),
        ] {
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

    fn browser(&self, out: &Path) -> Result<Command> {
        let mut playwright = test::playwright(self.workspace, &self.server)?;
        playwright
            .args(["--config", "playwright.bench.config.ts", "upload-pages"])
            .env("TMPDIR", &self.files)
            .env("STOWAGE_BENCH", &self.program)
            .env("STOWAGE_PEERS", &self.peers)
            .env("STOWAGE_BENCH_OUT", out)
            .env(
                "STOWAGE_BENCH_ROUNDS",
                self.settings.browser_rounds.to_string(),
            )
            .env("STOWAGE_BENCH_SIZE", self.settings.size.to_string())
            .env("STOWAGE_BENCH_FILES", self.settings.files.to_string());
        Ok(playwright)
    }
}

//! `cargo xtask test`: all that must hold before a change lands. CI runs this and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::kubernetes::{self, Cluster, Kubernetes};
use crate::postgres::Postgres;
use crate::report::{Count, Report, count_in};
use crate::site::Purpose;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{check, process, serving, setup, snapshots};

#[derive(Args)]
pub(crate) struct Options {
    /// Only this part
    part: Option<Part>,
    /// Handed to the tests of that part, to choose among them
    #[arg(last = true, requires = "part")]
    chosen: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What `cargo xtask check` does
    Check,
    /// Rust tests, on SQLite and PostgreSQL
    Rust,
    /// The console in Chromium
    Browser,
    /// Pods that mount what Stowage shares, on a Kubernetes with a node: needs root
    Pods,
}

/// Installs what is missing, runs the parts, and sums them up in one line.
pub(crate) fn test(workspace: &Workspace, options: &Options) -> Result<()> {
    let wants = |part| options.part.is_none_or(|wanted| wanted == part);
    let toolchain = if wants(Part::Check) {
        setup::toolchain_with_lints(workspace)?
    } else {
        setup::wasm_toolchain(workspace)?
    };
    let mut report = Report::default();
    if wants(Part::Check) {
        check::steps(workspace, &toolchain, &mut report)?;
    }
    if wants(Part::Rust) || wants(Part::Browser) {
        let postgres = Postgres::start(&setup::postgres_programs()?)?;
        if wants(Part::Rust) {
            rust_steps(
                workspace,
                &toolchain,
                &postgres,
                &options.chosen,
                &mut report,
            )?;
        }
        if wants(Part::Browser) {
            browser_steps(
                workspace,
                &toolchain,
                &postgres,
                &options.chosen,
                &mut report,
            )?;
        }
    }
    if wants(Part::Pods) {
        pods_steps(workspace, &toolchain, options, &mut report)?;
    }
    report.finish_with_sum()
}

/// Asked for by name, it has to be possible; as a part of all, it is left out where it is not.
fn pods_steps(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &Options,
    report: &mut Report,
) -> Result<()> {
    if options.part.is_none()
        && let Err(error) = kubernetes::node_is_possible()
    {
        eprintln!("    Pods are left out: {error:#}");
        return Ok(());
    }
    let programs = setup::kubernetes_programs(workspace)?;
    let node = setup::node_programs(workspace)?;
    report.step("Pods on Kubernetes", |count| {
        let server = serving::build(workspace, toolchain, Purpose::Serving)?;
        let cluster = Cluster::start_with_node(&programs, &node, &server)?;
        let mut cargo = toolchain.cargo_test(workspace);
        cargo
            .args(["--test", "pods"])
            .env("STOWAGE_BIN", &server)
            .envs(serving::site_settings(workspace))
            .env("STOWAGE_TEST_PODS", cluster.kubeconfig())
            .env("STOWAGE_TEST_KUBECTL", programs.path("kubectl"));
        run_tests(&mut cargo, &options.chosen, count)?;
        if options.chosen.is_empty() {
            let mut journey = playwright(workspace, &server)?;
            journey
                .args(["--config", "playwright.pods.config.ts"])
                .env("STOWAGE_TEST_PODS", cluster.kubeconfig())
                .env("STOWAGE_TEST_KUBECTL", programs.path("kubectl"));
            count_along(workspace, &mut journey, count)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Runs `cargo test` and counts along.
fn run_tests(cargo: &mut Command, chosen: &[String], count: &mut Count) -> Result<()> {
    if !chosen.is_empty() {
        cargo.arg("--").args(chosen);
    }
    let status = process::read_along(cargo, |line| {
        *count += count_in(line).unwrap_or_default();
    })?;
    ensure!(status.success(), "cargo test ({status})");
    Ok(())
}

fn rust_steps(
    workspace: &Workspace,
    toolchain: &Toolchain,
    postgres: &Postgres,
    chosen: &[String],
    report: &mut Report,
) -> Result<()> {
    setup::rust_test_packages(workspace)?;
    let python = setup::tus_client(workspace)?;
    let runapy = setup::runai_client(workspace)?;
    let s3_server = setup::s3_server(workspace, toolchain)?;
    let kubernetes = Kubernetes::for_tests(workspace)?;
    let references = workspace.target.join("snapshot-references.txt");
    let _ = fs::remove_file(&references);
    let passed = report.step("Rust tests", |count| {
        let mut cargo = toolchain.cargo_test(workspace);
        cargo
            .arg("--no-fail-fast")
            .env("STOWAGE_TEST_POSTGRES", postgres.url())
            .env(kubernetes::KUBECONFIG, kubernetes.kubeconfig())
            .env("STOWAGE_TEST_PYTHON", &python)
            .env("STOWAGE_TEST_RUNAPY", &runapy)
            .env("STOWAGE_TEST_S3", &s3_server)
            .env(snapshots::REFERENCES, &references);
        run_tests(&mut cargo, chosen, count)
    })?;
    if passed && chosen.is_empty() {
        report.step("Snapshots in use", |_| {
            snapshots::refuse_unreferenced(workspace, &references)
        })?;
    }
    Ok(())
}

fn browser_steps(
    workspace: &Workspace,
    toolchain: &Toolchain,
    postgres: &Postgres,
    chosen: &[String],
    report: &mut Report,
) -> Result<()> {
    let mut server = PathBuf::new();
    let built = report.step("Site and server", |_| {
        server = serving::build(workspace, toolchain, Purpose::Serving)?;
        // A release is built another way; that it compiles is seen here, with the libraries as the lints
        // compiled them.
        let mut cargo = toolchain.cargo(workspace);
        cargo
            .args([
                "check",
                "--workspace",
                "--exclude",
                "frontend",
                "--features",
                "server/embedded-site",
            ])
            .env(serving::EMBEDDED_SITE, workspace.site());
        process::run(&mut cargo)
    })?;
    if built {
        report.step("Browser tests", |count| {
            run_playwright(workspace, &server, postgres, chosen, count)
        })?;
    }
    Ok(())
}

fn run_playwright(
    workspace: &Workspace,
    server: &Path,
    postgres: &Postgres,
    chosen: &[String],
    count: &mut Count,
) -> Result<()> {
    let mut command = playwright(workspace, server)?;
    command
        .args(chosen)
        .env("STOWAGE_TEST_POSTGRES", postgres.url());
    count_along(workspace, &mut command, count)
}

/// Runs Playwright and counts what it reports.
fn count_along(workspace: &Workspace, playwright: &mut Command, count: &mut Count) -> Result<()> {
    let results = workspace.target.join("browser-tests.json");
    let _ = fs::remove_file(&results);
    playwright
        .args(["--reporter", "list,json"])
        .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &results);
    let ran = process::run(playwright);
    // Where Playwright could not even start there is no report, and `ran` says why.
    let results: Results = match fs::read_to_string(&results) {
        Ok(text) => serde_json::from_str(&text).context("the report of the browser tests")?,
        Err(_) => Results::default(),
    };
    *count += Count {
        passed: results.stats.expected + results.stats.flaky,
        failed: results.stats.unexpected,
    };
    ran
}

/// `playwright test` with what its tests need to know: see `docs/running.md`.
pub(crate) fn playwright(workspace: &Workspace, server: &Path) -> Result<Command> {
    let chromium = setup::chromium()?;
    setup::browser_test_packages(workspace)?;
    let mut command = Command::new("npx");
    command
        .args(["--no-install", "playwright", "test"])
        .current_dir(workspace.browser_tests())
        .env("STOWAGE_BIN", server)
        .env("STOWAGE_CHROMIUM", chromium)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .envs(serving::site_settings(workspace));
    Ok(command)
}

/// The part of Playwright's JSON report that counts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Results {
    stats: Stats,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stats {
    expected: u64,
    unexpected: u64,
    flaky: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_playwright_are_read() -> Result<()> {
        let text = r#"{"suites": [], "stats": {"expected": 7, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        let results: Results = serde_json::from_str(text)?;
        assert_eq!(
            (
                results.stats.expected,
                results.stats.unexpected,
                results.stats.flaky
            ),
            (7, 2, 1)
        );
        Ok(())
    }
}

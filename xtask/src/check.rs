//! `cargo xtask check`: what a machine can say about the code without running it.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;

use crate::report::Report;
use crate::setup::CheckTools;
use crate::toolchain::{Toolchain, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{layers, process, setup};

/// Advisories come from a repository on the internet; who is cut off from it usually hears so at once.
const ADVISORIES_LIMIT: Duration = Duration::from_mins(1);

/// All checks, then the table.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let toolchain = setup::toolchain_with_lints(workspace)?;
    let mut report = Report::default();
    steps(workspace, &toolchain, &mut report)?;
    report.finish()
}

/// The checks as steps of a longer report, the quick ones first.
pub(crate) fn steps(
    workspace: &Workspace,
    toolchain: &Toolchain,
    report: &mut Report,
) -> Result<()> {
    let tools = setup::check_tools(workspace)?;
    report.step("Format", |_| {
        process::run(
            toolchain
                .program("cargo-fmt", workspace)
                .args(["fmt", "--all", "--check"]),
        )
    })?;
    report.step("Layers", |_| layers::layers(workspace))?;
    report.step("Lock file", |_| {
        let mut cargo = toolchain.cargo(workspace);
        cargo.args(["metadata", "--locked", "--format-version", "1"]);
        process::run(cargo.stdout(Stdio::null()))
    })?;
    report.step("Spelling", |_| {
        process::run(Command::new(tools.path("typos")).current_dir(&workspace.root))
    })?;
    report.step("Unused dependencies", |_| {
        let mut shear = toolchain.program_at(&tools.path("cargo-shear"), workspace);
        process::run(shear.args(["shear", "--deny-warnings"]))
    })?;
    report.step("Licences and sources", |_| {
        deny(workspace, toolchain, &tools)
    })?;
    report.step("Lints, server", |_| {
        let mut clippy = toolchain.program("cargo-clippy", workspace);
        clippy.args([
            "clippy",
            "--workspace",
            "--exclude",
            "frontend",
            "--all-targets",
        ]);
        process::run(clippy.args(["--", "--deny", "warnings"]))
    })?;
    report.step("Lints, browser", |_| {
        let mut clippy = toolchain.program("cargo-clippy", workspace);
        clippy.args([
            "clippy",
            "--package",
            "frontend",
            "--package",
            "upload_worker",
            "--target",
            WASM_TARGET,
        ]);
        process::run(clippy.args(["--", "--deny", "warnings"]))
    })?;
    Ok(())
}

/// Without the advisories where their database cannot be fetched.
fn deny(workspace: &Workspace, toolchain: &Toolchain, tools: &CheckTools) -> Result<()> {
    let program = || toolchain.program_at(&tools.path("cargo-deny"), workspace);
    let mut fetch = program();
    fetch.args(["fetch", "db"]).stderr(Stdio::null());
    let mut deny = program();
    deny.args(["--workspace", "check", "bans", "licenses", "sources"]);
    if process::succeeds_within(&mut fetch, ADVISORIES_LIMIT)? {
        deny.arg("advisories");
    } else {
        eprintln!(
            "    security advisories are left out: their database cannot be fetched from here"
        );
    }
    process::run(&mut deny)
}

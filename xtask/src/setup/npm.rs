//! Packages for Node.js, installed from their lock files, without running their install scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::workspace::Workspace;
use crate::{fingerprint, process};

/// The optimiser for WASM. It lies in the cache, one folder for each version, so that a fresh clone finds it.
pub(crate) fn wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    let source = workspace.root.join("xtask/wasm-opt");
    let lock =
        fs::read(source.join("package-lock.json")).context("xtask/wasm-opt/package-lock.json")?;
    let folder = workspace
        .cache
        .join(format!("wasm-opt-{}", fingerprint::of(&lock)));
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), folder.join(name))?;
    }
    install("the optimiser for WASM", &folder)?;
    Ok(folder.join("node_modules/.bin/wasm-opt"))
}

/// What the browser tests import, beside them.
pub(crate) fn browser_test_packages(workspace: &Workspace) -> Result<()> {
    install(
        "the packages of the browser tests",
        &workspace.browser_tests(),
    )
}

/// The OpenID Connect provider that the Rust tests sign in with, and a tus client that uploads to the agent.
pub(crate) fn rust_test_packages(workspace: &Workspace) -> Result<()> {
    for folder in ["tests/oidc-provider", "tests/tus-clients"] {
        install("packages of the Rust tests", &workspace.root.join(folder))?;
    }
    Ok(())
}

/// `npm ci`, unless the lock file is the one that was installed last.
pub(super) fn install(what: &str, folder: &Path) -> Result<()> {
    require_node()?;
    let stamp = folder.join("node_modules/.installed-from");
    let lock = fingerprint::of(fs::read(folder.join("package-lock.json"))?);
    if fingerprint::is_fresh(&stamp, &lock) {
        return Ok(());
    }
    process::announce(&format!("Installing {what}"));
    let mut command = Command::new("npm");
    command
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(folder);
    process::run(&mut command)?;
    fs::write(stamp, lock)?;
    Ok(())
}

fn require_node() -> Result<()> {
    if process::find_program("node").is_some() && process::find_program("npm").is_some() {
        return Ok(());
    }
    debian::install("Node.js", &["nodejs", "npm"])
}

//! The programs of `cargo xtask check` that are not part of a Rust toolchain.
//!
//! They come ready built from PyPI: building them from source takes tens of minutes on two cores.
//! Versions are pinned in `xtask/check-tools.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::workspace::Workspace;
use crate::{fingerprint, process};

/// Where they lie.
#[derive(Debug, Clone)]
pub(crate) struct CheckTools(PathBuf);

impl CheckTools {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }
}

/// Installs them into a folder of their own.
pub(crate) fn check_tools(workspace: &Workspace) -> Result<CheckTools> {
    let versions = workspace.root.join("xtask/check-tools.txt");
    let fingerprint = fingerprint::of(fs::read(&versions).context("xtask/check-tools.txt")?);
    let folder = workspace.cache.join("check-tools");
    let stamp = folder.join("installed-from");
    if !fingerprint::is_fresh(&stamp, &fingerprint) {
        process::announce("Installing the programs that check dependencies and spelling");
        create_environment(&folder)?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--only-binary=:all:",
            "--no-deps",
            "--requirement",
        ])
        .arg(&versions);
        process::run(&mut pip)?;
        fs::write(stamp, fingerprint)?;
    }
    Ok(CheckTools(folder))
}

/// Debian splits `venv` from Python.
fn create_environment(folder: &Path) -> Result<()> {
    let environment = |folder: &Path| {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", "--clear"]).arg(folder);
        command
    };
    if process::find_program("python3").is_some() && process::succeeds(&mut environment(folder)) {
        return Ok(());
    }
    debian::install("Python", &["python3", "python3-venv"])?;
    process::run(&mut environment(folder))
}

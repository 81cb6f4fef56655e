//! Programs and libraries from PyPI, each set of them in an environment of its own in the cache.
//!
//! Versions are pinned in a list beside what uses them, and nothing is built from source.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::workspace::Workspace;
use crate::{fingerprint, process};

/// A Python with `tuspy`, the tus client that the Rust tests upload with.
pub(crate) fn tus_client(workspace: &Workspace) -> Result<PathBuf> {
    let folder = environment(
        workspace,
        "a tus client",
        "tus-client",
        "tests/tus-clients/requirements.txt",
    )?;
    Ok(folder.join("bin/python"))
}

/// A Python with `runapy`, the client of NVIDIA Run:ai's REST API.
pub(crate) fn runai_client(workspace: &Workspace) -> Result<PathBuf> {
    let folder = environment(
        workspace,
        "Run:ai's client",
        "runai-client",
        "tests/runapy/requirements.txt",
    )?;
    Ok(folder.join("bin/python"))
}

/// An environment with what a list names, made anew when the list is another one.
pub(super) fn environment(
    workspace: &Workspace,
    what: &str,
    name: &str,
    list: &str,
) -> Result<PathBuf> {
    let versions = workspace.root.join(list);
    let content = fs::read(&versions).with_context(|| list.to_owned())?;
    let fingerprint = fingerprint::of(content);
    let folder = workspace.cache.join(name);
    let stamp = folder.join("installed-from");
    if !fingerprint::is_fresh(&stamp, &fingerprint) {
        process::announce(&format!("Installing {what}"));
        create(&folder)?;
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
    Ok(folder)
}

/// Debian splits `venv` from Python.
fn create(folder: &Path) -> Result<()> {
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

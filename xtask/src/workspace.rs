//! Where things are.
//!
//! Everything that a build makes lies under cargo's target folder, which need not be `./target`;
//! everything that is installed for this project alone lies in the cache, outside the checkout, so that a
//! fresh clone finds it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The folders of this checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// cargo's target folder.
    pub(crate) target: PathBuf,
    /// `~/.cache/stowage`, or what `STOWAGE_CACHE` says.
    pub(crate) cache: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let answer = process::output(Command::new(cargo).args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
        ]))?;
        let metadata: Metadata = serde_json::from_str(&answer)?;
        let cache = match env::var_os("STOWAGE_CACHE") {
            Some(folder) => PathBuf::from(folder),
            None => home()?.join(".cache/stowage"),
        };
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            cache,
        })
    }

    /// The folder with the files that the browser loads.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// The folder of the browser tests.
    pub(crate) fn browser_tests(&self) -> PathBuf {
        self.root.join("tests/e2e")
    }

    /// A path as one would type it in the checkout.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

fn home() -> Result<PathBuf> {
    env::var_os("HOME")
        .map(PathBuf::from)
        .context("HOME is not set: name a folder for downloads in STOWAGE_CACHE")
}

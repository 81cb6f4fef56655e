//! The programs of `cargo xtask check` that are not part of a Rust toolchain.
//!
//! They come ready built from PyPI: building them from source takes tens of minutes on two cores.
//! Versions are pinned in `xtask/check-tools.txt`.

use std::path::PathBuf;

use anyhow::Result;

use super::python::environment;
use crate::workspace::Workspace;

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
    let what = "the programs that check dependencies and spelling";
    environment(workspace, what, "check-tools", "xtask/check-tools.txt").map(CheckTools)
}

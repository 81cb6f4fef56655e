//! A Chromium for the browser tests: the machine's own, as Playwright's download needs more of the
//! internet than a package mirror.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::debian;
use crate::process;

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Where Chromium is; `STOWAGE_CHROMIUM` names another one.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(path) = env::var_os("STOWAGE_CHROMIUM") {
        return Ok(path.into());
    }
    if let Some(path) = find() {
        return Ok(path);
    }
    debian::install("Chromium", &["chromium"])?;
    find().context("Chromium is installed, but not found")
}

fn find() -> Option<PathBuf> {
    NAMES.into_iter().find_map(process::find_program)
}

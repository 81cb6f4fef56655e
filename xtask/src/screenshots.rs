//! `cargo xtask screenshots`: the pictures of the documentation, taken from the real console, so that
//! they never show what is not there.

use anyhow::Result;

use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{process, serving, setup, test};

/// Builds the console and has Playwright take the pictures into `docs/screenshots`.
pub(crate) fn screenshots(workspace: &Workspace) -> Result<()> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let server = serving::build(workspace, &toolchain, Purpose::Serving)?;
    let folder = workspace.root.join("docs/screenshots");
    let mut playwright = test::playwright(workspace, &server)?;
    playwright
        .args(["--config", "playwright.screenshots.config.ts"])
        .env("STOWAGE_SCREENSHOTS", &folder);
    process::run(&mut playwright)?;
    println!("\npictures  {}", workspace.shown(&folder));
    Ok(())
}

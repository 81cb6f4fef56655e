//! `cargo xtask build`.

use anyhow::Result;
use clap::Args;

use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{serving, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// One optimised binary that carries the site inside it, compressed
    #[arg(long)]
    release: bool,
}

/// Builds the site and the server, and says where they lie.
pub(crate) fn build(workspace: &Workspace, options: &Options) -> Result<()> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let purpose = if options.release {
        Purpose::Shipping
    } else {
        Purpose::Serving
    };
    let server = serving::build(workspace, &toolchain, purpose)?;
    println!("\nserver  {}", workspace.shown(&server));
    println!("site    {}", workspace.shown(&workspace.site()));
    Ok(())
}

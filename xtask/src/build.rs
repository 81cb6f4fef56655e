//! `cargo xtask build`.

use anyhow::Result;
use clap::Args;

use crate::site::{self, Purpose};
use crate::workspace::Workspace;
use crate::{serving, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// One optimised binary that carries the site inside it, compressed
    #[arg(long)]
    release: bool,
}

/// Builds the site and then the server: the binary of a release takes the files of the site in.
pub(crate) fn build(workspace: &Workspace, options: &Options) -> Result<()> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let purpose = if options.release {
        Purpose::Shipping
    } else {
        Purpose::Serving
    };
    site::build(workspace, &toolchain, purpose)?;
    let server = serving::build_server(workspace, &toolchain, options.release)?;
    println!("\nserver  {}", workspace.shown(&server));
    println!("site    {}", workspace.shown(&workspace.site()));
    Ok(())
}

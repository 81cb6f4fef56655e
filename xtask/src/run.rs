//! `cargo xtask run`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{interrupt, process, serving, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// Build the pages quickly instead of small, for work on them
    #[arg(long)]
    dev: bool,
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for the database and the demonstration cluster [default: data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Builds everything, starts the server and stays with it until it ends.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    ensure!(
        !serving::answers(address),
        "something else answers on {address}: end it, or choose another port with --port"
    );
    let toolchain = setup::wasm_toolchain(workspace)?;
    let purpose = if options.dev {
        Purpose::Iteration
    } else {
        Purpose::Serving
    };
    let server = serving::build(workspace, &toolchain, purpose)?;

    // The server runs in the root of the checkout, wherever this command was called.
    let data = options.data.as_ref().map(std::path::absolute).transpose()?;
    let mut command = serving::serve(workspace, &server, address, data.as_deref());
    let mut child = process::spawn(command.current_dir(&workspace.root))?;
    let reached = interrupt::reaches(&child);
    if let Err(error) = serving::wait_until_it_answers(&mut child, address) {
        reached.send(rustix::process::Signal::TERM);
        child.wait()?;
        return Err(error);
    }
    println!("\nStowage is ready at http://{address}\n");
    let status = child.wait().context("the server is gone")?;
    ensure!(
        status.success() || interrupt::is_interrupted(),
        "the server ended ({status})"
    );
    Ok(())
}

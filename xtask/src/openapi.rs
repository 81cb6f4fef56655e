//! `cargo xtask openapi`: the description of the REST API that is checked in, written anew.

use std::fs;
use std::process::Command;

use anyhow::Result;

use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{process, serving, setup};

/// Builds the server and has it print what its handlers say.
pub(crate) fn openapi(workspace: &Workspace) -> Result<()> {
    let toolchain = setup::wasm_toolchain(workspace)?;
    let server = serving::build_server(workspace, &toolchain, Purpose::Serving)?;
    let document = process::output(Command::new(server).arg("openapi"))?;
    let path = workspace.root.join("docs/openapi.json");
    fs::write(&path, document)?;
    println!("\ndescription  {}", workspace.shown(&path));
    Ok(())
}

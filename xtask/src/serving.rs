//! Building the console and starting it, here and for the browser tests.
//!
//! This is the one place that knows the server's command line and where it looks for its site.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::site::{self, HASH_FILE, NAME, PACKAGE_FOLDER, Purpose};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{interrupt, process};

/// A first start makes a database and a cluster's folders.
const START_LIMIT: Duration = Duration::from_mins(2);

/// Where the server's build finds the files that a release carries inside it.
pub(crate) const EMBEDDED_SITE: &str = "STOWAGE_SITE";

/// Builds the site and the binary `stowage`; answers where the binary lies.
pub(crate) fn build(
    workspace: &Workspace,
    toolchain: &Toolchain,
    purpose: Purpose,
) -> Result<PathBuf> {
    if purpose == Purpose::Shipping {
        // The binary takes the files of the site in.
        site::build(workspace, toolchain, purpose)?;
        return build_server(workspace, toolchain, purpose);
    }
    // Side by side: the last step of each keeps but one core busy.
    thread::scope(|scope| {
        let site = scope.spawn(|| site::build(workspace, toolchain, purpose));
        let server = build_server(workspace, toolchain, purpose);
        match site.join() {
            Ok(built) => built.and(server),
            Err(panic) => resume_unwind(panic),
        }
    })
}

/// Builds the binary `stowage` and answers where it lies.
pub(crate) fn build_server(
    workspace: &Workspace,
    toolchain: &Toolchain,
    purpose: Purpose,
) -> Result<PathBuf> {
    process::announce("Building the server");
    build_program(workspace, toolchain, NAME, purpose)
}

/// Builds one binary of the workspace and answers where it lies.
pub(crate) fn build_program(
    workspace: &Workspace,
    toolchain: &Toolchain,
    name: &str,
    purpose: Purpose,
) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo(workspace);
    // The whole workspace is selected, so that libraries get the same features as for the tests and are
    // built once.
    cargo.args([
        "build",
        "--workspace",
        "--exclude",
        "frontend",
        "--bin",
        name,
    ]);
    let is_release = purpose == Purpose::Shipping;
    if is_release {
        cargo
            .args(["--release", "--features", "server/embedded-site"])
            .env(EMBEDDED_SITE, workspace.site());
    }
    process::run(&mut cargo)?;
    let profile = if is_release { "release" } else { "debug" };
    Ok(workspace.target.join(profile).join(name))
}

/// `stowage serve`; without a data folder the server takes its own default.
pub(crate) fn serve(
    workspace: &Workspace,
    server: &Path,
    address: SocketAddr,
    data: Option<&Path>,
) -> Command {
    let mut command = Command::new(server);
    command
        .arg("serve")
        .arg("--listen")
        .arg(address.to_string());
    if let Some(data) = data {
        command.arg("--data").arg(data);
    }
    command.envs(site_settings(workspace));
    command
}

/// Where Leptos finds the files of the site and their names.
pub(crate) fn site_settings(workspace: &Workspace) -> Vec<(&'static str, PathBuf)> {
    let site = workspace.site();
    vec![
        ("LEPTOS_OUTPUT_NAME", NAME.into()),
        ("LEPTOS_SITE_PKG_DIR", PACKAGE_FOLDER.into()),
        ("LEPTOS_HASH_FILES", "true".into()),
        // Leptos looks beside the binary unless the name is a whole path.
        ("LEPTOS_HASH_FILE_NAME", site.join(HASH_FILE)),
        ("LEPTOS_SITE_ROOT", site),
    ]
}

/// Waits until the server answers over HTTP.
pub(crate) fn wait_until_it_answers(server: &mut Child, address: SocketAddr) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline && !interrupt::is_interrupted() {
        if let Some(status) = server.try_wait()? {
            bail!("the server ended before it answered ({status})");
        }
        if answers(address) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("the server does not answer on {address}")
}

/// Whether something speaks HTTP there.
pub(crate) fn answers(address: SocketAddr) -> bool {
    first_bytes_of_page(address).is_ok_and(|bytes| bytes.starts_with(b"HTTP/1."))
}

/// The port is free now; somebody may take it before it is used, so this is for tests only.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn first_bytes_of_page(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut start = Vec::new();
    stream.take(8).read_to_end(&mut start)?;
    Ok(start)
}

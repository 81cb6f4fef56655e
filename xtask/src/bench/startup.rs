//! How long a newcomer waits: `cargo xtask run` in a fresh clone of `HEAD`, with empty caches, until the
//! first page is there; then the same again, with nothing changed.
//!
//! What belongs to the whole machine (Debian's packages, rustup's toolchains) stays as it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use crate::workspace::Workspace;
use crate::{interrupt, process, serving};

const READY: &str = "Stowage is ready at ";

/// Measures twice and prints the table.
pub(crate) fn startup(workspace: &Workspace) -> Result<()> {
    let folder = env::temp_dir().join(format!("stowage-startup-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure(workspace, &folder);
    fs::remove_dir_all(&folder)?;
    let (cold, warm) = measured?;
    println!("\n{:34}  {:>9}", "from `cargo xtask run`", "first page");
    println!(
        "{:34}  {:>7.1} s",
        "fresh clone, empty caches",
        cold.as_secs_f64()
    );
    println!("{:34}  {:>7.1} s", "nothing changed", warm.as_secs_f64());
    Ok(())
}

fn measure(workspace: &Workspace, folder: &Path) -> Result<(Duration, Duration)> {
    let clone = folder.join("clone");
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"])
        .arg(&workspace.root)
        .arg(&clone);
    process::run(&mut git)?;
    let cold = first_page(folder, &clone)?;
    let warm = first_page(folder, &clone)?;
    Ok((cold, warm))
}

fn first_page(folder: &Path, clone: &Path) -> Result<Duration> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, serving::free_port()?));
    let start = Instant::now();
    let mut child = process::spawn(
        as_newcomer(folder)
            .args(["xtask", "run", "--port"])
            .arg(address.port().to_string())
            .current_dir(clone)
            .stdout(Stdio::piped()),
    )?;
    let reached = interrupt::reaches(&child);
    let ready = wait_for_word(&mut child).and_then(|()| fetch(address));
    let took = start.elapsed();
    reached.send(Signal::TERM);
    child.wait()?;
    ready.map(|()| took)
}

/// cargo with caches of its own. The variables that tell this program of its checkout go.
fn as_newcomer(folder: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO") || name_text == "RUSTUP_TOOLCHAIN" {
            cargo.env_remove(name);
        }
    }
    cargo
        .env("CARGO_HOME", folder.join("cargo"))
        .env("STOWAGE_CACHE", folder.join("cache"))
        .env("npm_config_cache", folder.join("npm"))
        .env("PIP_CACHE_DIR", folder.join("pip"));
    if let Some(home) = env::var_os("HOME") {
        let rustup = env::var_os("RUSTUP_HOME")
            .map_or_else(|| PathBuf::from(home).join(".rustup"), PathBuf::from);
        cargo.env("RUSTUP_HOME", rustup);
    }
    cargo
}

fn wait_for_word(child: &mut Child) -> Result<()> {
    let printed = child.stdout.take().context("no standard output")?;
    for line in BufReader::new(printed).lines() {
        let line = line?;
        println!("{line}");
        if line.starts_with(READY) {
            return Ok(());
        }
    }
    bail!("`cargo xtask run` ended before the server was ready")
}

fn fetch(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page)?;
    ensure!(page.starts_with(b"HTTP/1."), "no page on {address}");
    Ok(())
}

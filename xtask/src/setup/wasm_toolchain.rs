//! A compiler that builds for the browser.
//!
//! The ordinary way is rustup's. Where it cannot download, Debian's compiler is installed together with
//! the sources of its standard library, and that library is built for wasm32 once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use super::debian;
use crate::process;
use crate::toolchain::{Toolchain, WASM_TARGET};
use crate::workspace::Workspace;

/// `rust-version` of the workspace.
const OLDEST: (u32, u32) = (1, 95);

/// Some twenty megabytes; who cannot download usually hears so at once.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(5);

const DEBIAN_PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];

/// Finds one, or makes one.
pub(crate) fn wasm_toolchain(workspace: &Workspace) -> Result<Toolchain> {
    if Toolchain::Active.builds_wasm() {
        return Ok(Toolchain::Active);
    }
    let debian = Toolchain::In("/usr/bin".into());
    if is_new_enough(&debian) && debian.builds_wasm() {
        return Ok(debian);
    }
    if add_target()? {
        return Ok(Toolchain::Active);
    }
    debian::install("a Rust compiler for the browser", &DEBIAN_PACKAGES)?;
    ensure!(
        is_new_enough(&debian),
        "the compiler in /usr/bin is older than {}.{}",
        OLDEST.0,
        OLDEST.1
    );
    if !debian.builds_wasm() {
        let library = Path::new("/usr/lib/rustlib").join(WASM_TARGET).join("lib");
        build_standard_library(&debian, workspace, &library)?;
    }
    ensure!(
        debian.builds_wasm(),
        "the compiler in /usr/bin still cannot build for {WASM_TARGET}"
    );
    Ok(debian)
}

fn is_new_enough(toolchain: &Toolchain) -> bool {
    toolchain.version().is_some_and(|version| version >= OLDEST)
}

/// rustup's way. Whether it worked.
fn add_target() -> Result<bool> {
    if process::find_program("rustup").is_none() {
        return Ok(false);
    }
    process::announce("Adding the WASM target with rustup");
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", WASM_TARGET])
        .env("RUST_BACKTRACE", "0");
    let added =
        process::succeeds_within(&mut rustup, DOWNLOAD_LIMIT)? && Toolchain::Active.builds_wasm();
    if !added {
        eprintln!("    rustup could not: going on with Debian's compiler");
    }
    Ok(added)
}

/// Builds it from the sources that belong to the compiler and lays it where that looks for it.
fn build_standard_library(
    toolchain: &Toolchain,
    workspace: &Workspace,
    library: &Path,
) -> Result<()> {
    process::announce("Building the standard library for WASM (once, about a minute)");
    let folder = env::temp_dir().join(format!("stowage-standard-library-{}", std::process::id()));
    let built = build_empty_crate(toolchain, workspace, &folder)
        .and_then(|libraries| lay_down(&libraries, library));
    fs::remove_dir_all(&folder)?;
    built
}

/// `-Z build-std` leaves the libraries in `deps`, beside the crate that asked for them.
fn build_empty_crate(
    toolchain: &Toolchain,
    workspace: &Workspace,
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"nothing\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n",
    )?;
    let mut cargo = toolchain.cargo(workspace);
    cargo
        .args(["build", "--release", "--target", WASM_TARGET])
        .args(["-Z", "build-std=std,panic_abort,proc_macro,test"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .current_dir(folder);
    process::run(&mut cargo)?;
    let deps = folder.join("target").join(WASM_TARGET).join("release/deps");
    let libraries: Vec<PathBuf> = fs::read_dir(&deps)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .collect();
    ensure!(!libraries.is_empty(), "{} holds no library", deps.display());
    Ok(libraries)
}

/// Copies the libraries, with `sudo` where that is what it takes. Those of an older compiler go.
fn lay_down(libraries: &[PathBuf], folder: &Path) -> Result<()> {
    let call = |program: &str| {
        if rustix::process::geteuid().is_root() {
            return Command::new(program);
        }
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", program]);
        sudo
    };
    process::run(call("rm").arg("-rf").arg(folder))?;
    process::run(call("mkdir").arg("-p").arg(folder))?;
    process::run(
        call("install")
            .args(["-m", "644", "-t"])
            .arg(folder)
            .args(libraries),
    )
    .with_context(|| {
        format!(
            "the standard library cannot be laid into {}",
            folder.display()
        )
    })
}

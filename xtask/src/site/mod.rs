//! From the crate `frontend` and the folder `style/` to the files that the browser loads.
//!
//! The names carry what the files were made from, so that a browser may keep them for ever; `hash.txt` tells
//! the server the names. All scripts and WASM share one hash: they come from one compilation and name each
//! other. The whole folder is made beside the old one and then takes its place: a server that reads it
//! while it is built again never sees half of it.

mod compress;
mod optimise;
mod split;
mod style;

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::fingerprint::{self, Fingerprint};
use crate::toolchain::{Toolchain, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{process, setup};

/// Counts up when this module lays out files in another way.
const LAYOUT: &str = "3";

pub(crate) const NAME: &str = "stowage";
pub(crate) const PACKAGE_FOLDER: &str = "pkg";
pub(crate) const HASH_FILE: &str = "hash.txt";
const STAMP: &str = ".made-from";

/// What a site is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Quick to build again, large to load.
    Iteration,
    /// As the compiler leaves it, for browsers on this machine.
    Serving,
    /// As small as it gets, with a compressed copy beside each file, to go into the server's binary.
    Shipping,
}

impl Purpose {
    fn profile(self) -> &'static str {
        match self {
            Self::Iteration => "wasm-dev",
            Self::Serving | Self::Shipping => "wasm",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Iteration => "iteration",
            Self::Serving => "serving",
            Self::Shipping => "shipping",
        }
    }
}

/// Builds the site. cargo decides what to compile; the steps after it run only when their input changed.
pub(crate) fn build(workspace: &Workspace, toolchain: &Toolchain, purpose: Purpose) -> Result<()> {
    let wasm = compile(workspace, toolchain, purpose)?;
    let stylesheet = style::stylesheet(&workspace.root.join("style/stowage.css"))?;
    let mut inputs = Fingerprint::default();
    // The versions of what splits, binds and optimises stand in the lock files.
    inputs
        .add(LAYOUT)
        .add_file(&workspace.root.join("Cargo.lock"))?
        .add_file(&workspace.root.join("xtask/wasm-opt/package-lock.json"))?
        .add_file(&wasm)?;
    let hash = inputs.clone().add(purpose.key()).short();
    inputs.add(&stylesheet);
    let made_from = |purpose: Purpose| inputs.clone().add(purpose.key()).short();
    let site = workspace.site();
    let stamp = site.join(STAMP);
    // A site to be shipped holds all that a site to be served does.
    let is_made = fingerprint::is_fresh(&stamp, &made_from(purpose))
        || (purpose == Purpose::Serving
            && fingerprint::is_fresh(&stamp, &made_from(Purpose::Shipping)));
    if is_made {
        return Ok(());
    }
    let next = workspace.target.join("site.next");
    remove_folder(&next)?;
    let package = next.join(PACKAGE_FOLDER);
    fs::create_dir_all(&package)?;
    lay_out(workspace, &wasm, &hash, purpose, &package)?;
    let style_hash = fingerprint::of(&stylesheet);
    fs::write(
        package.join(with_hash(NAME, &style_hash, "css")),
        &stylesheet,
    )?;
    fs::write(
        next.join(HASH_FILE),
        format!("js: {hash}\nwasm: {hash}\nsplit: {hash}\nmanifest: {hash}\ncss: {style_hash}\n"),
    )?;
    if purpose == Purpose::Shipping {
        process::announce("Compressing the site");
        compress::compress_folder(&next)?;
    }
    fs::write(next.join(STAMP), made_from(purpose))?;
    let previous = workspace.target.join("site.previous");
    remove_folder(&previous)?;
    if site.exists() {
        fs::rename(&site, &previous)?;
    }
    fs::rename(&next, &site)?;
    remove_folder(&previous)
}

fn compile(workspace: &Workspace, toolchain: &Toolchain, purpose: Purpose) -> Result<PathBuf> {
    process::announce("Building the pages for the browser");
    let mut cargo = toolchain.cargo(workspace);
    cargo
        .args([
            "build",
            "--package",
            "frontend",
            "--lib",
            "--target",
            WASM_TARGET,
        ])
        .args(["--profile", purpose.profile()]);
    if purpose != Purpose::Shipping {
        // The server is built meanwhile and shows its progress: two bars would tear each other up.
        cargo.arg("--quiet");
    }
    process::run(&mut cargo)?;
    Ok(workspace
        .target
        .join(WASM_TARGET)
        .join(purpose.profile())
        .join("frontend.wasm"))
}

/// Writes the scripts and the WASM into the folder.
fn lay_out(
    workspace: &Workspace,
    wasm: &Path,
    hash: &str,
    purpose: Purpose,
    package: &Path,
) -> Result<()> {
    process::announce("Splitting the WASM by pages");
    let first = split::split(wasm, hash, package)?;
    bind(&first, purpose, package)?;
    fs::remove_file(first)?;
    let bound = format!("{NAME}_bg.wasm");
    let wasm_name = with_hash(NAME, hash, "wasm");
    fs::rename(package.join(&bound), package.join(&wasm_name))?;
    // So that a script which is not told where the WASM lies, a worker's for example, finds it too.
    let script = package.join(format!("{NAME}.js"));
    let text = fs::read_to_string(&script)?.replace(&bound, &wasm_name);
    fs::remove_file(&script)?;
    fs::write(package.join(with_hash(NAME, hash, "js")), text)?;

    if purpose == Purpose::Shipping {
        process::announce("Making the WASM smaller");
        let program = setup::wasm_opt(workspace)?;
        for entry in fs::read_dir(package)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "wasm") {
                optimise::optimise(&program, &path)?;
            }
        }
    }
    Ok(())
}

/// What the program `wasm-bindgen` does, from its own library in the version of `Cargo.lock`. What the
/// parts import from the first one is kept.
fn bind(wasm: &Path, purpose: Purpose, package: &Path) -> Result<()> {
    process::announce("Binding the WASM to JavaScript");
    let is_optimised = purpose != Purpose::Iteration;
    Bindgen::new()
        .input_path(wasm)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(is_optimised)
        .remove_producers_section(is_optimised)
        .generate(package)
        .with_context(|| format!("{} cannot be bound", wasm.display()))
}

/// The name of a file of the site.
fn with_hash(stem: &str, hash: &str, ending: &str) -> String {
    format!("{stem}.{hash}.{ending}")
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be deleted", folder.display()))
        }
        _ => Ok(()),
    }
}

//! From the crates `frontend` and `upload_worker` and the folder `style/` to the files that the browser loads.
//!
//! The names carry what the files were made from, so that a browser may keep them for ever; `hash.txt` tells
//! the server the names. All scripts and WASM share one hash: they come from one compilation and name each
//! other; the pages find the worker's script by it. The whole folder is made beside the old one and then takes its place: a server that reads it
//! while it is built again never sees half of it.

mod compress;
mod optimise;
mod relocations;
mod split;
mod style;

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use self::relocations::without_relocations;
use crate::fingerprint::{self, Fingerprint};
use crate::toolchain::{Toolchain, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{process, setup};

/// Counts up when this module lays out files in another way.
const LAYOUT: &str = "4";

pub(crate) const NAME: &str = "stowage";
pub(crate) const PACKAGE_FOLDER: &str = "pkg";
pub(crate) const HASH_FILE: &str = "hash.txt";
/// What pages start beside themselves: the name of its files, and the crate.
const WORKER: &str = "uploads";
const WORKER_CRATE: &str = "upload_worker";
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
    let compiled = compile(workspace, toolchain, purpose)?;
    let stylesheet = style::stylesheet(&workspace.root.join("style/stowage.css"))?;
    let mut inputs = Fingerprint::default();
    // The versions of what splits, binds and optimises stand in the lock files.
    inputs
        .add(LAYOUT)
        .add_file(&workspace.root.join("Cargo.lock"))?
        .add_file(&workspace.root.join("xtask/wasm-opt/package-lock.json"))?
        .add_file(&compiled.pages)?
        .add_file(&compiled.worker)?;
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
    lay_out(workspace, &compiled, &hash, purpose, &package)?;
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

/// What the compiler made.
struct Compiled {
    pages: PathBuf,
    worker: PathBuf,
}

fn compile(workspace: &Workspace, toolchain: &Toolchain, purpose: Purpose) -> Result<Compiled> {
    process::announce("Building the pages for the browser");
    let mut cargo = toolchain.cargo(workspace);
    cargo
        .args([
            "build",
            "--package",
            "frontend",
            "--package",
            WORKER_CRATE,
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
    let made = workspace.target.join(WASM_TARGET).join(purpose.profile());
    Ok(Compiled {
        pages: made.join("frontend.wasm"),
        worker: made.join(format!("{WORKER_CRATE}.wasm")),
    })
}

/// Writes the scripts and the WASM into the folder.
fn lay_out(
    workspace: &Workspace,
    compiled: &Compiled,
    hash: &str,
    purpose: Purpose,
    package: &Path,
) -> Result<()> {
    process::announce("Splitting the WASM by pages");
    let first = split::split(&compiled.pages, hash, package)?;
    process::announce("Binding the WASM to JavaScript");
    bind(&first, NAME, purpose, package)?;
    fs::remove_file(first)?;
    name_with_hash(NAME, hash, package, "")?;
    let worker = package.join("worker.wasm");
    fs::write(&worker, without_relocations(&fs::read(&compiled.worker)?)?)?;
    bind(&worker, WORKER, purpose, package)?;
    fs::remove_file(worker)?;
    // A page's script is started by the page. Nobody is there to start a worker's.
    let wasm_name = with_hash(WORKER, hash, "wasm");
    let start = format!(
        "\nawait __wbg_init({{ module_or_path: new URL(\"{wasm_name}\", import.meta.url) }});\n"
    );
    name_with_hash(WORKER, hash, package, &start)?;

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
/// parts import from the pages' first one is kept.
fn bind(wasm: &Path, name: &str, purpose: Purpose, package: &Path) -> Result<()> {
    let is_optimised = purpose != Purpose::Iteration;
    Bindgen::new()
        .input_path(wasm)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .keep_lld_exports(name == NAME)
        .demangle(false)
        .remove_name_section(is_optimised)
        .remove_producers_section(is_optimised)
        .generate(package)
        .with_context(|| format!("{} cannot be bound", wasm.display()))
}

/// Gives a script and its WASM the names that browsers keep, and the script its last lines.
fn name_with_hash(name: &str, hash: &str, package: &Path, end: &str) -> Result<()> {
    let bound = format!("{name}_bg.wasm");
    let wasm_name = with_hash(name, hash, "wasm");
    fs::rename(package.join(&bound), package.join(&wasm_name))?;
    // So that a script which is not told where the WASM lies, a worker's for example, finds it too.
    let script = package.join(format!("{name}.js"));
    let text = fs::read_to_string(&script)?.replace(&bound, &wasm_name);
    fs::remove_file(&script)?;
    fs::write(package.join(with_hash(name, hash, "js")), text + end)?;
    Ok(())
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

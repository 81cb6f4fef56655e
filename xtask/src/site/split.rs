//! One WASM file for what every page needs, and more files for what single pages do.
//!
//! The split points are the lazy routes of `app`. Code that several of them need and the first page does
//! not goes into files of its own, so a page can need more than one; the manifest says which.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasm_split_cli_support::Options;

use super::{NAME, with_hash};

/// The names that Leptos expects of the script that loads the parts, and of the list of parts.
const SCRIPT: &str = "__wasm_split";
const MANIFEST: &str = "__wasm_split_manifest";

/// Writes the parts, their script and their manifest into the folder; answers the path of the part that
/// every page needs, which is still to be bound.
pub(crate) fn split(wasm: &Path, hash: &str, package: &Path) -> Result<PathBuf> {
    let input = fs::read(wasm).with_context(|| format!("{}", wasm.display()))?;
    let first = package.join("first.wasm");
    let script = with_hash(SCRIPT, hash, "js");
    let link_name = format!("./{script}");
    let main_module = format!("./{}", with_hash(NAME, hash, "js"));
    let mut options = Options::new(&input);
    options.output_dir = package;
    options.main_out_path = &first;
    options.link_name = &link_name;
    options.main_module = &main_module;
    let parts = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("{} cannot be split: {error:#}", wasm.display()))?;

    let script = package.join(script);
    let mut text = fs::read_to_string(&script)?;
    for part in &parts.split_modules {
        let stem = stem(part)?;
        text = text.replace(
            &format!("./{stem}.wasm"),
            &format!("./{}", with_hash(stem, hash, "wasm")),
        );
        fs::rename(part, package.join(with_hash(stem, hash, "wasm")))?;
    }
    fs::write(script, text)?;

    let mut manifest = parts.prefetch_map;
    for part in manifest.values_mut().flatten() {
        *part = format!("{part}.{hash}");
    }
    fs::write(
        package.join(with_hash(MANIFEST, hash, "json")),
        serde_json::to_vec_pretty(&manifest)?,
    )?;
    Ok(first)
}

fn stem(part: &Path) -> Result<&str> {
    part.file_stem()
        .and_then(|stem| stem.to_str())
        .with_context(|| format!("{} has no name", part.display()))
}

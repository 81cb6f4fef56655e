//! `wasm-opt`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process;

/// What the compiler's output uses and every browser of the last years knows, named one by one:
/// `--all-features` writes an encoding of imports that browsers refuse.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];

/// A part below that size gains less than starting the program takes.
const SMALLEST_BYTES: u64 = 16 << 10;

/// Replaces a WASM file by a smaller one that does the same, unless it is small already.
pub(crate) fn optimise(program: &Path, wasm: &Path) -> Result<()> {
    if fs::metadata(wasm)?.len() < SMALLEST_BYTES {
        return Ok(());
    }
    let smaller = wasm.with_extension("smaller.wasm");
    let mut command = Command::new(program);
    command
        .arg("-Oz")
        .args(FEATURES)
        .arg(wasm)
        .arg("-o")
        .arg(&smaller);
    process::run(&mut command)?;
    fs::rename(smaller, wasm)?;
    Ok(())
}

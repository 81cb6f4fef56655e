//! Embeds `migrations/` into the binary: one entry per file, in the order of their numbers.

use std::path::Path;
use std::{env, fs};

/// Seen from this package.
const MIGRATIONS: &str = "../../migrations";

fn main() {
    // Asked when it runs, and relative where Cargo looks for changes: two checkouts that share a target
    // folder share this program too, and must not take each other's migrations.
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let folder = Path::new(&package).join(MIGRATIONS);
    // The folder itself, so that a new file is noticed.
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let mut files: Vec<String> = fs::read_dir(&folder)
        .expect("the folder migrations is there")
        .map(|entry| entry.expect("its entries can be read").file_name())
        .map(|name| name.into_string().expect("a migration's name is UTF-8"))
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "sql")
        })
        .collect();
    files.sort();
    let entries: Vec<String> = files
        .iter()
        .map(|name| {
            let (number, title) = name
                .trim_end_matches(".sql")
                .split_once('_')
                .expect("a migration is called NNNN_name.sql");
            let number: i64 = number.parse().expect("a migration starts with its number");
            let path = folder.join(name);
            format!(
                "({number}, {title:?}, include_str!({:?})),\n",
                path.display().to_string()
            )
        })
        .collect();
    let text = format!("&[\n{}]\n", entries.concat());
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("migrations.rs");
    fs::write(target, text).expect("the build folder can be written");
}

//! Snapshots that no test looks at any more.
//!
//! `insta` writes down which files its tests read; what lies in the tree and is not among them is a
//! promise that nobody keeps.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::workspace::Workspace;

/// The environment variable by which `insta` is told where to write.
pub(crate) const REFERENCES: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// Fails on snapshot files that no test named. Meaningful after a run of all tests only.
pub(crate) fn refuse_unreferenced(workspace: &Workspace, references: &Path) -> Result<()> {
    let named: BTreeSet<PathBuf> = fs::read_to_string(references)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| fs::canonicalize(workspace.root.join(line)).ok())
        .collect();
    let mut found = Vec::new();
    for folder in [
        "app",
        "crates",
        "server",
        "tests/src",
        "tests/tests",
        "xtask/src",
    ] {
        collect(&workspace.root.join(folder), &mut found);
    }
    let unreferenced: Vec<String> = found
        .iter()
        .filter(|path| fs::canonicalize(path).is_ok_and(|path| !named.contains(&path)))
        .map(|path| workspace.shown(path).to_string())
        .collect();
    ensure!(
        unreferenced.is_empty(),
        "no test reads these snapshots: {}",
        unreferenced.join(", ")
    );
    Ok(())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            found.push(path);
        }
    }
}

//! PostgreSQL's programs. No server of the machine is used or touched: the tests start their own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::debian;
use crate::process;

/// Where `initdb`, `postgres` and `pg_isready` lie.
#[derive(Debug, Clone)]
pub(crate) struct PostgresPrograms(PathBuf);

impl PostgresPrograms {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Finds them, newest version first, and installs them where there are none.
pub(crate) fn postgres_programs() -> Result<PostgresPrograms> {
    if let Some(found) = find() {
        return Ok(found);
    }
    debian::install("PostgreSQL", &["postgresql"])?;
    find().context("PostgreSQL is installed, but initdb is not found")
}

/// Debian keeps the programs of each version outside of `PATH`.
fn find() -> Option<PostgresPrograms> {
    let debian = Path::new("/usr/lib/postgresql");
    let mut versions: Vec<u32> = fs::read_dir(debian)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    let on_path = process::find_program("initdb")
        .and_then(|file| Some(fs::canonicalize(file).ok()?.parent()?.to_owned()));
    versions
        .into_iter()
        .rev()
        .map(|version| debian.join(version.to_string()).join("bin"))
        .chain(on_path)
        .find(|folder| {
            ["initdb", "postgres", "pg_isready"]
                .iter()
                .all(|name| folder.join(name).exists())
        })
        .map(PostgresPrograms)
}

//! Installs what is missing on this machine, and says nothing where nothing is.
//!
//! What belongs to the whole machine (a compiler, a browser, a database) comes from Debian's packages;
//! what belongs to this project lies in the cache folder (`Workspace::cache`) or beside its lock file.

mod browser;
mod check_tools;
mod debian;
mod kubernetes;
mod node;
mod npm;
mod peers;
mod postgres;
mod python;
mod wasm_toolchain;

use anyhow::Result;

pub(crate) use browser::chromium;
pub(crate) use check_tools::{CheckTools, check_tools};
pub(crate) use kubernetes::{KubernetesPrograms, kubernetes_programs};
pub(crate) use node::{NodePrograms, node_programs};
pub(crate) use npm::{browser_test_packages, rust_test_packages, wasm_opt};
pub(crate) use peers::{peer_versions, peers, s3_server};
pub(crate) use postgres::{PostgresPrograms, postgres_programs};
pub(crate) use python::{runai_client, tus_client};
pub(crate) use wasm_toolchain::wasm_toolchain;

use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// The compiler, with formatter and lints where Debian's is used.
pub(crate) fn toolchain_with_lints(workspace: &Workspace) -> Result<Toolchain> {
    let toolchain = wasm_toolchain(workspace)?;
    if let Toolchain::In(folder) = &toolchain
        && !(folder.join("cargo-clippy").exists() && folder.join("cargo-fmt").exists())
    {
        debian::install("formatter and lints", &["rust-web-clippy", "rustfmt-web"])?;
    }
    Ok(toolchain)
}

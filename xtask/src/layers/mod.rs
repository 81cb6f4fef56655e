//! `cargo xtask layers`: the drawing "Who may name whom" of `docs/architecture.md`, held against the
//! manifests.
//!
//! Read are the manifests, not the code: a crate that is not in a manifest cannot be named. An edge that
//! is missing in the table is an offence, and so is a crate of ours that the table does not know.

mod table;

use std::process::Command;

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::process;
use crate::workspace::Workspace;

/// What `cargo metadata` says, as far as it is read here.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `None` for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
    /// Of a crate in this workspace.
    path: Option<String>,
    #[serde(default)]
    optional: bool,
}

/// Fails with a line for every edge that the table does not allow.
pub(crate) fn layers(workspace: &Workspace) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(&workspace.root);
    let metadata: Metadata = serde_json::from_str(&process::output(&mut command)?)?;
    let offences = offences(&metadata);
    if !offences.is_empty() {
        bail!("{}", offences.join("\n"));
    }
    println!("{} crates name only what they may", metadata.packages.len());
    Ok(())
}

fn offences(metadata: &Metadata) -> Vec<String> {
    metadata
        .packages
        .iter()
        .flat_map(|package| match table::layer_named(&package.name) {
            Some(layer) => package
                .dependencies
                .iter()
                .filter_map(|named| offence(layer, named))
                .collect(),
            None => vec![format!(
                "{}: this crate has no place in the layers",
                package.name
            )],
        })
        .collect()
}

fn offence(layer: &table::Layer, named: &Dependency) -> Option<String> {
    let (crate_name, library) = (layer.name, named.name.as_str());
    let is_for_tests = named.kind.as_deref() == Some("dev");
    if named.path.is_some() {
        if is_for_tests && layer.may_name_in_tests.contains(&library) {
            return None;
        }
        if layer.may_name_if_optional.contains(&library) {
            return (!named.optional && named.kind.is_none()).then(|| {
                format!("{crate_name} -> {library}: only behind a feature (`optional = true`)")
            });
        }
        return (!layer.may_name.allows(library))
            .then(|| format!("{crate_name} -> {library}: not in the layers"));
    }
    // Tests may use what they like to look at a crate from outside.
    if is_for_tests || crate_name == table::TESTS {
        return None;
    }
    if !layer.libraries.allows(library) {
        return Some(format!(
            "{crate_name} -> {library}: {crate_name} names only {}",
            layer.libraries
        ));
    }
    table::owner_of(library)
        .filter(|owner| !owner.crates.contains(&crate_name))
        .map(|owner| {
            format!(
                "{crate_name} -> {library}: only {} may name it",
                owner.crates.join(", ")
            )
        })
}

#[cfg(test)]
mod tests;

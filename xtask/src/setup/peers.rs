//! The servers that uploads are measured beside, each as its own project hands it out.
//!
//! They lie in the cache and nowhere else: Debian's package of nginx is unpacked and not installed, because
//! installing it would start a web server on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{npm, python};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{fingerprint, process};

/// Name and version of what Cargo installs.
const CRATES: [(&str, &str); 2] = [("miniserve", "0.35.0"), ("dufs", "0.47.0")];
const S3_SERVER: (&str, &str) = ("s3s-fs", "0.14.1");
const TUSD: &str = "v2.9.1";

/// Installs what is missing, and answers the folder in which all of them lie.
pub(crate) fn peers(workspace: &Workspace, toolchain: &Toolchain) -> Result<PathBuf> {
    let folder = workspace.cache.join("peers");
    fs::create_dir_all(&folder)?;
    nginx(&folder)?;
    tusd(&folder)?;
    for (name, version) in CRATES {
        from_cargo(workspace, toolchain, &folder, name, version, None)?;
    }
    let list = "tests/peers/requirements.txt";
    python::environment(workspace, "copyparty", "peers/copyparty", list)?;
    tus_server(workspace, &folder)?;
    Ok(folder)
}

/// A server of S3 for tests to import from; installed where it is missing.
pub(crate) fn s3_server(workspace: &Workspace, toolchain: &Toolchain) -> Result<PathBuf> {
    let folder = workspace.cache.join("peers");
    fs::create_dir_all(&folder)?;
    let (name, version) = S3_SERVER;
    from_cargo(workspace, toolchain, &folder, name, version, Some("binary"))?;
    Ok(folder.join("bin").join(name))
}

/// What was measured, as its projects call it: name and version.
pub(crate) fn peer_versions(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let mut versions = vec![("tusd".to_owned(), TUSD.trim_start_matches('v').to_owned())];
    versions.extend(CRATES.map(|(name, version)| (name.to_owned(), version.to_owned())));
    let list = fs::read_to_string(workspace.root.join("tests/peers/requirements.txt"))?;
    let pinned = list
        .lines()
        .find_map(|line| line.strip_prefix("copyparty=="));
    versions.extend(pinned.map(|version| ("copyparty".to_owned(), version.to_owned())));
    for (list, name) in [
        ("tests/peers/package.json", "@tus/server"),
        ("tests/e2e/package.json", "uppy"),
    ] {
        let text = fs::read(workspace.root.join(list))?;
        let package: serde_json::Value = serde_json::from_slice(&text)?;
        let version = ["dependencies", "devDependencies"]
            .iter()
            .find_map(|kind| package[kind][name].as_str());
        versions.extend(version.map(|version| (name.to_owned(), version.to_owned())));
    }
    let nginx = Command::new(nginx_program(&workspace.cache.join("peers")))
        .arg("-v")
        .output()?;
    let text = String::from_utf8_lossy(&nginx.stderr).into_owned();
    let version = text.trim().rsplit('/').next().unwrap_or_default();
    versions.push(("nginx".to_owned(), version.to_owned()));
    Ok(versions)
}

fn nginx_program(folder: &Path) -> PathBuf {
    folder.join("nginx/usr/sbin/nginx")
}

fn nginx(folder: &Path) -> Result<()> {
    if nginx_program(folder).exists() {
        return Ok(());
    }
    process::announce("Unpacking nginx");
    let target = folder.join("nginx");
    fs::create_dir_all(&target)?;
    process::run(
        Command::new("apt-get")
            .args(["download", "-qq", "nginx"])
            .current_dir(&target),
    )?;
    for entry in fs::read_dir(&target)? {
        let package = entry?.path();
        if package.extension().is_some_and(|ending| ending == "deb") {
            process::run(Command::new("dpkg").arg("-x").arg(&package).arg(&target))?;
            fs::remove_file(&package)?;
        }
    }
    Ok(())
}

/// Whether `bin/<name>` is of this version; if not, what `install` puts there is noted to be.
fn install_once(
    folder: &Path,
    name: &str,
    version: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let stamp = folder.join(format!("{name}.version"));
    if folder.join("bin").join(name).exists() && fingerprint::is_fresh(&stamp, version) {
        return Ok(());
    }
    process::announce(&format!("Building {name} {version} (once, a few minutes)"));
    let scratch = folder.join(format!("{name}.build"));
    fs::create_dir_all(&scratch)?;
    let installed = install(&scratch);
    fs::remove_dir_all(&scratch)?;
    installed?;
    fs::write(stamp, version)?;
    Ok(())
}

fn tusd(folder: &Path) -> Result<()> {
    install_once(folder, "tusd", TUSD, |scratch| {
        fs::write(
            scratch.join("go.mod"),
            format!("module peers\n\nrequire github.com/tus/tusd/v2 {TUSD}\n"),
        )?;
        let mut go = Command::new("go");
        go.args(["build", "-mod=mod", "-o"])
            .arg(folder.join("bin/tusd"))
            .arg("github.com/tus/tusd/v2/cmd/tusd")
            .current_dir(scratch)
            .env("GOCACHE", scratch.join("objects"))
            .env("GOMODCACHE", scratch.join("modules"))
            // Folders that cannot be deleted otherwise.
            .env("GOFLAGS", "-modcacherw");
        process::run(&mut go).context("tusd is built with Go: install it first")
    })
}

fn from_cargo(
    workspace: &Workspace,
    toolchain: &Toolchain,
    folder: &Path,
    name: &str,
    version: &str,
    features: Option<&str>,
) -> Result<()> {
    install_once(folder, name, version, |scratch| {
        let mut cargo = toolchain.cargo(workspace);
        cargo
            .args([
                "install",
                "--locked",
                "--quiet",
                "--force",
                "--version",
                version,
            ])
            .arg("--root")
            .arg(folder)
            .arg("--target-dir")
            .arg(scratch)
            .arg(name)
            .current_dir(folder);
        if let Some(features) = features {
            cargo.args(["--features", features]);
        }
        process::run(&mut cargo)
    })
}

fn tus_server(workspace: &Workspace, folder: &Path) -> Result<()> {
    let target = folder.join("npm");
    fs::create_dir_all(&target)?;
    for name in ["package.json", "package-lock.json", "tus-server.mjs"] {
        fs::copy(
            workspace.root.join("tests/peers").join(name),
            target.join(name),
        )?;
    }
    npm::install("the tus project's server for Node.js", &target)
}

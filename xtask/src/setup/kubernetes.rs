//! The programs of the Kubernetes that Stowage is tested on, built from their Go modules.
//!
//! `tests/cluster/go.mod` names programs and versions. They are built once for each of its states, which
//! takes long, and what the Go compiler leaves behind is deleted afterwards: it is ten times their size.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::fingerprint::Fingerprint;
use crate::workspace::Workspace;
use crate::{interrupt, process};

/// Part of the key: raise it when a change below makes other programs of the same modules.
const WAY_OF_BUILDING: &str = "1";

/// Where the version is written into the programs, which compare it with each other's.
const VERSION_PACKAGE: &str = "k8s.io/component-base/version";

/// Go names a program after the last part of its package, and etcd's is not `etcd`.
const ETCD: (&str, &str) = ("server", "etcd");

/// Where `kube-apiserver`, `etcd`, `kubectl` and their like lie.
#[derive(Debug, Clone)]
pub(crate) struct KubernetesPrograms {
    folder: PathBuf,
    version: String,
}

impl KubernetesPrograms {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Such as `v1.35.4`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

/// Finds them in the cache, or builds them.
pub(crate) fn kubernetes_programs(workspace: &Workspace) -> Result<KubernetesPrograms> {
    let module = workspace.root.join("tests/cluster");
    let mut fingerprint = Fingerprint::default();
    fingerprint
        .add(WAY_OF_BUILDING)
        .add_file(&module.join("go.mod"))?
        .add_file(&module.join("go.sum"))?;
    let key = fingerprint.short();
    let version = version_in(&fs::read_to_string(module.join("go.mod"))?)
        .context("tests/cluster/go.mod names no version of k8s.io/kubernetes")?
        .to_owned();
    let cached = workspace.cache.join(format!("kubernetes-{key}"));
    let folder = cached.join("bin");
    if !folder.exists() {
        let building = workspace.cache.join(format!("kubernetes-{key}.building"));
        build(&module, &version, &building)?;
        fs::create_dir_all(&cached)?;
        fs::rename(building.join("bin"), &folder)?;
        // What the compiler left; without it the next build only takes longer.
        fs::remove_dir_all(&building)?;
    }
    Ok(KubernetesPrograms { folder, version })
}

/// A build that was stopped goes on from what it left in the folder.
fn build(module: &Path, version: &str, folder: &Path) -> Result<()> {
    let go = find_go()?;
    let bin = folder.join("bin");
    fs::create_dir_all(&bin)?;
    let command = || {
        let mut command = Command::new(&go);
        command
            .current_dir(module)
            .env("GOCACHE", folder.join("compiled"))
            .env("GOMODCACHE", folder.join("modules"))
            .env("GOFLAGS", "-mod=readonly -modcacherw")
            .env("CGO_ENABLED", "0")
            .env_remove("GOBIN")
            .env_remove("GOOS")
            .env_remove("GOARCH");
        command
    };
    process::announce(&format!(
        "Downloading the sources of Kubernetes {version} and etcd"
    ));
    let packages = process::output(command().args(["list", "-deps", "tool"]))?;
    let programs = process::output(command().args(["list", "tool"]))?;
    let count = packages.lines().count();
    process::announce(&format!(
        "Building Kubernetes {version} and etcd (once, {count} packages: six minutes on two idle cores)"
    ));
    let mut compile = command();
    compile
        .args(["build", "-v", "-trimpath", "-ldflags"])
        .arg(linker_settings(version))
        .arg("-o")
        .arg(&bin)
        .args(programs.lines());
    show_progress(&mut compile, count)?;
    fs::rename(bin.join(ETCD.0), bin.join(ETCD.1))?;
    Ok(())
}

/// Without tables for debuggers, which would double the size.
fn linker_settings(version: &str) -> String {
    let mut numbers = version.trim_start_matches('v').split('.');
    let major = numbers.next().unwrap_or_default();
    let minor = numbers.next().unwrap_or_default();
    format!(
        "-s -w -X {VERSION_PACKAGE}.gitVersion={version} -X {VERSION_PACKAGE}.gitMajor={major} -X {VERSION_PACKAGE}.gitMinor={minor}"
    )
}

/// `go build -v` names each package as it is done. Every tenth part is said, and what is no package's name.
fn show_progress(command: &mut Command, packages: usize) -> Result<()> {
    let mut child = process::spawn(command.stderr(Stdio::piped()))?;
    let printed = child.stderr.take().context("no standard error")?;
    let reached = interrupt::reaches(&child);
    let tenth = (packages / 10).max(1);
    let mut done = 0;
    for line in BufReader::new(printed).lines() {
        let line = line?;
        if line.contains(' ') {
            eprintln!("{line}");
            continue;
        }
        done += 1;
        if done % tenth == 0 {
            eprintln!("    {done} of {packages} packages");
        }
    }
    let status = child.wait()?;
    drop(reached);
    if interrupt::is_interrupted() {
        bail!("stopped");
    }
    ensure!(
        status.success(),
        "the programs of Kubernetes cannot be built ({status})"
    );
    Ok(())
}

/// Go's own installation lies outside of `PATH` where nobody has put it there.
fn find_go() -> Result<PathBuf> {
    let own = PathBuf::from("/usr/local/go/bin/go");
    process::find_program("go")
        .or_else(|| own.exists().then_some(own))
        .context(
            "Go is missing: the Kubernetes that the tests run on is built with it. Install Go 1.25 or newer \
             (https://go.dev/doc/install) and come back, or name a cluster to test on in STOWAGE_TEST_KUBECONFIG",
        )
}

/// The version that `k8s.io/kubernetes` is required in.
fn version_in(module: &str) -> Option<&str> {
    module.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("k8s.io/kubernetes")).then(|| words.next())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_kubernetes_itself() {
        let module = "tool (\n\tk8s.io/kubernetes/cmd/kubelet\n)\nrequire (\n\tk8s.io/api v0.35.4\n\tk8s.io/kubernetes v1.35.4\n)\n";
        assert_eq!(version_in(module), Some("v1.35.4"));
    }

    #[test]
    fn the_programs_say_their_version() {
        let settings = linker_settings("v1.35.4");
        assert!(settings.contains("gitVersion=v1.35.4"), "{settings}");
        assert!(settings.ends_with("gitMinor=35"), "{settings}");
    }
}

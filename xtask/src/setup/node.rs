//! What a node of the test cluster is made of besides the kubelet, from Debian's packages.
//!
//! The packages are unpacked into the cache, not installed: a machine that has containers of its own keeps
//! its programs, and one that has none gets no service.

use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::Result;

use super::debian;
use crate::fingerprint;
use crate::workspace::Workspace;

const PACKAGES: [&str; 4] = [
    "busybox-static",
    "containerd",
    "containernetworking-plugins",
    "runc",
];

/// Where they lie.
#[derive(Debug, Clone)]
pub(crate) struct NodePrograms(PathBuf);

impl NodePrograms {
    /// Debian puts some among those for root.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        FOLDERS
            .iter()
            .map(|folder| self.0.join(folder).join(name))
            .find(|path| path.exists())
            .unwrap_or_else(|| self.0.join(FOLDERS[0]).join(name))
    }

    /// Those that give pods their addresses.
    pub(crate) fn network_plugins(&self) -> PathBuf {
        self.0.join("usr/lib/cni")
    }

    /// These before those of the machine.
    pub(crate) fn search_path(&self) -> Result<OsString> {
        let machine = env::var_os("PATH").unwrap_or_default();
        let own = FOLDERS.iter().map(|folder| self.0.join(folder));
        Ok(env::join_paths(own.chain(env::split_paths(&machine)))?)
    }
}

const FOLDERS: [&str; 3] = ["usr/bin", "usr/sbin", "bin"];

/// Finds them in the cache, or downloads them.
pub(crate) fn node_programs(workspace: &Workspace) -> Result<NodePrograms> {
    let folder = workspace.cache.join("kubernetes-node");
    let stamp = folder.join("unpacked-from");
    let wanted = fingerprint::of(PACKAGES.join(" "));
    if !fingerprint::is_fresh(&stamp, &wanted) {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        debian::unpack("what a node of Kubernetes runs", &PACKAGES, &folder)?;
        fs::write(stamp, wanted)?;
    }
    Ok(NodePrograms(folder))
}

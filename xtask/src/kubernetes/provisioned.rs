//! Volumes that the controller manager makes when a claim asks for one.
//!
//! Its provisioner for single nodes makes a folder of this machine for each of them, always in the same
//! place, whatever the temporary folder is.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process;

/// Where it makes them.
pub(super) const FOLDER: &str = "/tmp/hostpath_pv";

/// What tests of any cluster take: the default class.
const STORAGE_CLASS: &str = "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations:
    storageclass.kubernetes.io/is-default-class: \"true\"
provisioner: kubernetes.io/host-path
reclaimPolicy: Delete
volumeBindingMode: Immediate
";

/// Makes the cluster's only storage class.
pub(super) fn make_storage_class(mut kubectl: Command) -> Result<()> {
    let mut child = process::spawn(
        kubectl
            .args(["create", "--filename", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null()),
    )?;
    child
        .stdin
        .take()
        .context("no standard input")?
        .write_all(STORAGE_CLASS.as_bytes())?;
    ensure!(child.wait()?.success(), "the storage class was not made");
    Ok(())
}

/// Lets everybody write into the folders that are made in `folder`, as on a shared file system: the
/// provisioner makes them for root alone, and pods are somebody else. Ends when `folder` is gone.
pub(super) fn open_to_pods(folder: PathBuf) {
    thread::spawn(move || {
        while let Ok(volumes) = fs::read_dir(&folder) {
            for volume in volumes.flatten() {
                let _ = fs::set_permissions(volume.path(), Permissions::from_mode(0o777));
            }
            thread::sleep(Duration::from_millis(50));
        }
    });
}

/// Deletes the folders of the volumes that there still are.
pub(super) fn delete_folders(mut kubectl: Command) {
    let paths = kubectl
        .args(["get", "persistentvolumes", "--output"])
        .arg("jsonpath={.items[*].spec.hostPath.path}")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(paths) = paths else { return };
    for path in String::from_utf8_lossy(&paths.stdout).split_whitespace() {
        if is_ours(Path::new(path)) {
            let _ = fs::remove_dir_all(path);
        }
    }
    // It stays while another cluster has volumes there.
    let _ = fs::remove_dir(FOLDER);
}

/// A volume can name any folder of the machine.
fn is_ours(path: &Path) -> bool {
    path.parent() == Some(Path::new(FOLDER)) && path.file_name().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_provisioned_is_deleted() {
        assert!(is_ours(Path::new("/tmp/hostpath_pv/5d0a")));
        assert!(!is_ours(Path::new("/tmp/hostpath_pv/..")));
        assert!(!is_ours(Path::new("/tmp/hostpath_pv/a/../../../home/me")));
        assert!(!is_ours(Path::new("/tmp/hostpath_pv")));
        assert!(!is_ours(Path::new("/home/me")));
    }
}

//! What kind of storage a folder lies on, and what follows for the bytes.
//!
//! The type comes from `/proc/self/mountinfo`, by the mount that the open folder was reached through:
//! a path would tell it wrongly where mounts lie over each other.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use domain::{AccessMode, Persistence, PersistenceClass};

/// Reached over the network: outlives the machine.
const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "lustre",
    "ceph",
    "gpfs",
    "beegfs",
    "cifs",
    "smb3",
    "glusterfs",
    "wekafs",
    "panfs",
    "orangefs",
    "pvfs2",
    "afs",
    "gfs2",
    "ocfs2",
    "fuse.ceph",
    "fuse.ceph-fuse",
    "fuse.glusterfs",
    "fuse.juicefs",
    "fuse.JuiceFS",
    "fuse.sshfs",
    "fuse.beegfs",
];
/// On a disk of the machine, as far as the machine itself can tell.
const LOCAL: &[&str] = &[
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "vfat", "exfat",
    "ntfs3",
];
/// In memory.
const MEMORY: &[&str] = &["tmpfs", "ramfs", "rootfs"];
/// A container's own layer.
const LAYER: &[&str] = &["overlay", "aufs", "fuse.fuse-overlayfs"];

/// The type of a file system, in the kernel's words (`nfs4`, `fuse.juicefs`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileSystem(String);

impl FileSystem {
    /// The one that an open folder lies on.
    pub(super) fn of(folder: &impl AsFd) -> io::Result<Self> {
        let id = mount_id(folder)?;
        let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
        Ok(Self(
            type_of_mount(&mounts, id).unwrap_or("unknown").to_owned(),
        ))
    }

    /// Whether other machines reach it too.
    pub(super) fn is_network(&self) -> bool {
        NETWORK.contains(&self.0.as_str())
    }

    /// What becomes of bytes on it.
    pub(super) fn persistence(&self) -> Persistence {
        let kind = self.0.as_str();
        let (class, reason) = if self.is_network() {
            (
                PersistenceClass::Durable,
                format!(
                    "on network storage ({kind}): kept as long as the data volume's folder is kept"
                ),
            )
        } else if MEMORY.contains(&kind) {
            (
                PersistenceClass::Ephemeral,
                format!("in this machine's memory ({kind}): gone with the next restart"),
            )
        } else if LAYER.contains(&kind) {
            (
                PersistenceClass::Ephemeral,
                format!("in a container's own layer ({kind}): gone with the container"),
            )
        } else if LOCAL.contains(&kind) {
            (
                PersistenceClass::NodeLocal,
                format!("on this machine's disk ({kind}): lost with the machine"),
            )
        } else {
            (
                PersistenceClass::NodeLocal,
                format!(
                    "on a file system that Stowage does not know ({kind}): taken as lost with the machine; an administrator can declare better"
                ),
            )
        };
        Persistence { class, reason }
    }

    /// From how many machines it can be used.
    pub(super) fn access_modes(&self) -> Vec<AccessMode> {
        if self.is_network() {
            vec![AccessMode::ReadWriteMany]
        } else {
            vec![AccessMode::ReadWriteOnce]
        }
    }
}

/// The id of the mount that an open folder was reached through.
pub(super) fn mount_id(folder: &impl AsFd) -> io::Result<u64> {
    let handle = folder.as_fd().as_raw_fd();
    let facts = std::fs::read_to_string(format!("/proc/self/fdinfo/{handle}"))?;
    facts
        .lines()
        .find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other("the kernel does not tell the mount of a folder"))
}

/// Field 1 is the id; the type is the first field after the lone hyphen (`proc_pid_mountinfo(5)`).
fn type_of_mount(mounts: &str, id: u64) -> Option<&str> {
    let line = mounts
        .lines()
        .find(|line| line.split(' ').next().and_then(|first| first.parse().ok()) == Some(id))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_read_past_the_optional_fields() {
        let mounts = "27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n\
                      36 27 0:41 / /home rw - nfs4 server:/home rw,vers=4.2\n\
                      361 27 0:42 / /j rw - fuse.juicefs JuiceFS:j rw\n";
        assert_eq!(type_of_mount(mounts, 27), Some("ext4"));
        assert_eq!(type_of_mount(mounts, 36), Some("nfs4"));
        assert_eq!(type_of_mount(mounts, 361), Some("fuse.juicefs"));
        assert_eq!(type_of_mount(mounts, 3), None);
    }

    #[test]
    fn each_kind_of_storage_has_its_class_and_its_reason() {
        let table = [
            (
                "nfs4",
                PersistenceClass::Durable,
                "on network storage (nfs4)",
            ),
            (
                "lustre",
                PersistenceClass::Durable,
                "on network storage (lustre)",
            ),
            (
                "fuse.juicefs",
                PersistenceClass::Durable,
                "on network storage (fuse.juicefs)",
            ),
            (
                "tmpfs",
                PersistenceClass::Ephemeral,
                "in this machine's memory",
            ),
            (
                "overlay",
                PersistenceClass::Ephemeral,
                "a container's own layer",
            ),
            (
                "ext4",
                PersistenceClass::NodeLocal,
                "on this machine's disk (ext4): lost with the machine",
            ),
            (
                "zfs",
                PersistenceClass::NodeLocal,
                "on this machine's disk (zfs)",
            ),
            (
                "fuse.rclone",
                PersistenceClass::NodeLocal,
                "does not know (fuse.rclone)",
            ),
        ];
        for (kind, class, reason) in table {
            let persistence = FileSystem(kind.to_owned()).persistence();
            assert_eq!(persistence.class, class, "{kind}");
            assert!(
                persistence.reason.contains(reason),
                "{}",
                persistence.reason
            );
        }
    }
}

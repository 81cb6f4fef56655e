//! Volumes that Kubernetes mounts without a driver: NFS, and folders of a node.

use domain::ShareMode;
use k8s_openapi::api::core::v1::{LocalVolumeSource, PersistentVolumeSpec};

use super::{Copy, Family, mount_options};

/// An NFS export: a second volume names the same server and path.
pub(super) struct Nfs;

/// A folder of a node's own disk: whoever uses it has to run on that node.
pub(super) struct NodeFolder;

impl Family for Nfs {
    fn how(&self) -> String {
        "Shared as a second volume for the same NFS export, bound to a claim in each receiving project. Read-only is enforced where the volume is mounted.".to_owned()
    }

    fn adapt(&self, spec: &mut PersistentVolumeSpec, copy: &Copy<'_>) -> Result<(), String> {
        spec.mount_options = mount_options(spec.mount_options.take(), copy.mode);
        let nfs = spec.nfs.as_mut().ok_or("The volume is not of NFS.")?;
        if nfs.read_only == Some(true) && copy.mode == ShareMode::ReadWrite {
            return Err("The volume itself is read-only: share it for reading.".to_owned());
        }
        nfs.read_only = (copy.mode == ShareMode::ReadOnly).then_some(true);
        Ok(())
    }
}

impl Family for NodeFolder {
    fn how(&self) -> String {
        "Shared as a second volume for the same folder of one node: only pods on that node can use it, and it is lost with the node.".to_owned()
    }

    fn adapt(&self, spec: &mut PersistentVolumeSpec, copy: &Copy<'_>) -> Result<(), String> {
        let has_node = spec
            .node_affinity
            .as_ref()
            .is_some_and(|affinity| affinity.required.is_some());
        if let Some(folder) = spec.host_path.take() {
            if !has_node {
                return Err("This is a folder that every node has of its own (hostPath without a node), not one storage: it cannot be shared.".to_owned());
            }
            // A hostPath knows no read-only; a local volume of the same folder does.
            spec.local = Some(LocalVolumeSource {
                path: folder.path,
                fs_type: None,
            });
        }
        spec.mount_options = mount_options(spec.mount_options.take(), copy.mode);
        Ok(())
    }

    fn access_mode(&self, mode: ShareMode) -> &'static str {
        match mode {
            ShareMode::ReadOnly => "ReadOnlyMany",
            ShareMode::ReadWrite => "ReadWriteOnce",
        }
    }
}

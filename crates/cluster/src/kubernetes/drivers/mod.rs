//! How the storage of a volume is given to another namespace: one small type per family of drivers.
//!
//! A claim and a volume are bound one to one, so another namespace gets another volume object for the same
//! storage. Whether that is safe depends on the driver and on nothing else: a driver that is not known is
//! refused, never tried.

mod csi;
mod in_tree;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::{DataVolumeId, ShareMode, Sharing};
use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeSpec};
use kube::api::ObjectMeta;

use self::csi::{CephFs, SameHandle, UniqueHandle};
use self::in_tree::{Nfs, NodeFolder};
use super::names::{ORIGIN_CLAIM, copy_name, labels};
use super::settings::{DriverSharing, SecretName, Settings};

/// Drivers whose handle says where the storage is.
const SAME_HANDLE: [&str; 8] = [
    "beegfs.csi.netapp.com",
    "csi.weka.io",
    "efs.csi.aws.com",
    "filestore.csi.storage.gke.io",
    "fsx.csi.aws.com",
    "lustre.csi.storage.gke.io",
    "parallelstore.csi.storage.gke.io",
    "spectrumscale.csi.ibm.com",
];
/// Drivers whose attributes say where the storage is, with the ones that have to be there.
const UNIQUE_HANDLE: [(&str, &[&str]); 3] = [
    ("csi.juicefs.com", &[]),
    ("nfs.csi.k8s.io", &["server", "share"]),
    ("smb.csi.k8s.io", &["source"]),
];
const CEPHFS: &str = "cephfs.csi.ceph.com";
/// Drivers of block devices: one node at a time.
const BLOCK: [&str; 14] = [
    "bsu.csi.outscale.com",
    "cinder.csi.openstack.org",
    "csi.hetzner.cloud",
    "csi.vsphere.vmware.com",
    "disk.csi.azure.com",
    "diskplugin.csi.alibabacloud.com",
    "dobs.csi.digitalocean.com",
    "driver.longhorn.io",
    "ebs.csi.aws.com",
    "linstor.csi.linbit.com",
    "local.csi.openebs.io",
    "pd.csi.storage.gke.io",
    "rbd.csi.ceph.com",
    "topolvm.io",
];
const READ_WRITE_ONCE_POD: &str = "ReadWriteOncePod";

/// The storage of one family of drivers, as a second volume reaches it.
pub(super) trait Family: Send + Sync {
    /// What the receiving projects get, in one sentence.
    fn how(&self) -> String;

    /// Makes a copied specification reach the same storage, or says why it cannot.
    fn adapt(&self, spec: &mut PersistentVolumeSpec, copy: &Copy<'_>) -> Result<(), String>;

    /// How the copy may be opened.
    fn access_mode(&self, mode: ShareMode) -> &'static str {
        match mode {
            ShareMode::ReadOnly => "ReadOnlyMany",
            ShareMode::ReadWrite => "ReadWriteMany",
        }
    }
}

/// What a copy of a volume is for.
pub(super) struct Copy<'a> {
    /// The UID of the claim that holds the bytes.
    pub(super) origin_claim_uid: &'a str,
    /// The data volume.
    pub(super) data_volume_id: DataVolumeId,
    /// The receiving namespace.
    pub(super) namespace: &'a str,
    /// The receiving claim's name.
    pub(super) claim: &'a str,
    /// How.
    pub(super) mode: ShareMode,
}

impl Copy<'_> {
    /// The copied volume's name.
    pub(super) fn name(&self) -> String {
        copy_name(self.origin_claim_uid, self.namespace, self.mode)
    }
}

/// What an administrator declared about drivers.
#[derive(Debug, Clone, Default)]
pub(super) struct Drivers {
    declared: BTreeMap<String, DriverSharing>,
    cephfs_secret: Option<SecretName>,
}

impl Drivers {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            declared: settings.drivers.clone(),
            cephfs_secret: settings.cephfs_secret.clone(),
        }
    }

    /// Whether volumes of a provisioner can be shared, before there is one.
    pub(super) fn sharing_of_provisioner(&self, provisioner: &str) -> Sharing {
        answer(self.of_driver(provisioner))
    }

    /// Whether a volume can be shared.
    pub(super) fn sharing_of(&self, volume: &PersistentVolume) -> Sharing {
        answer(self.of_volume(volume))
    }

    /// Whether new claims of a provisioner can be opened from many nodes.
    pub(super) fn is_of_many_nodes(&self, provisioner: &str) -> bool {
        self.of_driver(provisioner).is_ok()
    }

    /// The volume that gives another namespace the storage of this one.
    ///
    /// # Errors
    /// Why it cannot be shared, and what to do instead.
    pub(super) fn copy(
        &self,
        origin: &PersistentVolume,
        copy: &Copy<'_>,
    ) -> Result<PersistentVolume, String> {
        let family = self.of_volume(origin)?;
        let mut spec = origin.spec.clone().unwrap_or_default();
        family.adapt(&mut spec, copy)?;
        spec.access_modes = Some(vec![family.access_mode(copy.mode).to_owned()]);
        // Reserved from the first moment: a volume without this is free for any namespace that names it.
        spec.claim_ref = Some(ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("PersistentVolumeClaim".to_owned()),
            namespace: Some(copy.namespace.to_owned()),
            name: Some(copy.claim.to_owned()),
            ..ObjectReference::default()
        });
        spec.persistent_volume_reclaim_policy = Some("Retain".to_owned());
        // No class: neither a provisioner nor the default class has a say in it.
        spec.storage_class_name = None;
        spec.volume_attributes_class_name = None;
        Ok(PersistentVolume {
            metadata: ObjectMeta {
                name: Some(copy.name()),
                labels: Some(
                    labels(copy.data_volume_id)
                        .chain([(ORIGIN_CLAIM.to_owned(), copy.origin_claim_uid.to_owned())])
                        .collect(),
                ),
                ..ObjectMeta::default()
            },
            spec: Some(spec),
            status: None,
        })
    }

    fn of_volume(&self, volume: &PersistentVolume) -> Result<Box<dyn Family>, String> {
        let spec = volume
            .spec
            .as_ref()
            .ok_or("The volume says nothing about itself.")?;
        if spec.volume_mode.as_deref() == Some("Block") {
            return Err("This is a block device without a file system: it cannot be shared. Choose storage of the mode Filesystem.".to_owned());
        }
        let modes = spec.access_modes.as_deref().unwrap_or_default();
        if modes.len() == 1 && modes[0] == READ_WRITE_ONCE_POD {
            return Err("Its access mode is ReadWriteOncePod: one single pod may use it. Choose storage that can be opened from many nodes.".to_owned());
        }
        if let Some(csi) = &spec.csi {
            return self.of_driver(&csi.driver);
        }
        if spec.nfs.is_some() {
            return Ok(Box::new(Nfs));
        }
        if spec.host_path.is_some() || spec.local.is_some() {
            return Ok(Box::new(NodeFolder));
        }
        Err("Stowage does not know how volumes of this kind are reached from another namespace. Choose storage of a CSI driver or NFS.".to_owned())
    }

    fn of_driver(&self, driver: &str) -> Result<Box<dyn Family>, String> {
        if let Some(declared) = self.declared.get(driver) {
            let driver = driver.to_owned();
            return Ok(match declared {
                DriverSharing::SameHandle => Box::new(SameHandle { driver }),
                DriverSharing::UniqueHandle => Box::new(UniqueHandle { driver, needs: &[] }),
            });
        }
        if SAME_HANDLE.contains(&driver) {
            return Ok(Box::new(SameHandle {
                driver: driver.to_owned(),
            }));
        }
        if let Some((_, needs)) = UNIQUE_HANDLE.iter().find(|(name, _)| *name == driver) {
            return Ok(Box::new(UniqueHandle {
                driver: driver.to_owned(),
                needs,
            }));
        }
        // Rook puts its own namespace in front.
        if driver == CEPHFS || driver.ends_with(&format!(".{CEPHFS}")) {
            return Ok(Box::new(CephFs {
                secret: self.cephfs_secret.clone(),
            }));
        }
        if is_node_folder(driver) {
            return Ok(Box::new(NodeFolder));
        }
        if is_block(driver) {
            return Err(format!(
                "{driver} makes block devices, which one node uses at a time: they cannot be shared. Choose a storage class on a shared file system, such as NFS or CephFS."
            ));
        }
        Err(format!(
            "Stowage does not know how volumes of the driver {driver} are reached from another namespace, and does not try. An administrator can declare it in the configuration."
        ))
    }
}

/// Whether a provisioner makes folders on a node's own disk.
pub(super) fn is_node_folder(provisioner: &str) -> bool {
    matches!(
        provisioner,
        "rancher.io/local-path"
            | "openebs.io/local"
            | "k8s.io/minikube-hostpath"
            | "kubernetes.io/host-path"
            | "microk8s.io/hostpath"
            | "docker.io/hostpath"
            | "kubernetes.io/no-provisioner"
    )
}

/// Whether a driver makes block devices.
pub(super) fn is_block(driver: &str) -> bool {
    BLOCK.contains(&driver) || driver.ends_with(".rbd.csi.ceph.com")
}

/// Whether a driver's storage is known to be on the network.
pub(super) fn is_network(driver: &str) -> bool {
    SAME_HANDLE.contains(&driver)
        || UNIQUE_HANDLE.iter().any(|(name, _)| *name == driver)
        || driver == CEPHFS
        || driver.ends_with(&format!(".{CEPHFS}"))
        || (is_block(driver) && !matches!(driver, "topolvm.io" | "local.csi.openebs.io"))
}

/// Mount options with which a volume is read-only, or not.
fn mount_options(known: Option<Vec<String>>, mode: ShareMode) -> Option<Vec<String>> {
    let mut options: Vec<String> = known
        .unwrap_or_default()
        .into_iter()
        .filter(|option| !matches!(option.as_str(), "ro" | "rw"))
        .collect();
    if mode == ShareMode::ReadOnly {
        options.push("ro".to_owned());
    }
    (!options.is_empty()).then_some(options)
}

fn answer(family: Result<Box<dyn Family>, String>) -> Sharing {
    match family {
        Ok(family) => Sharing::Possible { how: family.how() },
        Err(reason) => Sharing::Refused { reason },
    }
}

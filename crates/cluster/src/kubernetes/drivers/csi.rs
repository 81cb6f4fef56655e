//! CSI drivers of shared file systems.

use domain::ShareMode;
use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, PersistentVolumeSpec, SecretReference,
};

use super::super::names::handle_suffix;
use super::super::settings::SecretName;
use super::{Copy, Family, mount_options};

/// Drivers whose handle says where the storage is: a second volume carries the same one.
pub(super) struct SameHandle {
    pub(super) driver: String,
}

/// Drivers whose attributes say where the storage is, and that take two volumes with one handle for one.
pub(super) struct UniqueHandle {
    pub(super) driver: String,
    /// Attributes without which the place is not known.
    pub(super) needs: &'static [&'static str],
}

/// Ceph's file system: a second volume names the sub-volume's path as a static one.
pub(super) struct CephFs {
    pub(super) secret: Option<SecretName>,
}

impl Family for SameHandle {
    fn how(&self) -> String {
        how(&self.driver)
    }

    fn adapt(&self, spec: &mut PersistentVolumeSpec, copy: &Copy<'_>) -> Result<(), String> {
        limit(spec, copy.mode)?;
        Ok(())
    }
}

impl Family for UniqueHandle {
    fn how(&self) -> String {
        how(&self.driver)
    }

    fn adapt(&self, spec: &mut PersistentVolumeSpec, copy: &Copy<'_>) -> Result<(), String> {
        let name = copy.name();
        let csi = limit(spec, copy.mode)?;
        let attributes = csi.volume_attributes.clone().unwrap_or_default();
        if let Some(missing) = self
            .needs
            .iter()
            .find(|need| !attributes.contains_key(**need))
        {
            return Err(format!(
                "The volume does not say where its storage is (the attribute “{missing}” is missing)."
            ));
        }
        csi.volume_handle = format!("{}-{}", csi.volume_handle, handle_suffix(&name));
        Ok(())
    }
}

impl Family for CephFs {
    fn how(&self) -> String {
        how("CephFS")
    }

    fn adapt(&self, spec: &mut PersistentVolumeSpec, copy: &Copy<'_>) -> Result<(), String> {
        let name = copy.name();
        let csi = limit(spec, copy.mode)?;
        let mut attributes = csi.volume_attributes.clone().unwrap_or_default();
        let says = |key: &str| attributes.get(key).map(String::as_str) == Some("true");
        if says("backingSnapshot") || says("encrypted") {
            return Err("This CephFS volume is a view of a snapshot, or encrypted: it cannot be mounted a second time.".to_owned());
        }
        let path = match (
            says("staticVolume"),
            attributes.get("rootPath"),
            attributes.get("subvolumePath"),
        ) {
            (true, Some(path), _) | (_, _, Some(path)) => path.clone(),
            _ => {
                return Err("The volume does not say which CephFS path it is (the attribute “subvolumePath” is missing).".to_owned());
            }
        };
        attributes.retain(|key, _| {
            !matches!(key.as_str(), "subvolumeName" | "subvolumePath") && !key.contains('/')
        });
        attributes.insert("staticVolume".to_owned(), "true".to_owned());
        attributes.insert("rootPath".to_owned(), path);
        csi.volume_attributes = Some(attributes);
        csi.volume_handle = format!("{}-{}", csi.volume_handle, handle_suffix(&name));
        if let Some(secret) = &self.secret {
            csi.node_stage_secret_ref = Some(SecretReference {
                name: Some(secret.name.clone()),
                namespace: Some(secret.namespace.clone()),
            });
        }
        if csi.node_stage_secret_ref.is_none() {
            return Err("Nodes need a secret to mount this CephFS volume, and none is known: an administrator names it as “cephfs_secret” in the configuration.".to_owned());
        }
        Ok(())
    }
}

fn how(driver: &str) -> String {
    format!(
        "Shared as a second volume for the same storage ({driver}), bound to a claim in each receiving project. Read-only is enforced where the volume is mounted."
    )
}

/// Sets what the driver and the node's mount enforce.
fn limit(
    spec: &mut PersistentVolumeSpec,
    mode: ShareMode,
) -> Result<&mut CSIPersistentVolumeSource, String> {
    spec.mount_options = mount_options(spec.mount_options.take(), mode);
    let csi = spec
        .csi
        .as_mut()
        .ok_or("The volume is not of a CSI driver.")?;
    if csi.read_only == Some(true) && mode == ShareMode::ReadWrite {
        return Err("The volume itself is read-only: share it for reading.".to_owned());
    }
    csi.read_only = (mode == ShareMode::ReadOnly).then_some(true);
    Ok(csi)
}

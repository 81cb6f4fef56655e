//! A kept volume of one cluster, taken into use on another one that mounts the same storage.
//!
//! That both mount the same storage is said by an administrator and never guessed. The volume stays where it is, as a
//! note: first it is said on it who is to have it, so that no two projects get the same bytes as their own; then
//! the other cluster gets a volume for the storage, reserved for its claim from the first moment.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeSpec};
use kube::api::{ListParams, ObjectMeta};
use serde_json::{Value, json};

use super::KubernetesCluster;
use super::api_server::{Made, change, create, delete, get, list, try_to_create, uid_of};
use super::claims::{asks_for, claim_on};
use super::copies::is_same_storage;
use super::names::{HANDED_TO, MANAGED_BY, ORIGIN_OF, adopted_name, claim_name, namespace};
use super::persistence::node_of;
use super::retained::shown;
use super::taking::taken;
use crate::{Error, Result, StorageDescription, TakeBackOrder};

impl KubernetesCluster {
    /// Says on a kept volume who is to have it, and tells what its storage is.
    pub(super) async fn hand_over(
        &self,
        volume: &str,
        uid: &str,
        to: &str,
    ) -> Result<StorageDescription> {
        let doing = format!("to hand the volume {volume} over");
        let gone = || Error::NotFound(format!("There is no volume {volume} any more."));
        let found = get(&self.volumes(), volume, &doing).await?;
        let found = found
            .filter(|found| uid_of(found) == uid)
            .ok_or_else(gone)?;
        self.refuse_stationary(&found)?;
        let noted = change(&self.volumes(), volume, uid, &doing, |volume| {
            (shown(volume).is_some() && handed_to(volume).is_none())
                .then(|| json!({"metadata": {"annotations": {HANDED_TO: to}}}))
        })
        .await?
        .ok_or_else(gone)?;
        if shown(&noted).is_none() || handed_to(&noted) != Some(to) {
            return Err(Error::Refused(format!(
                "The volume {volume} is not free: somebody uses it, or it was handed to somebody else."
            )));
        }
        let spec = noted.spec.unwrap_or_default();
        serde_json::to_string(&spec)
            .map(StorageDescription)
            .map_err(|source| Error::Unavailable {
                doing,
                source: source.into(),
            })
    }

    /// Ends that: the volume is no data volume's here any more, or is free again.
    pub(super) async fn note_handed_over(
        &self,
        volume: &str,
        uid: &str,
        to: &str,
        is_taken: bool,
    ) -> Result<()> {
        let doing = format!("to note who has the volume {volume}");
        change(&self.volumes(), volume, uid, &doing, |volume| {
            (handed_to(volume) == Some(to)).then(|| {
                if is_taken {
                    json!({"metadata": {"labels": {ORIGIN_OF: Value::Null}}})
                } else {
                    json!({"metadata": {"annotations": {HANDED_TO: Value::Null}}})
                }
            })
        })
        .await?;
        Ok(())
    }

    /// Gives a project a claim on storage of another cluster, or finds it there.
    pub(super) async fn adopt(
        &self,
        storage: &StorageDescription,
        order: &TakeBackOrder,
    ) -> Result<()> {
        let (namespace, name) = (namespace(&order.project)?, claim_name(&order.claim)?);
        let doing = format!("to take the storage of {} into use", order.volume);
        let spec: PersistentVolumeSpec =
            serde_json::from_str(&storage.0).map_err(|source| Error::Unavailable {
                doing: doing.clone(),
                source: source.into(),
            })?;
        let wanted = adopted(spec, &order.volume_uid, namespace, name);
        let volume_name = wanted.metadata.name.clone().unwrap_or_default();
        let found = get(&self.volumes(), &volume_name, &doing).await?;
        if found
            .as_ref()
            .is_some_and(|found| !is_same_storage(found, &wanted))
        {
            return Err(Error::Refused(format!(
                "There is a volume {volume_name} on the other cluster already: an administrator of that cluster has to look at it."
            )));
        }
        self.make_namespace(&order.project).await?;
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        };
        let claim = claim_on(&wanted, metadata, String::new());
        match (self.claim(namespace, name).await?, &found) {
            (Some(claim), Some(found)) if asks_for(&claim, found) => {}
            (Some(_), _) => return Err(taken(namespace, name)),
            (None, None) => {
                self.refuse_used_storage(&wanted).await?;
                drop(try_to_create(&self.claims(namespace), &claim, &doing).await?);
            }
            (None, Some(_)) => {}
        }
        let volume = match found {
            Some(found) => found,
            None => match create(&self.volumes(), &wanted, &doing).await? {
                Made::New(made) => *made,
                Made::There => {
                    return Err(Error::Unavailable {
                        doing,
                        source: "somebody else makes the volume at this moment".into(),
                    });
                }
            },
        };
        self.is_available(&volume).await?;
        let made = create(&self.claims(namespace), &claim, &doing).await;
        if let Err(refusal @ Error::Refused(_)) = made {
            // Kept storage: only the object goes.
            delete(&self.volumes(), &volume_name, uid_of(&volume), &doing).await?;
            return Err(refusal);
        }
        drop(made?);
        self.wait_until_bound(&volume, namespace, name, &doing)
            .await
    }

    /// Refuses storage that another cluster cannot mount.
    fn refuse_stationary(&self, volume: &PersistentVolume) -> Result<()> {
        let name = volume.metadata.name.as_deref().unwrap_or_default();
        let spec = volume.spec.as_ref();
        let is_of_node = node_of(volume).is_some()
            || spec.is_some_and(|spec| spec.host_path.is_some() || spec.local.is_some());
        if is_of_node {
            return Err(Error::Refused(format!(
                "The volume {name} lies on the disk of a node, which no other cluster mounts: copy its files instead."
            )));
        }
        match self.drivers.sharing_of(volume) {
            domain::Sharing::Possible { .. } => Ok(()),
            domain::Sharing::Refused { reason } => Err(Error::Refused(format!(
                "The volume {name} cannot be taken into use on another cluster: {reason}"
            ))),
        }
    }

    /// Refuses storage that a claim of this cluster has under another volume's name.
    async fn refuse_used_storage(&self, wanted: &PersistentVolume) -> Result<()> {
        let doing = "looking for volumes of the same storage";
        let volumes = list(&self.volumes(), &ListParams::default(), doing).await?;
        let user = volumes.iter().find(|volume| {
            let status = volume.status.as_ref();
            status.and_then(|status| status.phase.as_deref()) == Some("Bound")
                && place(volume) == place(wanted)
        });
        match user {
            None => Ok(()),
            Some(user) => Err(Error::Refused(format!(
                "The other cluster uses this storage already, as the volume {}.",
                user.metadata.name.as_deref().unwrap_or_default()
            ))),
        }
    }
}

/// What says where storage is, as far as two volumes can be compared.
fn place(volume: &PersistentVolume) -> Option<(String, String)> {
    let spec = volume.spec.as_ref()?;
    if let Some(csi) = &spec.csi {
        return Some((csi.driver.clone(), csi.volume_handle.clone()));
    }
    let nfs = spec.nfs.as_ref()?;
    Some((nfs.server.clone(), nfs.path.clone()))
}

fn handed_to(volume: &PersistentVolume) -> Option<&str> {
    let annotations = volume.metadata.annotations.as_ref()?;
    annotations.get(HANDED_TO).map(String::as_str)
}

/// The volume that reaches the storage of a specification, reserved for a claim.
fn adopted(
    spec: PersistentVolumeSpec,
    source_uid: &str,
    namespace: &str,
    claim: &str,
) -> PersistentVolume {
    let managed = (MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned());
    PersistentVolume {
        metadata: ObjectMeta {
            name: Some(adopted_name(source_uid)),
            labels: Some(BTreeMap::from([managed])),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeSpec {
            claim_ref: Some(ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("PersistentVolumeClaim".to_owned()),
                namespace: Some(namespace.to_owned()),
                name: Some(claim.to_owned()),
                ..ObjectReference::default()
            }),
            persistent_volume_reclaim_policy: Some("Retain".to_owned()),
            // The classes and nodes of the cluster that it comes from mean nothing here.
            storage_class_name: None,
            volume_attributes_class_name: None,
            node_affinity: None,
            ..spec
        }),
        status: None,
    }
}

//! Static volumes: an administrator of the cluster made them by hand, and a claim names the one that it is to have.
//!
//! Whoever names a free volume first gets it, in whatever namespace. So before there is a claim the volume is
//! reserved for it, in one write from the version that was found free; what another wrote in between wins.

use domain::{AccessMode, Bytes};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::api::{ListParams, ObjectMeta};
use serde_json::{Value, json};

use super::KubernetesCluster;
use super::api_server::{Made, change, create, delete, get, list, try_to_create, uid_of};
use super::claims::{access_modes, asks_for, claim_on, name_of};
use super::names::{ORIGIN_CLAIM, POLICY_BEFORE_CLAIM, is_copy_name, namespace};
use super::offers::bytes;
use super::persistence::node_of;
use super::retained::label;
use super::taking::taken;
use crate::{ClaimOrder, ClaimPlan, Error, Result, StaticVolume};

impl KubernetesCluster {
    /// The volumes that nobody has or is to have, by name.
    pub(super) async fn free_volumes(&self) -> Result<Vec<StaticVolume>> {
        let doing = "listing the volumes that were made by hand";
        let volumes = list(&self.volumes(), &ListParams::default(), doing).await?;
        let mut free: Vec<StaticVolume> = volumes
            .iter()
            .filter(|volume| claim_named_by(volume).is_none() && why_not_free(volume).is_none())
            .map(|volume| self.static_volume(volume))
            .collect();
        free.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(free)
    }

    /// What a claim on an offered volume would come to.
    pub(super) async fn plan_offered(
        &self,
        order: &ClaimOrder,
        name: &str,
        volume_name: &str,
        volume_uid: &str,
    ) -> Result<ClaimPlan> {
        let namespace = namespace(&order.project)?;
        let volume = self.offered(volume_name, volume_uid).await?;
        refuse_used(&volume, namespace, name)?;
        let shown = format!("{namespace}/{name}");
        let told = self.static_volume(&volume);
        let mut warnings = Vec::new();
        if self.has_namespace(namespace).await? {
            let claim = self.claim_on_offered(order, name, &volume);
            let doing = format!("to make the claim {shown}");
            try_to_create(&self.claims(namespace), &claim, &doing).await?;
            warnings = self.quota_left(namespace, &told.storage_class).await?;
        }
        if let Some(node) = node_of(&volume) {
            warnings.push(format!(
                "The files lie on the node {node}: every pod that uses them has to run there, and they are lost with it."
            ));
        }
        Ok(ClaimPlan {
            makes: format!(
                "Reserves the volume {volume_name} ({}) and makes the claim {shown} on it, with what lies in it.",
                told.capacity
            ),
            persistence: told.persistence,
            sharing: told.sharing,
            deletion: format!(
                "Deleting the data volume in Stowage deletes the claim {shown}. The volume {volume_name} and its files are kept: administrators find it among the retained volumes."
            ),
            warnings,
        })
    }

    /// Makes the claim on an offered volume. Where the claim is refused, the volume is free again.
    pub(super) async fn claim_offered(
        &self,
        order: &ClaimOrder,
        name: &str,
        volume_name: &str,
        volume_uid: &str,
    ) -> Result<PersistentVolumeClaim> {
        let namespace = namespace(&order.project)?;
        let volume = self.offered(volume_name, volume_uid).await?;
        refuse_used(&volume, namespace, name)?;
        self.make_namespace(&order.project).await?;
        let made = Box::pin(self.make_on(order, name, &volume)).await;
        if matches!(made, Err(Error::Refused(_))) {
            self.let_go(&volume, namespace, name).await?;
        }
        made
    }

    /// Undoes what was begun for a claim whose UID nobody wrote down.
    pub(super) async fn abandon(&self, order: &ClaimOrder) -> Result<()> {
        let (Ok(namespace), Ok(name)) = (namespace(&order.project), name_of(order)) else {
            // Under such a name nothing was ever made.
            return Ok(());
        };
        let found = self.claim(namespace, name).await?;
        if let Some(claim) = found.filter(|claim| self.is_made_for(claim, order)) {
            let doing = format!("to delete the claim {namespace}/{name}");
            delete(&self.claims(namespace), name, uid_of(&claim), &doing).await?;
        }
        if let domain::OriginSource::OfferedVolume { volume, volume_uid } = &order.source
            && let Ok(volume) = self.offered(volume, volume_uid).await
        {
            self.let_go(&volume, namespace, name).await?;
        }
        Ok(())
    }

    async fn make_on(
        &self,
        order: &ClaimOrder,
        name: &str,
        volume: &PersistentVolume,
    ) -> Result<PersistentVolumeClaim> {
        let namespace = namespace(&order.project)?;
        let doing = format!("to make the claim {namespace}/{name}");
        let claims = self.claims(namespace);
        let wanted = self.claim_on_offered(order, name, volume);
        // Quotas and policies have their say before the volume is touched.
        drop(try_to_create(&claims, &wanted, &doing).await?);
        self.reserve_offered(volume, namespace, name).await?;
        // A claim that comes before the controller knows of that waits for its next look.
        self.is_available(volume).await?;
        match create(&claims, &wanted, &doing).await? {
            Made::New(claim) => Ok(*claim),
            Made::There => self
                .claim(namespace, name)
                .await?
                .filter(|claim| self.is_made_for(claim, order) && asks_for(claim, volume))
                .ok_or_else(|| taken(namespace, name)),
        }
    }

    /// Reserves a volume for a claim. It is kept whatever becomes of the claim: somebody made it by hand.
    async fn reserve_offered(
        &self,
        volume: &PersistentVolume,
        namespace: &str,
        name: &str,
    ) -> Result<()> {
        let volume_name = volume.metadata.name.clone().unwrap_or_default();
        let doing = format!("to reserve the volume {volume_name}");
        let reserved = change(&self.volumes(), &volume_name, uid_of(volume), &doing, |volume| {
            let is_free = claim_named_by(volume).is_none() && why_not_free(volume).is_none();
            is_free.then(|| {
                json!({
                    "metadata": {"annotations": {POLICY_BEFORE_CLAIM: policy(volume)}},
                    "spec": {
                        "persistentVolumeReclaimPolicy": "Retain",
                        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace,
                            "name": name},
                    },
                })
            })
        })
        .await?
        .ok_or_else(|| there_is_no_such(&volume_name))?;
        refuse_used(&reserved, namespace, name)
    }

    /// Takes a reservation back, as long as no claim has it. A console that died may have made it: what was before is
    /// told by the volume.
    async fn let_go(&self, volume: &PersistentVolume, namespace: &str, name: &str) -> Result<()> {
        let volume_name = volume.metadata.name.clone().unwrap_or_default();
        let doing = format!("to let go of the volume {volume_name}");
        change(
            &self.volumes(),
            &volume_name,
            uid_of(volume),
            &doing,
            |volume| {
                let annotations = volume.metadata.annotations.as_ref();
                let before = annotations.and_then(|kept| kept.get(POLICY_BEFORE_CLAIM));
                is_waiting_for(volume, namespace, name).then(|| {
                    json!({
                        "metadata": {"annotations": {POLICY_BEFORE_CLAIM: Value::Null}},
                        "spec": {
                            "claimRef": Value::Null,
                            "persistentVolumeReclaimPolicy": before.map_or(policy(volume), String::as_str),
                        },
                    })
                })
            },
        )
        .await?;
        Ok(())
    }

    /// The volume of that name, if it is the one that was offered.
    async fn offered(&self, name: &str, uid: &str) -> Result<PersistentVolume> {
        let doing = format!("looking at the volume {name}");
        get(&self.volumes(), name, &doing)
            .await?
            .filter(|volume| uid_of(volume) == uid)
            .ok_or_else(|| there_is_no_such(name))
    }

    fn claim_on_offered(
        &self,
        order: &ClaimOrder,
        name: &str,
        volume: &PersistentVolume,
    ) -> PersistentVolumeClaim {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        };
        let spec = volume.spec.as_ref();
        let class = spec.and_then(|spec| spec.storage_class_name.clone());
        self.sealed(
            order,
            name,
            claim_on(volume, metadata, class.unwrap_or_default()),
        )
    }

    fn static_volume(&self, volume: &PersistentVolume) -> StaticVolume {
        let mut kept = volume.clone();
        let spec = kept.spec.get_or_insert_default();
        spec.persistent_volume_reclaim_policy = Some("Retain".to_owned());
        let storage_class = spec.storage_class_name.clone().unwrap_or_default();
        let capacity = spec.capacity.as_ref();
        StaticVolume {
            name: volume.metadata.name.clone().unwrap_or_default(),
            uid: uid_of(volume).to_owned(),
            capacity: capacity
                .and_then(|capacity| bytes(capacity.get("storage")?))
                .unwrap_or(Bytes(0)),
            access_modes: modes(volume),
            persistence: self.persistence_of(&storage_class, &kept),
            sharing: self.drivers.sharing_of(volume),
            storage_class,
        }
    }
}

fn modes(volume: &PersistentVolume) -> Vec<AccessMode> {
    let spec = volume.spec.as_ref();
    let modes = spec.and_then(|spec| spec.access_modes.as_deref());
    access_modes(modes.unwrap_or_default())
}

/// What becomes of a volume when its claim goes.
fn policy(volume: &PersistentVolume) -> &str {
    let spec = volume.spec.as_ref();
    let policy = spec.and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    policy.unwrap_or("Retain")
}

/// The namespace and name of the claim that a volume names as its own, bound or not.
fn claim_named_by(volume: &PersistentVolume) -> Option<(&str, &str)> {
    let claim = volume.spec.as_ref()?.claim_ref.as_ref()?;
    Some((
        claim.namespace.as_deref().unwrap_or_default(),
        claim.name.as_deref().unwrap_or_default(),
    ))
}

/// Whether a volume is reserved for this claim, and no claim has it.
fn is_waiting_for(volume: &PersistentVolume, namespace: &str, name: &str) -> bool {
    let claim = volume
        .spec
        .as_ref()
        .and_then(|spec| spec.claim_ref.as_ref());
    claim_named_by(volume) == Some((namespace, name))
        && claim.is_some_and(|claim| claim.uid.is_none())
}

/// Why no new claim can have a volume, whichever claim that would be.
fn why_not_free(volume: &PersistentVolume) -> Option<&'static str> {
    let spec = volume.spec.as_ref();
    let status = volume.status.as_ref();
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    if label(volume, ORIGIN_CLAIM).is_some() || is_copy_name(name) {
        return Some("is how a project uses another project's data volume");
    }
    if volume.metadata.deletion_timestamp.is_some() {
        return Some("is being deleted on the cluster");
    }
    if spec.and_then(|spec| spec.volume_mode.as_deref()) == Some("Block") {
        return Some("is a block device without a file system: there would be no files");
    }
    match status.and_then(|status| status.phase.as_deref()) {
        Some("Available") => None,
        Some("Bound") => Some("is in use: a claim has it already"),
        Some("Released") => Some(
            "was another claim's and is not free yet: an administrator of the cluster has to look at it",
        ),
        _ => Some("is not available on the cluster now"),
    }
}

/// Refuses a volume that this claim cannot have.
fn refuse_used(volume: &PersistentVolume, namespace: &str, name: &str) -> Result<()> {
    let is_ours = is_waiting_for(volume, namespace, name);
    let why = why_not_free(volume).or_else(|| {
        (claim_named_by(volume).is_some() && !is_ours).then_some("is reserved for another claim")
    });
    match why {
        None => Ok(()),
        Some(why) => Err(Error::Refused(format!(
            "The volume {} {why}. Choose another one, or ask who offered it.",
            volume.metadata.name.as_deref().unwrap_or_default()
        ))),
    }
}

fn there_is_no_such(name: &str) -> Error {
    Error::Refused(format!(
        "The volume {name} that was offered is gone, or another one was made under its name. Choose another one, or ask who offered it."
    ))
}

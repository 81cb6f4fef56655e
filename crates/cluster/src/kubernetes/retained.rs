//! Volumes that were data volumes' once and were kept: their claims are gone, and the bytes are not.
//!
//! A volume belongs to no namespace, so the mark on it was made by the console or by an administrator of the
//! cluster. It is taken back for one claim only, and only as long as nobody has it: what another wrote in
//! between wins.

use std::time::{Duration, Instant};

use domain::{Bytes, DataVolumeId};
use k8s_openapi::api::core::v1::PersistentVolume;
use kube::api::{ListParams, ObjectMeta};
use serde_json::{Value, json};

use super::KubernetesCluster;
use super::api_server::{Made, change, create, get, list, try_to_create, uid_of};
use super::claims::{asks_for, claim_on, claim_uid};
use super::names::{HANDED_TO, ORIGIN_CLAIM, ORIGIN_OF, claim_name, namespace};
use super::offers::bytes;
use super::taking::taken;
use crate::{ClaimKey, Error, Result, RetainedVolume, TakeBackOrder};

/// How long binding may take before the caller is told to come again: the cluster's controller looks at a claim
/// that it could not bind again after a quarter of a minute.
const BOUND_WITHIN: Duration = Duration::from_secs(20);
const LOOKED_AT_EVERY: Duration = Duration::from_millis(100);

impl KubernetesCluster {
    /// Notes on a volume whose it is, so that it is known when its claim is gone.
    pub(super) async fn mark_origin(
        &self,
        id: DataVolumeId,
        volume: &PersistentVolume,
    ) -> Result<()> {
        let name = volume.metadata.name.clone().unwrap_or_default();
        let doing = format!("to note on the volume {name} whose it is");
        let id = id.to_string();
        if label(volume, ORIGIN_OF) == Some(&id) {
            return Ok(());
        }
        change(&self.volumes(), &name, uid_of(volume), &doing, |volume| {
            (label(volume, ORIGIN_OF) != Some(&id))
                .then(|| json!({"metadata": {"labels": {ORIGIN_OF: id}}}))
        })
        .await?;
        Ok(())
    }

    /// Takes the note off the volume of a claim that is given back.
    pub(super) async fn unmark_origin(&self, key: &ClaimKey) -> Result<()> {
        let Some(claim) = self.claim_of(key).await? else {
            return Ok(());
        };
        let Some(volume) = self.volume_of(&claim).await? else {
            return Ok(());
        };
        let name = volume.metadata.name.clone().unwrap_or_default();
        let doing = format!("to take the note off the volume {name}");
        let id = key.data_volume_id.to_string();
        change(&self.volumes(), &name, uid_of(&volume), &doing, |volume| {
            (label(volume, ORIGIN_OF) == Some(&id))
                .then(|| json!({"metadata": {"labels": {ORIGIN_OF: Value::Null}}}))
        })
        .await?;
        Ok(())
    }

    /// The volumes that were kept, by name.
    pub(super) async fn retained(&self) -> Result<Vec<RetainedVolume>> {
        let which = ListParams::default().labels(ORIGIN_OF);
        let doing = "listing the volumes that were kept";
        let volumes = list(&self.volumes(), &which, doing).await?;
        let mut found: Vec<RetainedVolume> = volumes.iter().filter_map(shown).collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Gives a project a claim on a volume that was kept, or finds it there.
    pub(super) async fn bring_back(&self, order: &TakeBackOrder) -> Result<()> {
        let (namespace, name) = (namespace(&order.project)?, claim_name(&order.claim)?);
        let doing = format!("to take the volume {} back into use", order.volume);
        let volume = get(&self.volumes(), &order.volume, &doing).await?;
        let volume = volume
            .filter(|volume| uid_of(volume) == order.volume_uid)
            .ok_or_else(|| {
                Error::NotFound(format!("There is no volume {} any more.", order.volume))
            })?;
        let is_reserved = is_reserved_for(&volume, namespace, name);
        if !is_reserved && shown(&volume).is_none() {
            return Err(Error::Refused(format!(
                "The volume {} is not free: somebody uses it, or it was never a data volume's.",
                order.volume
            )));
        }
        if is_handed_over(&volume) {
            return Err(Error::Refused(format!(
                "The volume {} is for a project of another cluster, which has its files or is about to: take it there again, or ask an administrator of this cluster.",
                order.volume
            )));
        }
        self.make_namespace(&order.project).await?;
        let class = volume
            .spec
            .as_ref()
            .and_then(|spec| spec.storage_class_name.clone());
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        };
        let wanted = claim_on(&volume, metadata, class.unwrap_or_default());
        match self.claim(namespace, name).await? {
            Some(claim) if is_reserved && asks_for(&claim, &volume) => {}
            Some(_) => return Err(taken(namespace, name)),
            // Quotas and policies have their say before the volume is touched.
            None => drop(try_to_create(&self.claims(namespace), &wanted, &doing).await?),
        }
        self.reserve(&volume, namespace, name, &doing).await?;
        // A claim that comes before the controller knows that the volume is free waits for its next look.
        self.is_available(&volume).await?;
        let (Made::New(_) | Made::There) = create(&self.claims(namespace), &wanted, &doing).await?;
        self.wait_until_bound(&volume, namespace, name, &doing)
            .await
    }

    /// Reserves the volume for the claim in one write, from the version that was found free.
    async fn reserve(
        &self,
        volume: &PersistentVolume,
        namespace: &str,
        name: &str,
        doing: &str,
    ) -> Result<()> {
        let volume_name = volume.metadata.name.clone().unwrap_or_default();
        let before = claim_uid(volume).map(str::to_owned);
        let reserved = change(&self.volumes(), &volume_name, uid_of(volume), doing, |volume| {
            let is_free = shown(volume).is_some()
                && !is_handed_over(volume)
                && claim_uid(volume) == before.as_deref();
            is_free.then(|| {
                json!({"spec": {
                    "persistentVolumeReclaimPolicy": "Retain",
                    "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace,
                        "name": name, "uid": Value::Null, "resourceVersion": Value::Null},
                }})
            })
        })
        .await?;
        if reserved.is_some_and(|volume| is_reserved_for(&volume, namespace, name)) {
            return Ok(());
        }
        Err(Error::Refused(format!(
            "Somebody else took the volume {volume_name} at the same time."
        )))
    }

    pub(super) async fn wait_until_bound(
        &self,
        volume: &PersistentVolume,
        namespace: &str,
        name: &str,
        doing: &str,
    ) -> Result<()> {
        let since = Instant::now();
        let volume_name = volume.metadata.name.clone().unwrap_or_default();
        loop {
            let claim = self.claim(namespace, name).await?;
            let Some(claim) = claim.filter(|claim| asks_for(claim, volume)) else {
                return Err(taken(namespace, name));
            };
            let phase = claim
                .status
                .as_ref()
                .and_then(|status| status.phase.as_deref());
            if phase == Some("Bound") {
                return Ok(());
            }
            let bound = get(&self.volumes(), &volume_name, doing).await?;
            if let Some(volume) = bound {
                self.look_again(&claim, &volume).await?;
            }
            if since.elapsed() > BOUND_WITHIN {
                return Err(Error::Unavailable {
                    doing: doing.to_owned(),
                    source: "the claim is not bound yet; try again in a moment".into(),
                });
            }
            tokio::time::sleep(LOOKED_AT_EVERY).await;
        }
    }
}

/// What is to be known of a volume that was kept; `None` for one that is not free, or not of ours.
pub(super) fn shown(volume: &PersistentVolume) -> Option<RetainedVolume> {
    let spec = volume.spec.as_ref()?;
    let phase = volume.status.as_ref()?.phase.as_deref();
    let is_free = phase == Some("Released") && volume.metadata.deletion_timestamp.is_none();
    let is_kept = spec.persistent_volume_reclaim_policy.as_deref() == Some("Retain");
    let is_copy = label(volume, ORIGIN_CLAIM).is_some();
    if !is_free || !is_kept || is_copy {
        return None;
    }
    let claim = spec.claim_ref.as_ref()?;
    Some(RetainedVolume {
        name: volume.metadata.name.clone()?,
        uid: uid_of(volume).to_owned(),
        data_volume_id: label(volume, ORIGIN_OF)?.parse().ok()?,
        claim: format!(
            "{}/{}",
            claim.namespace.as_deref().unwrap_or_default(),
            claim.name.as_deref().unwrap_or_default()
        ),
        storage_class: spec.storage_class_name.clone().unwrap_or_default(),
        capacity: spec
            .capacity
            .as_ref()
            .and_then(|size| bytes(size.get("storage")?))
            .unwrap_or(Bytes(0)),
    })
}

fn is_handed_over(volume: &PersistentVolume) -> bool {
    let annotations = volume.metadata.annotations.as_ref();
    annotations.is_some_and(|annotations| annotations.contains_key(HANDED_TO))
}

pub(super) fn label<'a>(volume: &'a PersistentVolume, key: &str) -> Option<&'a String> {
    volume.metadata.labels.as_ref()?.get(key)
}

/// Whether a volume of ours waits for this claim, or has it: where a crash would have left it.
fn is_reserved_for(volume: &PersistentVolume, namespace: &str, name: &str) -> bool {
    let claim = volume
        .spec
        .as_ref()
        .and_then(|spec| spec.claim_ref.as_ref());
    let phase = volume
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    label(volume, ORIGIN_OF).is_some()
        && label(volume, ORIGIN_CLAIM).is_none()
        && claim.is_some_and(|claim| {
            claim.namespace.as_deref() == Some(namespace)
                && claim.name.as_deref() == Some(name)
                && (claim.uid.is_none() || phase == Some("Bound"))
        })
}

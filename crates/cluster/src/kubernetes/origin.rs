//! What happens to the storage itself while others use it.
//!
//! A dynamic volume is destroyed with its claim, and everybody's data with it. So before the first copy is
//! made the volume is set to `Retain` and the claim gets a finalizer; both are taken back after the last.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::api::ListParams;
use serde_json::{Value, json};

use super::KubernetesCluster;
use super::api_server::{change, has_any, list, uid_of};
use super::names::{ORIGIN_CLAIM, POLICY_BEFORE, SHARED, namespace};
use crate::{ClaimKey, Error, Result};

impl KubernetesCluster {
    /// Makes sure that the bytes outlive the claim while others use them.
    pub(super) async fn hold_origin(
        &self,
        key: &ClaimKey,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
    ) -> Result<()> {
        let volume_name = volume.metadata.name.clone().unwrap_or_default();
        let doing = format!("to keep the volume {volume_name} while it is shared");
        let kept = change(
            &self.volumes(),
            &volume_name,
            uid_of(volume),
            &doing,
            retain,
        )
        .await?;
        let namespace = namespace(&key.project)?;
        let doing = format!(
            "to hold the claim {namespace}/{} while it is shared",
            key.name
        );
        let held = change(
            &self.claims(namespace),
            &key.name,
            uid_of(claim),
            &doing,
            |claim| {
                let finalizers = claim.metadata.finalizers.clone().unwrap_or_default();
                let is_held = finalizers.iter().any(|finalizer| finalizer == SHARED);
                // Nothing can be added to a claim that is being deleted.
                (!is_held && claim.metadata.deletion_timestamp.is_none()).then(|| {
                    let finalizers: Vec<String> =
                        finalizers.into_iter().chain([SHARED.to_owned()]).collect();
                    json!({"metadata": {"finalizers": finalizers}})
                })
            },
        )
        .await?;
        if kept.is_none() || held.is_none() {
            return Err(Error::NotFound(format!(
                "The claim {namespace}/{} or its volume is gone.",
                key.name
            )));
        }
        Ok(())
    }

    /// Takes that back, unless somebody still uses it.
    pub(super) async fn release_origin(&self, key: &ClaimKey) -> Result<()> {
        let Some(claim) = self.claim_of(key).await? else {
            // The claim went by itself: what is kept by now stays kept.
            return Ok(());
        };
        if self.is_copied(&key.uid).await? {
            return Ok(());
        }
        let is_going = claim.metadata.deletion_timestamp.is_some();
        if let Some(volume) = self.volume_of(&claim).await?
            && !is_going
        {
            let name = volume.metadata.name.clone().unwrap_or_default();
            let doing = format!("to give the volume {name} its old reclaim policy back");
            change(&self.volumes(), &name, uid_of(&volume), &doing, give_back).await?;
        }
        let namespace = namespace(&key.project)?;
        let doing = format!("to let go of the claim {namespace}/{}", key.name);
        change(
            &self.claims(namespace),
            &key.name,
            &key.uid,
            &doing,
            |claim| {
                let finalizers = claim.metadata.finalizers.clone().unwrap_or_default();
                finalizers
                    .iter()
                    .any(|finalizer| finalizer == SHARED)
                    .then(|| {
                        let others: Vec<&String> =
                            finalizers.iter().filter(|one| *one != SHARED).collect();
                        json!({"metadata": {"finalizers": others}})
                    })
            },
        )
        .await?;
        Ok(())
    }

    /// Whether others use the storage of a claim: there may be thousands, and one is enough.
    async fn is_copied(&self, claim_uid: &str) -> Result<bool> {
        let which = ListParams::default().labels(&format!("{ORIGIN_CLAIM}={claim_uid}"));
        let doing = "looking for volumes that share a claim";
        has_any(&self.volumes(), &which, doing).await
    }

    /// The volumes by which others use the storage of a claim.
    pub(super) async fn copies_of(&self, claim_uid: &str) -> Result<Vec<PersistentVolume>> {
        let which = ListParams::default().labels(&format!("{ORIGIN_CLAIM}={claim_uid}"));
        list(
            &self.volumes(),
            &which,
            "listing the volumes that share a claim",
        )
        .await
    }
}

/// Whether the bytes outlive the claim already.
pub(super) fn is_held(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let finalizers = claim.metadata.finalizers.as_ref();
    retain(volume).is_none() && finalizers.is_some_and(|held| held.iter().any(|one| one == SHARED))
}

fn retain(volume: &PersistentVolume) -> Option<Value> {
    let policy = volume
        .spec
        .as_ref()?
        .persistent_volume_reclaim_policy
        .as_deref();
    let policy = policy.unwrap_or("Retain");
    (policy != "Retain").then(|| {
        json!({
            "metadata": {"annotations": {POLICY_BEFORE: policy}},
            "spec": {"persistentVolumeReclaimPolicy": "Retain"},
        })
    })
}

fn give_back(volume: &PersistentVolume) -> Option<Value> {
    let policy = volume.metadata.annotations.as_ref()?.get(POLICY_BEFORE)?;
    Some(json!({
        "metadata": {"annotations": {POLICY_BEFORE: Value::Null}},
        "spec": {"persistentVolumeReclaimPolicy": policy},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_policy_is_remembered_and_given_back() {
        let mut volume: PersistentVolume =
            serde_json::from_value(json!({"spec": {"persistentVolumeReclaimPolicy": "Delete"}}))
                .unwrap();
        let patch = retain(&volume).unwrap();
        assert_eq!(patch["spec"]["persistentVolumeReclaimPolicy"], "Retain");
        volume.metadata.annotations =
            serde_json::from_value(patch["metadata"]["annotations"].clone()).unwrap();
        volume
            .spec
            .as_mut()
            .unwrap()
            .persistent_volume_reclaim_policy = Some("Retain".into());
        assert_eq!(
            retain(&volume),
            None,
            "a second share must not forget the first value"
        );
        assert_eq!(
            give_back(&volume).unwrap()["spec"]["persistentVolumeReclaimPolicy"],
            "Delete"
        );
        volume.metadata.annotations = None;
        assert_eq!(give_back(&volume), None, "what was Retain before stays so");
    }
}

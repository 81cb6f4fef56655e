//! Claims that get larger. They never get smaller, and only classes that allow it take part.
//!
//! The storage grows first and the file system after it, often not before a pod opens the claim: until then
//! the claim has asked for more than it has got.

use domain::{Bytes, Condition, ConditionStatus};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimCondition};
use k8s_openapi::api::storage::v1::StorageClass as Class;
use kube::api::ListParams;
use serde_json::json;

use super::KubernetesCluster;
use super::api_server::{change, list};
use super::names::namespace;
use super::offers::{bytes, capacity};
use crate::{ClaimKey, Error, Result};

impl KubernetesCluster {
    /// Asks for more.
    pub(super) async fn grow(&self, key: &ClaimKey, size: Bytes) -> Result<()> {
        let namespace = namespace(&key.project)?;
        let shown = format!("{namespace}/{}", key.name);
        let claim = self.claim_of(key).await?.ok_or_else(|| {
            Error::NotFound(format!(
                "The claim {shown} is gone, or is another one by now."
            ))
        })?;
        if claim.metadata.deletion_timestamp.is_some() {
            return Err(Error::Refused(format!(
                "The claim {shown} is being deleted on the cluster: it does not grow any more."
            )));
        }
        self.refuse_fixed_size(&claim, &shown).await?;
        let requested = requested(&claim).unwrap_or_default();
        if size < requested {
            return Err(Error::Refused(format!(
                "A claim only grows, and {shown} has asked for {requested} already: choose more than that."
            )));
        }
        let doing = format!("to make the claim {shown} larger");
        let wish = json!({"spec": {"resources": {"requests": {"storage": size.0.to_string()}}}});
        change(
            &self.claims(namespace),
            &key.name,
            &key.uid,
            &doing,
            |claim| {
                // Somebody may have asked for more meanwhile.
                (self::requested(claim).unwrap_or_default() < size).then(|| wish.clone())
            },
        )
        .await?;
        Ok(())
    }

    async fn refuse_fixed_size(&self, claim: &PersistentVolumeClaim, shown: &str) -> Result<()> {
        let class_name = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.storage_class_name.as_deref())
            .unwrap_or_default();
        if class_name.is_empty() {
            return Err(Error::Refused(format!(
                "The claim {shown} has no storage class that could make it larger: its volume was made by hand, and an administrator of the cluster has to look at it."
            )));
        }
        let classes: Vec<Class> = list(
            &self.api.everywhere(),
            &ListParams::default(),
            "listing the storage classes",
        )
        .await?;
        let class = classes
            .iter()
            .find(|class| class.metadata.name.as_deref() == Some(class_name));
        if class.is_some_and(|class| class.allow_volume_expansion == Some(true)) {
            return Ok(());
        }
        Err(Error::Refused(format!(
            "The storage class {class_name} does not let claims grow: make a larger data volume and copy the files into it."
        )))
    }
}

/// What a claim that asked for more waits for; nothing where it has got what it asked for.
pub(super) fn growing(claim: &PersistentVolumeClaim) -> Option<(&'static str, String)> {
    let told: Vec<&PersistentVolumeClaimCondition> = claim
        .status
        .as_ref()?
        .conditions
        .iter()
        .flatten()
        .filter(|told| told.status == "True")
        .collect();
    if let Some(failed) = told.iter().find(|told| told.type_.ends_with("ResizeError")) {
        let why = failed.message.as_deref().unwrap_or_default();
        return Some((
            "GrowingFailed",
            format!("The storage could not grow; it is tried again: {why}"),
        ));
    }
    if told
        .iter()
        .any(|told| told.type_ == "FileSystemResizePending")
    {
        return Some((
            "FileSystemGrows",
            "The storage has grown; the file system follows when a pod opens the claim next, which opening the files here does.".to_owned(),
        ));
    }
    let (has, wants) = (capacity(claim)?, requested(claim)?);
    (has < wants).then(|| {
        (
            "Growing",
            format!("The claim has {has} and asked for {wants}: the storage is growing."),
        )
    })
}

/// The condition of that on the data volume.
pub(super) fn condition(claim: &PersistentVolumeClaim, now: jiff::Timestamp) -> Option<Condition> {
    let (reason, message) = growing(claim)?;
    Some(Condition {
        kind: "ClaimGrown".to_owned(),
        status: ConditionStatus::False,
        reason: reason.to_owned(),
        message,
        last_transition_time: now,
    })
}

fn requested(claim: &PersistentVolumeClaim) -> Option<Bytes> {
    let resources = claim.spec.as_ref()?.resources.as_ref()?;
    bytes(resources.requests.as_ref()?.get("storage")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_growing_claim_waits_for_is_told() {
        let claim = |has: &str, told: serde_json::Value| -> PersistentVolumeClaim {
            serde_json::from_value(json!({
                "spec": {"resources": {"requests": {"storage": "2Gi"}}},
                "status": {"capacity": {"storage": has}, "conditions": told},
            }))
            .unwrap()
        };
        let reason = |claim| growing(&claim).map(|(reason, _)| reason);
        assert_eq!(reason(claim("2Gi", json!([]))), None);
        assert_eq!(reason(claim("1Gi", json!([]))), Some("Growing"));
        let pending = json!([{"type": "FileSystemResizePending", "status": "True"}]);
        assert_eq!(reason(claim("1Gi", pending)), Some("FileSystemGrows"));
        let failed =
            json!([{"type": "ControllerResizeError", "status": "True", "message": "full"}]);
        let (reason, message) = growing(&claim("1Gi", failed)).unwrap();
        assert_eq!(reason, "GrowingFailed");
        assert!(message.ends_with("full"), "{message}");
    }
}

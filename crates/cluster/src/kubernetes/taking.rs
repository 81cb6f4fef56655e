//! Taking a claim that was there before: only one that is nobody else's, and a note on it says whose it is.

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::json;

use super::KubernetesCluster;
use super::api_server::{change, uid_of};
use super::claims::annotation;
use super::names::{MADE_FOR, ORIGIN_CLAIM, TAKEN_BY};
use super::offers::is_mount;
use crate::{ClaimOrder, Error, Result};

impl KubernetesCluster {
    /// Refuses a claim that a data volume cannot be made of.
    pub(super) async fn refuse_unfit(
        &self,
        order: &ClaimOrder,
        claim: &PersistentVolumeClaim,
    ) -> Result<()> {
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        let shown = format!("{}/{name}", order.project.0);
        let refuse = |why: String| Err(Error::Refused(why));
        if claim.metadata.deletion_timestamp.is_some() {
            return refuse(format!(
                "The claim {shown} is being deleted: choose another one."
            ));
        }
        if claim
            .spec
            .as_ref()
            .and_then(|spec| spec.volume_mode.as_deref())
            == Some("Block")
        {
            return refuse(format!(
                "The claim {shown} is a block device without a file system: there would be no files to upload or browse. Choose a claim of the mode Filesystem."
            ));
        }
        if let Some(other) = annotation(claim, TAKEN_BY)
            && other != order.data_volume_id.to_string()
        {
            return refuse(format!(
                "The claim {shown} belongs to the data volume {other} already: choose another one. If that data volume is gone for good, remove the annotation {TAKEN_BY} from the claim first."
            ));
        }
        if annotation(claim, MADE_FOR).is_some_and(|seal| {
            seal.split('.')
                .next()
                .is_some_and(|id| id != order.data_volume_id.to_string())
        }) {
            return refuse(format!(
                "The claim {shown} was made for another data volume: choose another one. If that data volume is gone for good, remove the annotation {MADE_FOR} from the claim first."
            ));
        }
        let volume = self.volume_of(claim).await?;
        let is_copy = volume.as_ref().is_some_and(|volume| {
            volume
                .metadata
                .labels
                .as_ref()
                .is_some_and(|labels| labels.contains_key(ORIGIN_CLAIM))
        });
        if is_copy || is_mount(claim) {
            return refuse(format!(
                "The claim {shown} is how another project's data volume is used here: whoever shared it decides who else gets it."
            ));
        }
        Ok(())
    }

    /// Notes on a claim that was there before which data volume took it.
    pub(super) async fn take(
        &self,
        order: &ClaimOrder,
        claim: PersistentVolumeClaim,
    ) -> Result<PersistentVolumeClaim> {
        let id = order.data_volume_id.to_string();
        let namespace = order.project.0.as_str();
        let name = claim.metadata.name.clone().unwrap_or_default();
        let doing = format!("to take the claim {namespace}/{name}");
        let taken = change(
            &self.claims(namespace),
            &name,
            uid_of(&claim),
            &doing,
            |claim| {
                // Between our looking and our writing another data volume may have been faster.
                annotation(claim, TAKEN_BY).is_none().then(|| {
                    json!({
                        "metadata": {"annotations": {TAKEN_BY: id}}
                    })
                })
            },
        )
        .await?
        .ok_or_else(|| there_is_none(namespace, &name))?;
        self.refuse_unfit(order, &taken).await?;
        Ok(taken)
    }
}

/// The refusal of a name that stands already.
pub(super) fn taken(namespace: &str, name: &str) -> Error {
    Error::Refused(format!(
        "There is a claim {namespace}/{name} already: choose another name, or take the claim as an existing one."
    ))
}

/// The refusal of a claim that is not there.
pub(super) fn there_is_none(namespace: &str, name: &str) -> Error {
    Error::Refused(format!(
        "There is no claim {namespace}/{name}: make it first, or choose a new one."
    ))
}

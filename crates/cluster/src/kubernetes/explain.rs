//! How far a claim is, in plain words: bound, waiting and for what, or lost.
//!
//! Kubernetes tells why a claim waits in events and nowhere else. Events are forgotten after an hour, so a
//! claim without any is not therefore well.

use domain::ConditionStatus;
use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim};
use kube::Api;
use kube::api::ListParams;

use super::KubernetesCluster;
use super::api_server::{list, uid_of};
use super::mounts::in_use_by;
use crate::Result;

/// The reason of a claim whose storage is made when the first pod uses it.
pub(super) const WAITS_FOR_A_POD: &str = "WaitForFirstConsumer";

/// How a claim stands.
pub(super) struct Standing {
    /// Whether files can be stored in it now.
    pub(super) is_ready: bool,
    pub(super) status: ConditionStatus,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl KubernetesCluster {
    /// How a claim stands.
    pub(super) async fn standing(
        &self,
        namespace: &str,
        claim: &PersistentVolumeClaim,
        volume: Option<&PersistentVolume>,
    ) -> Result<Standing> {
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        let shown = format!("{namespace}/{name}");
        if claim.metadata.deletion_timestamp.is_some() {
            let pods = in_use_by(&self.pods_using(namespace, name).await?);
            return Ok(not_ready(
                "Terminating",
                format!(
                    "The claim {shown} is being deleted on the cluster and goes as soon as nothing holds it ({pods}). That cannot be undone; its shares and its pods hold it for now."
                ),
            ));
        }
        let phase = claim
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        Ok(match (phase, volume) {
            (Some("Bound"), Some(volume)) => Standing {
                is_ready: true,
                status: ConditionStatus::True,
                reason: "Bound",
                message: format!(
                    "The claim {shown} is bound to the volume {}.",
                    volume.metadata.name.as_deref().unwrap_or_default()
                ),
            },
            (Some("Lost"), _) | (Some("Bound"), None) => not_ready(
                "VolumeLost",
                format!(
                    "The volume of the claim {shown} is gone: somebody deleted it on the cluster. What was in it can be had only from the storage itself."
                ),
            ),
            _ => self.why_pending(namespace, claim, &shown).await?,
        })
    }

    async fn why_pending(
        &self,
        namespace: &str,
        claim: &PersistentVolumeClaim,
        shown: &str,
    ) -> Result<Standing> {
        let events: Api<Event> = self.api.within(namespace);
        let about = format!("involvedObject.uid={}", uid_of(claim));
        let doing = format!("reading the events of the claim {shown}");
        let mut events = list(&events, &ListParams::default().fields(&about), &doing).await?;
        events.sort_by_key(|event| {
            let last = event.last_timestamp.clone().map(|at| at.0);
            last.or_else(|| event.event_time.clone().map(|at| at.0))
        });
        let told = events.last().map(|event| {
            (
                event.reason.clone().unwrap_or_default(),
                event.message.clone().unwrap_or_default(),
            )
        });
        let class = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.storage_class_name.as_deref());
        let (reason, message) = match told {
            None => (
                "Pending",
                format!("The claim {shown} waits for its volume."),
            ),
            Some((reason, told)) => explain(&reason, &told, class.unwrap_or_default()),
        };
        Ok(Standing {
            status: ConditionStatus::Unknown,
            ..not_ready(reason, message)
        })
    }
}

/// What an event of a claim that waits means to people.
fn explain(reason: &str, told: &str, class: &str) -> (&'static str, String) {
    match reason {
        "WaitForFirstConsumer" | "WaitForPodScheduled" => (
            WAITS_FOR_A_POD,
            format!(
                "The storage class {class} makes the storage when the first pod uses the claim. That is how this class works; nothing is wrong."
            ),
        ),
        "ExternalProvisioning" | "Provisioning" => {
            ("Provisioning", format!("The storage is being made: {told}"))
        }
        "ProvisioningFailed" => (
            "ProvisioningFailed",
            format!("The storage could not be made; it is tried again: {told}"),
        ),
        "FailedBinding" | "VolumeMismatch" => (
            "FailedBinding",
            format!("No volume of the cluster fits this claim: {told}"),
        ),
        _ => ("Pending", format!("The claim waits for its volume: {told}")),
    }
}

fn not_ready(reason: &'static str, message: String) -> Standing {
    Standing {
        is_ready: false,
        status: ConditionStatus::False,
        reason,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn the_words_of_the_cluster_reach_people() {
        for (reason, says) in [
            ("WaitForFirstConsumer", "nothing is wrong"),
            ("ExternalProvisioning", "is being made: told"),
            (
                "ProvisioningFailed",
                "could not be made; it is tried again: told",
            ),
            ("FailedBinding", "fits this claim: told"),
            ("Other", "waits for its volume: told"),
        ] {
            let (_, message) = explain(reason, "told", "fast");
            assert!(message.contains(says), "{message}");
        }
    }
}

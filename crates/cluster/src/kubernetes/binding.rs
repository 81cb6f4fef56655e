//! Claims that the cluster's controller has let lie.
//!
//! It binds a claim to a volume that is reserved for it at two places at once. Where these meet, one gives up, and
//! if that is the one with the claim, the volume is bound and the claim is not, until the controller looks at
//! everything again: every quarter of a minute. A change of the claim makes it look at once.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use serde_json::json;

use super::KubernetesCluster;
use super::api_server::{change, uid_of};
use super::claims::{annotation, claim_uid};
use super::names::LOOK_AGAIN_AT;
use crate::Result;

/// How long the controller is given before it is asked once more.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// Whether a claim waits although its volume is bound to it.
pub(super) fn is_left(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let status = volume.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref());
    is_waiting(claim) && phase == Some("Bound") && claim_uid(volume) == Some(uid_of(claim))
}

fn is_waiting(claim: &PersistentVolumeClaim) -> bool {
    let status = claim.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref());
    claim.metadata.deletion_timestamp.is_none() && !matches!(phase, Some("Bound" | "Lost"))
}

impl KubernetesCluster {
    /// Makes the controller look at such a claim again.
    pub(super) async fn look_again(
        &self,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
    ) -> Result<()> {
        if !is_left(claim, volume) {
            return Ok(());
        }
        let namespace = claim.metadata.namespace.as_deref().unwrap_or_default();
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        let doing = format!("to have the claim {namespace}/{name} bound");
        let now = self.clock.now();
        let claims = self.claims(namespace);
        change(&claims, name, uid_of(claim), &doing, |claim| {
            let asked_at = annotation(claim, LOOK_AGAIN_AT).and_then(|at| at.parse().ok());
            let is_new = asked_at.is_none_or(|at| now.duration_since(at) > ASKED_AGAIN);
            (is_waiting(claim) && is_new)
                .then(|| json!({"metadata": {"annotations": {LOOK_AGAIN_AT: now.to_string()}}}))
        })
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(phase: &str) -> PersistentVolumeClaim {
        let claim = json!({"metadata": {"uid": "1"}, "status": {"phase": phase}});
        serde_json::from_value(claim).unwrap()
    }

    fn volume(phase: &str, uid: &str) -> PersistentVolume {
        let volume = json!({"spec": {"claimRef": {"uid": uid}}, "status": {"phase": phase}});
        serde_json::from_value(volume).unwrap()
    }

    #[test]
    fn a_claim_is_left_when_its_volume_alone_is_bound() {
        assert!(is_left(&claim("Pending"), &volume("Bound", "1")));
        assert!(!is_left(&claim("Pending"), &volume("Available", "1")));
        assert!(!is_left(&claim("Pending"), &volume("Bound", "2")));
        assert!(!is_left(&claim("Bound"), &volume("Bound", "1")));
        let mut going = claim("Pending");
        going.metadata.deletion_timestamp =
            serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert!(!is_left(&going, &volume("Bound", "1")));
    }
}

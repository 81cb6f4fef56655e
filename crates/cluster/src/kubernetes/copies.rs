//! Copied volumes and the claims of their receivers, looked at without the cluster.
//!
//! What stands under a name of ours may have been made by anybody: a label alone proves nothing, and a copy
//! is known by the storage that it names and the claim that it is reserved for.

use domain::{ShareMode, Sharing};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use kube::api::ObjectMeta;

use super::claims::claim_on;
use super::names::{ORIGIN_CLAIM, labels};
use super::persistence::node_of;
use crate::MountOrder;

/// The claim by which the receiving project uses a copied volume.
pub(super) fn receiving_claim(
    order: &MountOrder,
    copy: &PersistentVolume,
) -> PersistentVolumeClaim {
    let metadata = ObjectMeta {
        name: Some(order.name.to_string()),
        labels: Some(labels(order.claim.data_volume_id).collect()),
        ..ObjectMeta::default()
    };
    // The empty class on both sides keeps the default class and every provisioner out.
    claim_on(copy, metadata, String::new())
}

/// How a data volume is shared that is one folder of a claim.
pub(super) fn of_a_folder() -> Sharing {
    Sharing::Possible {
        how: "People of the receiving projects read the files here. Their pods do not get it: it is one folder of a claim, and nothing on the cluster would hold them to that folder.".to_owned(),
    }
}

/// Whether a volume gives a namespace the storage of a claim.
pub(super) fn is_copy_for(copy: &PersistentVolume, origin_uid: &str, receiver: &str) -> bool {
    let origin = copy
        .metadata
        .labels
        .as_ref()
        .and_then(|labels| labels.get(ORIGIN_CLAIM));
    let claim = copy.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    origin.map(String::as_str) == Some(origin_uid)
        && claim.and_then(|claim| claim.namespace.as_deref()) == Some(receiver)
}

/// Whether a volume that was found is the one that would be made.
pub(super) fn is_same_storage(found: &PersistentVolume, wanted: &PersistentVolume) -> bool {
    let place = |volume: &PersistentVolume| {
        let spec = volume.spec.clone().unwrap_or_default();
        let claim = spec.claim_ref.unwrap_or_default();
        (
            spec.csi.map(|csi| {
                (
                    csi.driver,
                    csi.volume_handle,
                    csi.read_only.unwrap_or_default(),
                    csi.volume_attributes.unwrap_or_default(),
                )
            }),
            spec.nfs,
            spec.local.map(|local| local.path),
            (claim.namespace, claim.name),
        )
    };
    let origin = |volume: &PersistentVolume| {
        volume
            .metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get(ORIGIN_CLAIM).cloned())
    };
    place(found) == place(wanted) && origin(found) == origin(wanted)
}

/// Whether a pod that has not ended uses a claim.
pub(super) fn is_using(pod: &Pod, claim: &str) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref());
    !matches!(phase, Some("Succeeded" | "Failed"))
        && volumes.into_iter().flatten().any(|volume| {
            volume
                .persistent_volume_claim
                .as_ref()
                .is_some_and(|source| source.claim_name == claim)
        })
}

/// What holds the users of a mount to its mode.
pub(super) fn enforcement(mode: ShareMode, copy: &PersistentVolume) -> String {
    let place = node_of(copy).map_or_else(String::new, |node| {
        format!(" Only pods on the node {node} can use it.")
    });
    match mode {
        ShareMode::ReadOnly => format!(
            "Read-only: the volume itself is mounted read-only on every node, whatever a pod asks for.{place}"
        ),
        ShareMode::ReadWrite => {
            format!("Read and write: who may write is told by owner and mode of the files.{place}")
        }
    }
}

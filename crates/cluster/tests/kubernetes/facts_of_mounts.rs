//! Mounts on Kubernetes: bytes that outlive the claim, and an order of removal that loses and leaks nothing.

use std::sync::Arc;

use cluster::{ClaimKey, Cluster, MountOrder, Removal};
use domain::{MountPhase, ShareMode};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::hands::{CLASS, Hands, Server, claim_of_people};
use crate::harness::{Harness, existing_claim, filled_claim, key, mount, volume};

const POLICY_BEFORE: &str = "stowage.dev/reclaim-policy-before-sharing";
const FINALIZER: &str = "stowage.dev/shared-with-other-projects";

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_share_keeps_the_bytes_whatever_becomes_of_the_claim,
        read_only_is_on_the_volume_and_not_only_in_words,
        storage_that_cannot_be_shared_is_left_as_it_was,
        a_copied_volume_that_was_set_to_delete_is_set_back,
        what_another_wrote_at_the_same_time_stays,
        a_shared_claim_is_not_removed,
        a_folder_is_not_mounted_and_the_whole_does_not_stay,
        an_existing_claim_is_shared_and_given_back,
    }
}

pub(crate) fn policy(volume: &PersistentVolume) -> &str {
    volume
        .spec
        .as_ref()
        .unwrap()
        .persistent_volume_reclaim_policy
        .as_deref()
        .unwrap()
}

pub(crate) fn is_held(claim: &PersistentVolumeClaim) -> bool {
    claim
        .metadata
        .finalizers
        .iter()
        .flatten()
        .any(|finalizer| finalizer == FINALIZER)
}

pub(crate) async fn copies(hands: &Hands, claim: &ClaimKey) -> Vec<PersistentVolume> {
    let which = ListParams::default().labels(&format!("stowage.dev/origin-claim={}", claim.uid));
    hands.volumes().list(&which).await.unwrap().items
}

async fn a_share_keeps_the_bytes_whatever_becomes_of_the_claim(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    assert_eq!(
        policy(&hands.volume_of("vision", "imagenet").await),
        "Delete"
    );
    let speech = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    let robots = mount(&claim, "imagenet", "robots", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&speech).await.unwrap();
    hands.patient.ensure_mount(&robots).await.unwrap();

    let origin = hands.volume_of("vision", "imagenet").await;
    assert_eq!(policy(&origin), "Retain");
    assert_eq!(
        origin.metadata.annotations.as_ref().unwrap()[POLICY_BEFORE],
        "Delete"
    );
    assert!(is_held(&hands.claim("vision", "imagenet").await));
    for copy in copies(&hands, &claim).await {
        assert_eq!(policy(&copy), "Retain");
        assert_eq!(copy.metadata.owner_references, None);
    }

    hands.patient.remove_mount(&speech).await.unwrap();
    assert_eq!(
        policy(&hands.volume_of("vision", "imagenet").await),
        "Retain"
    );
    assert!(is_held(&hands.claim("vision", "imagenet").await));
    hands.patient.remove_mount(&robots).await.unwrap();
    let origin = hands.volume_of("vision", "imagenet").await;
    assert_eq!(policy(&origin), "Delete");
    assert!(
        !origin
            .metadata
            .annotations
            .unwrap_or_default()
            .contains_key(POLICY_BEFORE)
    );
    assert!(!is_held(&hands.claim("vision", "imagenet").await));
    assert!(copies(&hands, &claim).await.is_empty());
}

async fn read_only_is_on_the_volume_and_not_only_in_words(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    for (project, mode, is_read_only) in [
        ("speech", ShareMode::ReadOnly, true),
        ("robots", ShareMode::ReadWrite, false),
    ] {
        let order = mount(&claim, "imagenet", project, mode);
        let state = hands.patient.ensure_mount(&order).await.unwrap();
        assert_eq!(
            state.message.starts_with("Read-only"),
            is_read_only,
            "{}",
            state.message
        );
        let spec = hands.volume_of(project, "imagenet").await.spec.unwrap();
        assert_eq!(
            spec.csi.unwrap().read_only.unwrap_or_default(),
            is_read_only
        );
        let options = spec.mount_options.unwrap_or_default();
        assert_eq!(options.contains(&"ro".to_owned()), is_read_only);
    }
    let handles: std::collections::BTreeSet<String> = copies(&hands, &claim)
        .await
        .into_iter()
        .map(|copy| copy.spec.unwrap().csi.unwrap().volume_handle)
        .collect();
    assert_eq!(
        handles.len(),
        2,
        "each volume of this driver has a handle of its own"
    );
    assert!(!handles.contains(&claim.uid));
}

async fn storage_that_cannot_be_shared_is_left_as_it_was(hands: Hands) {
    // A volume of a driver of block devices, made by hand.
    let mut wish = claim_of_people("disk", "");
    wish["spec"]["volumeName"] = json!(format!("{}disk", hands.namespace("")));
    wish["spec"]["accessModes"] = json!(["ReadWriteOnce"]);
    let disk = json!({
        "metadata": {"name": format!("{}disk", hands.namespace(""))},
        "spec": {
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": {"namespace": hands.namespace("vision"), "name": "disk"},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
        },
    });
    let disk: PersistentVolume = serde_json::from_value(disk).unwrap();
    hands
        .volumes()
        .create(&PostParams::default(), &disk)
        .await
        .unwrap();
    let _: PersistentVolumeClaim = hands.put("vision", wish).await;
    let order = existing_claim(volume(1), "disk", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready, "{state:?}");
    let claim = key(&order, &state);
    let share = mount(&claim, "disk", "speech", ShareMode::ReadOnly);
    let mounted = hands.patient.ensure_mount(&share).await.unwrap();
    assert_eq!(mounted.phase, MountPhase::Failed);
    assert!(
        mounted.message.contains("block devices"),
        "{}",
        mounted.message
    );
    assert_eq!(policy(&hands.volume_of("vision", "disk").await), "Delete");
    assert!(!is_held(&hands.claim("vision", "disk").await));
    assert!(copies(&hands, &claim).await.is_empty());
}

async fn a_copied_volume_that_was_set_to_delete_is_set_back(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&order).await.unwrap();
    let name = hands
        .volume_of("speech", "imagenet")
        .await
        .metadata
        .name
        .unwrap();
    let delete = Patch::Merge(json!({"spec": {"persistentVolumeReclaimPolicy": "Delete"}}));
    hands
        .volumes()
        .patch(&name, &PatchParams::default(), &delete)
        .await
        .unwrap();
    hands.patient.ensure_mount(&order).await.unwrap();
    assert_eq!(
        policy(&hands.volume_of("speech", "imagenet").await),
        "Retain"
    );
}

async fn what_another_wrote_at_the_same_time_stays(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let origin = hands
        .volume_of("vision", "imagenet")
        .await
        .metadata
        .name
        .unwrap();
    let notes = async {
        for note in 0..20 {
            let note = Patch::Merge(
                json!({"metadata": {"annotations": {format!("example.com/{note}"): "kept"}}}),
            );
            hands
                .volumes()
                .patch(&origin, &PatchParams::default(), &note)
                .await
                .unwrap();
        }
    };
    let (speech, robots) = (
        mount(&claim, "imagenet", "speech", ShareMode::ReadOnly),
        mount(&claim, "imagenet", "robots", ShareMode::ReadOnly),
    );
    let (one, other, ()) = tokio::join!(
        hands.patient.ensure_mount(&speech),
        hands.patient.ensure_mount(&robots),
        notes
    );
    assert_eq!(
        (one.unwrap().phase, other.unwrap().phase),
        (MountPhase::Ready, MountPhase::Ready)
    );
    let origin = hands.volume_of("vision", "imagenet").await;
    let annotations = origin.metadata.annotations.as_ref().unwrap();
    assert_eq!(
        annotations
            .values()
            .filter(|value| *value == "kept")
            .count(),
        20
    );
    assert_eq!(annotations[POLICY_BEFORE], "Delete");
    let finalizers = hands
        .claim("vision", "imagenet")
        .await
        .metadata
        .finalizers
        .unwrap();
    assert!(
        finalizers
            .iter()
            .any(|one| one == "kubernetes.io/pvc-protection"),
        "{finalizers:?}"
    );
}

async fn a_shared_claim_is_not_removed(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&order).await.unwrap();
    let here = hands.patient.key(&claim);
    let waiting = hands.patient.cluster.remove_claim(&here).await.unwrap();
    assert!(
        matches!(&waiting, Removal::Waiting(why) if why.contains("other projects")),
        "{waiting:?}"
    );
    assert!(
        hands
            .claim("vision", "imagenet")
            .await
            .metadata
            .deletion_timestamp
            .is_none()
    );
    assert_eq!(
        hands.patient.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        hands.patient.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
}

async fn an_existing_claim_is_shared_and_given_back(hands: Hands) {
    hands.make_claim("vision", "old-data", "a.txt", "a").await;
    let order = existing_claim(volume(1), "old-data", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert_eq!(state.storage_class, CLASS);
    let claim = key(&order, &state);
    let share = mount(&claim, "a-volume", "speech", ShareMode::ReadOnly);
    assert_eq!(
        hands.patient.ensure_mount(&share).await.unwrap().phase,
        MountPhase::Ready
    );
    assert_eq!(
        hands
            .read_mounted("speech", "a-volume", "a.txt")
            .await
            .as_deref(),
        Some("a")
    );
    assert_eq!(
        hands.patient.remove_mount(&share).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        hands.patient.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
    let after = hands.claim("vision", "old-data").await;
    assert!(!is_held(&after));
    assert!(
        !after
            .metadata
            .annotations
            .unwrap()
            .contains_key("stowage.dev/taken-by")
    );
    assert_eq!(
        hands.read("vision", "old-data", "a.txt").await.as_deref(),
        Some("a")
    );
}

async fn a_folder_is_not_mounted_and_the_whole_does_not_stay(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let whole = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&whole).await.unwrap();
    assert_eq!(copies(&hands, &claim).await.len(), 1);
    let folder = MountOrder {
        sub_path: "train".parse().unwrap(),
        ..whole
    };
    let state = hands.patient.ensure_mount(&folder).await.unwrap();
    assert_eq!(state.phase, MountPhase::Failed);
    assert!(
        state.message.contains("share the whole volume"),
        "{}",
        state.message
    );
    assert!(copies(&hands, &claim).await.is_empty());
}

//! Mounts on Kubernetes: bytes that outlive the claim, an order of removal that loses and leaks nothing,
//! and volumes that nobody else can bind.

use std::sync::Arc;

use cluster::{ClaimKey, Cluster, Error, MountOrder, Removal};
use domain::{MountPhase, ShareMode};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod, ResourceQuota};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::facts_of_claims::quota;
use crate::hands::{CLASS, Hands, Server, claim_of_people};
use crate::harness::{Harness, existing_claim, filled_claim, key, mount, volume};
use crate::patient::until;

const POLICY_BEFORE: &str = "stowage.dev/reclaim-policy-before-sharing";
const FINALIZER: &str = "stowage.dev/shared-with-other-projects";

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_share_keeps_the_bytes_whatever_becomes_of_the_claim,
        read_only_is_on_the_volume_and_not_only_in_words,
        a_copied_volume_is_reserved_from_the_first_moment,
        a_quotas_words_reach_the_mount_and_a_crash_in_between_is_gone_on_with,
        a_receiving_claim_that_was_deleted_comes_back,
        pods_that_still_read_are_counted,
        another_claim_of_that_name_is_left_alone,
        storage_that_cannot_be_shared_is_left_as_it_was,
        a_copied_volume_that_was_set_to_delete_is_set_back,
        what_another_wrote_at_the_same_time_stays,
        a_shared_claim_is_not_removed,
        a_folder_is_not_mounted_and_the_whole_does_not_stay,
        an_existing_claim_is_shared_and_given_back,
    }
}

fn policy(volume: &PersistentVolume) -> &str {
    volume
        .spec
        .as_ref()
        .unwrap()
        .persistent_volume_reclaim_policy
        .as_deref()
        .unwrap()
}

fn is_held(claim: &PersistentVolumeClaim) -> bool {
    claim
        .metadata
        .finalizers
        .iter()
        .flatten()
        .any(|finalizer| finalizer == FINALIZER)
}

async fn copies(hands: &Hands, claim: &ClaimKey) -> Vec<PersistentVolume> {
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

async fn a_copied_volume_is_reserved_from_the_first_moment(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadWrite);
    quota(&hands, "speech", &json!({"persistentvolumeclaims": "0"})).await;
    let order_here = hands.patient.mount_order(&order);
    hands
        .patient
        .cluster
        .ensure_mount(&order_here)
        .await
        .unwrap_err();
    let copy = copies(&hands, &claim).await.remove(0);
    let name = copy.metadata.name.unwrap();

    // Somebody elsewhere names the volume that waits for its claim.
    let mut thief = claim_of_people("mine", "");
    thief["spec"]["volumeName"] = json!(name);
    let _: PersistentVolumeClaim = hands.put("robots", thief).await;
    lift_quota(&hands, "speech").await;
    let state = hands.patient.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Ready, "{state:?}");
    let thief = hands.claim("robots", "mine").await.status.unwrap();
    assert_eq!(thief.phase.as_deref(), Some("Pending"));
    assert_eq!(
        hands.read_mounted("robots", "mine", "labels.csv").await,
        None
    );
}

async fn lift_quota(hands: &Hands, project: &str) {
    let quotas: Api<ResourceQuota> =
        Api::namespaced(hands.client.clone(), &hands.namespace(project));
    quotas
        .delete("small", &DeleteParams::default())
        .await
        .unwrap();
}

async fn a_quotas_words_reach_the_mount_and_a_crash_in_between_is_gone_on_with(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    quota(&hands, "speech", &json!({"persistentvolumeclaims": "0"})).await;
    let refused = hands.patient.ensure_mount(&order).await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("exceeded quota: small")),
        "{refused:?}"
    );
    // The volume was copied and the claim was not made: where a crash would leave it.
    let copied = copies(&hands, &claim).await;
    assert_eq!(copied.len(), 1);
    lift_quota(&hands, "speech").await;
    let again = until(
        async || Ok(hands.patient.ensure_mount(&order).await),
        Result::is_ok,
    );
    assert_eq!(again.await.unwrap().unwrap().phase, MountPhase::Ready);
    assert_eq!(
        copies(&hands, &claim).await[0].metadata.uid,
        copied[0].metadata.uid
    );
    assert_eq!(
        hands
            .read_mounted("speech", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
}

async fn a_receiving_claim_that_was_deleted_comes_back(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&order).await.unwrap();
    let first = hands.claim("speech", "imagenet").await.metadata.uid;
    hands.force_away("speech", "imagenet").await;
    let state = hands.patient.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Ready, "{state:?}");
    assert_ne!(hands.claim("speech", "imagenet").await.metadata.uid, first);
    assert_eq!(
        hands
            .read_mounted("speech", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
    assert_eq!(copies(&hands, &claim).await.len(), 1);
}

async fn pods_that_still_read_are_counted(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&order).await.unwrap();
    for name in ["train", "evaluate"] {
        let pod = json!({
            "metadata": {"name": name},
            "spec": {
                // Of a node that is not there, so that it counts as started and needs none.
                "nodeName": "a-node-that-is-not-there",
                "containers": [{"name": "c", "image": "none", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "imagenet", "readOnly": true}}],
            },
        });
        put_pod(&hands, pod).await;
    }
    let mut running = hands.patient.pods_at(&order).await.unwrap().unwrap();
    running.sort();
    assert_eq!(running, ["evaluate", "train"]);
    let here = hands.patient.mount_order(&order);
    for readers in ["2 pods still reading", "1 pod still reading"] {
        let waiting = hands.patient.cluster.remove_mount(&here).await.unwrap();
        assert_eq!(waiting, Removal::Waiting(readers.to_owned()));
        let pods: Api<Pod> = Api::namespaced(hands.client.clone(), &hands.namespace("speech"));
        let name = if readers.starts_with('2') {
            "train"
        } else {
            "evaluate"
        };
        pods.delete(name, &DeleteParams::default().grace_period(0))
            .await
            .unwrap();
    }
    assert_eq!(
        hands.patient.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert!(copies(&hands, &claim).await.is_empty());
}

/// Makes a pod as soon as its namespace has the account that pods run as.
async fn put_pod(hands: &Hands, pod: serde_json::Value) {
    let pods: Api<Pod> = Api::namespaced(hands.client.clone(), &hands.namespace("speech"));
    let pod: Pod = serde_json::from_value(pod).unwrap();
    let made = until(
        async || Ok(pods.create(&PostParams::default(), &pod).await),
        Result::is_ok,
    );
    made.await.unwrap().unwrap();
}

async fn another_claim_of_that_name_is_left_alone(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    hands
        .make_claim("speech", "imagenet", "mine.txt", "mine")
        .await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    let state = hands.patient.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Failed);
    assert!(state.message.contains("another claim"), "{}", state.message);
    assert_eq!(
        hands.patient.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        hands
            .read("speech", "imagenet", "mine.txt")
            .await
            .as_deref(),
        Some("mine")
    );
    assert_eq!(
        policy(&hands.volume_of("vision", "imagenet").await),
        "Delete"
    );
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

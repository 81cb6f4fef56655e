//! Claims of receiving projects: reserved for them alone, counted by their quotas, made anew when they are
//! gone, and never taken from anybody who was there before.

use std::sync::Arc;

use cluster::{Cluster, Error, Removal};
use domain::{MountPhase, ShareMode};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, ResourceQuota};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::facts_of_claims::quota;
use crate::facts_of_mounts::{copies, policy};
use crate::hands::{Hands, Server, claim_of_people};
use crate::harness::{Harness, filled_claim, mount};
use crate::patient::until;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_copied_volume_is_reserved_from_the_first_moment,
        a_quotas_words_reach_the_mount_and_a_crash_in_between_is_gone_on_with,
        a_receiving_claim_that_was_deleted_comes_back,
        pods_that_still_read_are_counted,
        another_claim_of_that_name_is_left_alone,
    }
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

//! Claims on Kubernetes: what labels do not prove, what quotas and classes refuse, and why a claim waits.

use std::sync::Arc;

use cluster::{ClaimState, Cluster, Error, ProjectFolder, Removal};
use domain::{ConditionStatus, ShareMode, Sharing};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, ResourceQuota};
use kube::api::{DeleteParams, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::hands::{CLASS, Hands, Server, claim_of_people, make_class};
use crate::harness::{Harness, existing_claim, filled_claim, knowing, mount, new_claim, volume};
use crate::patient::until;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        forged_labels_and_annotations_prove_nothing,
        a_claim_of_another_namespace_cannot_be_taken,
        a_claim_that_was_made_just_before_a_crash_is_found,
        a_mount_is_no_storage_to_make_a_data_volume_of,
        block_devices_are_refused,
        a_quota_refuses_in_its_own_words_before_and_after,
        a_quota_that_is_left_is_told,
        a_claim_waits_for_its_first_pod_and_that_is_normal,
        a_claim_whose_provisioner_is_busy_says_so,
        a_claim_whose_volume_was_deleted_says_so,
        a_claim_that_is_being_deleted_says_so,
    }
}

fn told(state: &ClaimState) -> (ConditionStatus, &str, &str) {
    let told = &state.conditions[0];
    (told.status, &told.reason, &told.message)
}

async fn forged_labels_and_annotations_prove_nothing(hands: Hands) {
    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    let mut claim = claim_of_people("imagenet", CLASS);
    claim["metadata"]["labels"] = json!({
        "app.kubernetes.io/managed-by": "stowage",
        "stowage.dev/data-volume": volume(1).to_string(),
    });
    claim["metadata"]["annotations"] = json!({
        "stowage.dev/made-for": format!("{}.{}", volume(1), "0".repeat(64)),
    });
    let _: PersistentVolumeClaim = hands.put("vision", claim).await;
    for refused in [
        hands.patient.plan_claim(&order).await.map(drop),
        hands.patient.ensure_claim(&order).await.map(drop),
    ] {
        assert!(
            matches!(&refused, Err(Error::Refused(why)) if why.contains("already")),
            "{refused:?}"
        );
    }
}

async fn a_claim_of_another_namespace_cannot_be_taken(hands: Hands) {
    hands.make_claim("speech", "secret", "a.txt", "a").await;
    let before = hands.everything().await;
    let other = hands.namespace("speech");
    for name in [
        "secret".to_owned(),
        format!("{other}/secret"),
        format!("../{other}/secret"),
    ] {
        let order = existing_claim(volume(1), &name, "vision");
        let refused = hands.patient.ensure_claim(&order).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{name}");
    }
    assert_eq!(hands.everything().await, before);
}

async fn a_claim_that_was_made_just_before_a_crash_is_found(hands: Hands) {
    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    let first = hands.patient.ensure_claim(&order).await.unwrap();
    // The UID was not written down: the order comes again without one, and finds the claim by its seal.
    let again = hands.patient.ensure_claim(&order).await.unwrap();
    assert_eq!(first.uid, again.uid);
    let another = new_claim(volume(2), "imagenet", "vision", CLASS);
    assert!(matches!(
        hands.patient.ensure_claim(&another).await,
        Err(Error::Refused(_))
    ));
    let another = existing_claim(volume(2), "imagenet", "vision");
    assert!(matches!(
        hands.patient.ensure_claim(&another).await,
        Err(Error::Refused(_))
    ));
}

async fn a_mount_is_no_storage_to_make_a_data_volume_of(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadWrite);
    hands.patient.ensure_mount(&order).await.unwrap();
    let listed = hands
        .patient
        .existing_claims(&ProjectFolder("speech".into()))
        .await
        .unwrap();
    assert_eq!(listed, []);
    let order = existing_claim(volume(2), "imagenet", "speech");
    for refused in [
        hands.patient.plan_claim(&order).await.map(drop),
        hands.patient.ensure_claim(&order).await.map(drop),
    ] {
        assert!(
            matches!(&refused, Err(Error::Refused(why)) if why.contains("whoever shared it")),
            "{refused:?}"
        );
    }
}

async fn block_devices_are_refused(hands: Hands) {
    let mut claim = claim_of_people("raw", CLASS);
    claim["spec"]["volumeMode"] = json!("Block");
    let _: PersistentVolumeClaim = hands.put("vision", claim).await;
    let order = existing_claim(volume(1), "raw", "vision");
    let refused = hands.patient.ensure_claim(&order).await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("block device")),
        "{refused:?}"
    );
}

async fn a_quota_refuses_in_its_own_words_before_and_after(hands: Hands) {
    quota(&hands, "vision", &json!({"requests.storage": "1Ki"})).await;
    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    for refused in [
        hands.patient.plan_claim(&order).await.map(drop),
        hands.patient.ensure_claim(&order).await.map(drop),
    ] {
        assert!(
            matches!(&refused, Err(Error::Refused(why)) if why.contains("exceeded quota: small") && why.contains("limited: requests.storage=1Ki")),
            "{refused:?}"
        );
    }
}

async fn a_quota_that_is_left_is_told(hands: Hands) {
    quota(
        &hands,
        "vision",
        &json!({"requests.storage": "1Gi", "persistentvolumeclaims": "3"}),
    )
    .await;
    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    let plan = hands.patient.plan_claim(&order).await.unwrap();
    assert!(
        plan.warnings
            .iter()
            .any(|note| note.contains("leaves 1.00 GiB of 1.00 GiB of storage")),
        "{plan:?}"
    );
    assert!(
        plan.warnings
            .iter()
            .any(|note| note.contains("leaves 3 of 3 claims")),
        "{plan:?}"
    );
    assert!(matches!(plan.sharing, Sharing::Possible { .. }));
    assert!(
        plan.persistence.reason.contains("reclaim policy Delete"),
        "{plan:?}"
    );
}

/// A quota of a project, as soon as it is in force.
pub(crate) async fn quota(hands: &Hands, project: &str, hard: &serde_json::Value) {
    let _: ResourceQuota = hands
        .put(
            project,
            json!({"metadata": {"name": "small"}, "spec": {"hard": hard}}),
        )
        .await;
    let quotas: kube::Api<ResourceQuota> =
        kube::Api::namespaced(hands.client.clone(), &hands.namespace(project));
    let is_in_force = |quota: &ResourceQuota| {
        quota
            .status
            .as_ref()
            .is_some_and(|status| status.hard.is_some() && status.used.is_some())
    };
    let quota = until(async || Ok(quotas.get("small").await.unwrap()), is_in_force)
        .await
        .unwrap();
    assert!(is_in_force(&quota));
}

async fn a_claim_waits_for_its_first_pod_and_that_is_normal(hands: Hands) {
    make_class(
        &hands.client,
        "stowage-test-late",
        "rancher.io/local-path",
        "WaitForFirstConsumer",
    )
    .await;
    let order = new_claim(volume(1), "imagenet", "vision", "stowage-test-late");
    let plan = hands.patient.plan_claim(&order).await.unwrap();
    assert!(
        plan.warnings
            .iter()
            .any(|note| note.contains("stays there")),
        "{plan:?}"
    );
    let order = hands.patient.claim_order(&order);
    let state = until(
        async || hands.patient.cluster.ensure_claim(&order).await,
        |state| told(state).1 == "WaitForFirstConsumer",
    )
    .await
    .unwrap();
    assert_eq!(told(&state).0, ConditionStatus::Unknown);
    assert_eq!(told(&state).1, "WaitForFirstConsumer");
    assert!(told(&state).2.contains("nothing is wrong"), "{state:?}");
    assert!(!state.is_ready);
    // Its data agent is that pod: who waits for an upload waits for nobody else.
    let agent = format!("stowage-agent-{}", state.uid.unwrap());
    let pods: kube::Api<Pod> = kube::Api::namespaced(hands.client.clone(), &order.project.0);
    assert!(pods.get_opt(&agent).await.unwrap().is_some());
}

async fn a_claim_whose_provisioner_is_busy_says_so(hands: Hands) {
    let order = hands
        .patient
        .claim_order(&new_claim(volume(1), "imagenet", "vision", CLASS));
    let state = until(
        async || hands.patient.cluster.ensure_claim(&order).await,
        |state| told(state).1 == "Provisioning",
    )
    .await
    .unwrap();
    assert_eq!(told(&state).1, "Provisioning");
    assert!(told(&state).2.contains("nfs.csi.k8s.io"), "{state:?}");
}

async fn a_claim_whose_volume_was_deleted_says_so(hands: Hands) {
    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    let name = hands
        .volume_of("vision", "imagenet")
        .await
        .metadata
        .name
        .unwrap();
    hands
        .volumes()
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
    let free = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    let _ = hands
        .volumes()
        .patch(&name, &PatchParams::default(), &free)
        .await;
    let order = hands.patient.claim_order(&knowing(&order, state.uid));
    let state = until(
        async || hands.patient.cluster.ensure_claim(&order).await,
        |state| told(state).1 == "VolumeLost",
    )
    .await
    .unwrap();
    assert_eq!(
        (told(&state).0, told(&state).1),
        (ConditionStatus::False, "VolumeLost")
    );
    assert!(!state.is_ready);
}

async fn a_claim_that_is_being_deleted_says_so(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let share = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&share).await.unwrap();
    hands
        .claims("vision")
        .delete("imagenet", &DeleteParams::default())
        .await
        .unwrap();

    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    let order = knowing(&order, Some(claim.uid.clone()));
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert_eq!(
        (told(&state).0, told(&state).1),
        (ConditionStatus::False, "Terminating")
    );
    assert!(!state.is_ready);
    // The share holds it: nobody's bytes go because somebody deleted the claim by hand.
    assert_eq!(
        hands
            .read_mounted("speech", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
    let origin = hands
        .volume_of("vision", "imagenet")
        .await
        .metadata
        .name
        .unwrap();
    assert_eq!(
        hands.patient.remove_mount(&share).await.unwrap(),
        Removal::Done
    );
    // What was deleted by hand while it was shared is not destroyed by the end of the share either.
    let kept = hands.volumes().get(&origin).await.unwrap().spec.unwrap();
    assert_eq!(
        kept.persistent_volume_reclaim_policy.as_deref(),
        Some("Retain")
    );
    let gone = until(
        async || {
            Ok(hands
                .claims("vision")
                .get_opt("imagenet")
                .await
                .unwrap()
                .is_none())
        },
        |is_gone| *is_gone,
    );
    assert!(gone.await.unwrap());
}

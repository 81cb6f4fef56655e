//! A kept volume that another cluster takes into use. Both clusters are the same one here: what is asked is who gets
//! the storage, and that it is never two.

use std::sync::Arc;

use cluster::{Cluster as _, Error};
use k8s_openapi::api::core::v1::PersistentVolume;
use kube::api::{ListParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::facts_of_claims::quota;
use crate::facts_of_lifecycle::{kept, order, retained};
use crate::facts_of_mounts::policy;
use crate::hands::{Hands, Server};
use crate::harness::{Harness as _, volume};
use crate::patient::until;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        storage_of_another_cluster_is_taken_into_use_with_its_files,
        storage_that_is_for_one_project_is_for_no_other,
        a_claim_that_is_refused_leaves_nothing_behind,
        storage_that_a_claim_has_is_not_taken_into_use_again,
        storage_on_a_nodes_disk_stays_where_it_is,
    }
}

async fn storage_of_another_cluster_is_taken_into_use_with_its_files(hands: Hands) {
    let left = retained(&hands).await;
    let cluster = &hands.patient.cluster;
    let storage = cluster
        .hand_volume_over(&left.name, &left.uid, "b/robots/again")
        .await
        .unwrap();
    let order = order(&hands, &left, "robots", "again");
    cluster.adopt_volume(&storage, &order).await.unwrap();
    // After a crash it is asked for again.
    let again = cluster
        .hand_volume_over(&left.name, &left.uid, "b/robots/again")
        .await
        .unwrap();
    cluster.adopt_volume(&again, &order).await.unwrap();
    cluster
        .end_handing_over(&left.name, &left.uid, "b/robots/again", true)
        .await
        .unwrap();
    assert_eq!(
        hands.read("robots", "again", "labels.csv").await.as_deref(),
        Some("cat,1")
    );
    let adopted = hands.volume_of("robots", "again").await;
    assert_eq!(policy(&adopted), "Retain");
    let name = adopted.metadata.name.unwrap();
    assert!(name.starts_with("stowage-adopted-"), "{name}");
    assert_eq!(kept(&hands, &left.name).await, None);
}

async fn storage_that_is_for_one_project_is_for_no_other(hands: Hands) {
    let left = retained(&hands).await;
    let cluster = &hands.patient.cluster;
    let (name, uid) = (&left.name, &left.uid);
    cluster.hand_volume_over(name, uid, "b/one").await.unwrap();
    let other = cluster.hand_volume_over(name, uid, "b/other").await;
    assert!(
        matches!(&other, Err(Error::Refused(why)) if why.contains("somebody else")),
        "{other:?}"
    );
    let here = order(&hands, &left, "robots", "again");
    let here = cluster.take_volume_back(&here).await;
    assert!(
        matches!(&here, Err(Error::Refused(why)) if why.contains("another cluster")),
        "{here:?}"
    );
    // Who does not have it cannot end it.
    cluster
        .end_handing_over(name, uid, "b/other", false)
        .await
        .unwrap();
    assert!(
        cluster
            .hand_volume_over(name, uid, "b/other")
            .await
            .is_err()
    );
    cluster
        .end_handing_over(name, uid, "b/one", false)
        .await
        .unwrap();
    cluster
        .hand_volume_over(name, uid, "b/other")
        .await
        .unwrap();
    let unknown = cluster.hand_volume_over(name, "another", "b/other").await;
    assert!(matches!(unknown, Err(Error::NotFound(_))), "{unknown:?}");
}

async fn a_claim_that_is_refused_leaves_nothing_behind(hands: Hands) {
    let left = retained(&hands).await;
    let cluster = &hands.patient.cluster;
    quota(&hands, "robots", &json!({"persistentvolumeclaims": "0"})).await;
    let storage = cluster
        .hand_volume_over(&left.name, &left.uid, "b/robots")
        .await
        .unwrap();
    let refused = cluster
        .adopt_volume(&storage, &order(&hands, &left, "robots", "again"))
        .await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("exceeded quota: small")),
        "{refused:?}"
    );
    cluster
        .end_handing_over(&left.name, &left.uid, "b/robots", false)
        .await
        .unwrap();
    assert_eq!(kept(&hands, &left.name).await, Some(left));
    let volumes = hands.volumes().list(&ListParams::default()).await.unwrap();
    let is_adopted = |volume: &PersistentVolume| {
        let spec = volume.spec.as_ref();
        let claim = spec.and_then(|spec| spec.claim_ref.as_ref());
        claim.and_then(|claim| claim.namespace.clone()) == Some(hands.namespace("robots"))
    };
    assert!(!volumes.iter().any(is_adopted));
}

async fn storage_that_a_claim_has_is_not_taken_into_use_again(hands: Hands) {
    let left = retained(&hands).await;
    let cluster = &hands.patient.cluster;
    let storage = cluster
        .hand_volume_over(&left.name, &left.uid, "b/robots")
        .await
        .unwrap();
    let first = order(&hands, &left, "robots", "again");
    cluster.adopt_volume(&storage, &first).await.unwrap();
    // Another one of the same storage, by another way than the first.
    let mut second = order(&hands, &left, "speech", "again");
    "another".clone_into(&mut second.volume_uid);
    let refused = cluster.adopt_volume(&storage, &second).await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("uses this storage already")),
        "{refused:?}"
    );
}

async fn storage_on_a_nodes_disk_stays_where_it_is(hands: Hands) {
    let node = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["n7"]}]}]}});
    for (kind, place) in [
        (
            "local",
            json!({"local": {"path": "/srv"}, "nodeAffinity": node}),
        ),
        ("host-path", json!({"hostPath": {"path": "/srv"}})),
        (
            "block",
            json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}}),
        ),
    ] {
        let name = hands.namespace(kind);
        let mut left = json!({
            "metadata": {"name": name, "labels": {"stowage.dev/origin-of": volume(1).to_string()}},
            "spec": {
                "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {"namespace": hands.namespace("vision"), "name": "gone", "uid": "gone"},
            },
        });
        for (field, value) in place.as_object().into_iter().flatten() {
            left["spec"][field] = value.clone();
        }
        let left = serde_json::from_value(left).unwrap();
        hands
            .volumes()
            .create(&PostParams::default(), &left)
            .await
            .unwrap();
        let left = until(async || Ok(kept(&hands, &name).await), Option::is_some)
            .await
            .unwrap()
            .unwrap();
        let refused = hands
            .patient
            .cluster
            .hand_volume_over(&left.name, &left.uid, "b/robots")
            .await;
        assert!(
            matches!(&refused, Err(Error::Refused(_))),
            "{kind}: {refused:?}"
        );
        assert_eq!(kept(&hands, &name).await, Some(left), "{kind}");
    }
}

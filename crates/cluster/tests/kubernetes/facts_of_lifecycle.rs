//! What becomes of claims later on: they grow, and what outlived them is found and used again.

use std::sync::Arc;

use cluster::{Cluster as _, Error, ProjectFolder, Removal, RetainedVolume, TakeBackOrder};
use domain::{Bytes, ShareMode};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::facts_of_claims::quota;
use crate::facts_of_mounts::policy;
use crate::hands::{CLASS, DRIVER, Hands, Server, claim_of_people};
use crate::harness::{
    Harness, existing_claim, filled_claim, key, knowing, mount, new_claim, volume,
};
use crate::patient::until;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_claim_grows_where_its_class_allows_it,
        a_claim_of_a_class_that_does_not_grow_says_so,
        a_volume_that_outlived_its_claim_is_taken_back_with_its_files,
        a_volume_that_is_not_free_is_not_taken,
        a_volume_that_was_given_back_is_nobodys,
        a_quota_stops_the_taking_before_the_volume_is_touched,
    }
}

async fn a_claim_grows_where_its_class_allows_it(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let here = hands.patient.key(&claim);
    let cluster = &hands.patient.cluster;
    let less = cluster.grow_claim(&here, Bytes(1)).await;
    assert!(
        matches!(&less, Err(Error::Refused(why)) if why.contains("only grows")),
        "{less:?}"
    );
    cluster.grow_claim(&here, Bytes(8 << 20)).await.unwrap();
    cluster.grow_claim(&here, Bytes(8 << 20)).await.unwrap();
    let order = knowing(
        &new_claim(volume(1), "imagenet", "vision", CLASS),
        Some(claim.uid.clone()),
    );
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready);
    assert_eq!(state.capacity, Some(Bytes(1 << 20)));
    assert_eq!(state.conditions[1].reason, "Growing");
    assert!(
        state.conditions[1].message.contains("8.00 MiB"),
        "{state:?}"
    );

    // What a driver's resizer does.
    let grown = Patch::Merge(json!({"status": {"capacity": {"storage": "8Mi"}}}));
    hands
        .claims("vision")
        .patch_status("imagenet", &PatchParams::default(), &grown)
        .await
        .unwrap();
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert_eq!(state.capacity, Some(Bytes(8 << 20)));
    assert_eq!(state.conditions.len(), 1, "{state:?}");
}

async fn a_claim_of_a_class_that_does_not_grow_says_so(hands: Hands) {
    let classes: Api<StorageClass> = Api::all(hands.client.clone());
    let class = json!({
        "metadata": {"name": "stowage-test-fixed"}, "provisioner": DRIVER, "allowVolumeExpansion": false,
    });
    let _ = classes
        .create(
            &PostParams::default(),
            &serde_json::from_value(class).unwrap(),
        )
        .await;
    let claim = claim_of_people("fixed", "stowage-test-fixed");
    let _: PersistentVolumeClaim = hands.put("vision", claim).await;
    let uid = hands.claim("vision", "fixed").await.metadata.uid;
    let order = knowing(&existing_claim(volume(1), "fixed", "vision"), uid);
    let order = hands.patient.claim_order(&order);
    let state = hands.patient.cluster.ensure_claim(&order).await.unwrap();
    let refused = hands
        .patient
        .cluster
        .grow_claim(&key(&order, &state), Bytes(1 << 30))
        .await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("does not let claims grow")),
        "{refused:?}"
    );
}

/// A data volume's volume whose claim somebody deleted while it was shared.
pub(crate) async fn retained(hands: &Hands) -> RetainedVolume {
    let claim = filled_claim(hands, "imagenet").await;
    let order = knowing(
        &new_claim(volume(1), "imagenet", "vision", CLASS),
        Some(claim.uid.clone()),
    );
    hands.patient.ensure_claim(&order).await.unwrap();
    let share = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&share).await.unwrap();
    let name = hands
        .volume_of("vision", "imagenet")
        .await
        .metadata
        .name
        .unwrap();
    assert_eq!(kept(hands, &name).await, None, "it is in use");
    hands.force_away("vision", "imagenet").await;
    assert_eq!(
        hands.patient.remove_mount(&share).await.unwrap(),
        Removal::Done
    );
    until(async || Ok(kept(hands, &name).await), Option::is_some)
        .await
        .unwrap()
        .unwrap()
}

pub(crate) async fn kept(hands: &Hands, name: &str) -> Option<RetainedVolume> {
    let volumes = hands.patient.cluster.retained_volumes().await.unwrap();
    volumes.into_iter().find(|volume| volume.name == name)
}

pub(crate) fn order(
    hands: &Hands,
    volume: &RetainedVolume,
    project: &str,
    claim: &str,
) -> TakeBackOrder {
    TakeBackOrder {
        volume: volume.name.clone(),
        volume_uid: volume.uid.clone(),
        project: ProjectFolder(hands.namespace(project)),
        claim: claim.to_owned(),
    }
}

async fn a_volume_that_outlived_its_claim_is_taken_back_with_its_files(hands: Hands) {
    let left = retained(&hands).await;
    assert_eq!(left.data_volume_id, volume(1));
    assert_eq!(
        left.claim,
        format!("{}/imagenet", hands.namespace("vision"))
    );
    let order = order(&hands, &left, "robots", "again");
    hands
        .patient
        .cluster
        .take_volume_back(&order)
        .await
        .unwrap();
    // After a crash it is asked for again.
    hands
        .patient
        .cluster
        .take_volume_back(&order)
        .await
        .unwrap();
    assert_eq!(kept(&hands, &left.name).await, None);
    let taken = existing_claim(volume(2), "again", "robots");
    let state = hands.patient.ensure_claim(&taken).await.unwrap();
    assert!(state.is_ready, "{state:?}");
    assert_eq!(
        hands.read("robots", "again", "labels.csv").await.as_deref(),
        Some("cat,1")
    );
    assert_eq!(policy(&hands.volume_of("robots", "again").await), "Retain");
}

async fn a_volume_that_is_not_free_is_not_taken(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let used = hands.volume_of("vision", "imagenet").await;
    let mut order = TakeBackOrder {
        volume: used.metadata.name.clone().unwrap(),
        volume_uid: used.metadata.uid.clone().unwrap(),
        project: ProjectFolder(hands.namespace("robots")),
        claim: "mine".to_owned(),
    };
    let cluster = &hands.patient.cluster;
    let refused = cluster.take_volume_back(&order).await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("not free")),
        "{refused:?}"
    );
    // Nor the volume by which another project has it, nor another of that name.
    let share = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&share).await.unwrap();
    let copy = hands.volume_of("speech", "imagenet").await;
    order.volume = copy.metadata.name.unwrap();
    order.volume_uid = copy.metadata.uid.unwrap();
    assert!(matches!(
        cluster.take_volume_back(&order).await,
        Err(Error::Refused(_))
    ));
    "another".clone_into(&mut order.volume_uid);
    assert!(matches!(
        cluster.take_volume_back(&order).await,
        Err(Error::NotFound(_))
    ));
    assert!(
        hands
            .claims("robots")
            .get_opt("mine")
            .await
            .unwrap()
            .is_none()
    );
}

async fn a_volume_that_was_given_back_is_nobodys(hands: Hands) {
    hands.make_claim("vision", "old-data", "a.txt", "a").await;
    let order = existing_claim(volume(1), "old-data", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    let marked = hands.volume_of("vision", "old-data").await;
    assert!(
        marked
            .metadata
            .labels
            .unwrap()
            .contains_key("stowage.dev/origin-of")
    );
    hands
        .patient
        .remove_claim(&key(&order, &state))
        .await
        .unwrap();
    let given = hands.volume_of("vision", "old-data").await;
    assert!(
        !given
            .metadata
            .labels
            .unwrap_or_default()
            .contains_key("stowage.dev/origin-of")
    );
}

async fn a_quota_stops_the_taking_before_the_volume_is_touched(hands: Hands) {
    let left = retained(&hands).await;
    quota(&hands, "robots", &json!({"persistentvolumeclaims": "0"})).await;
    let order = order(&hands, &left, "robots", "again");
    let refused = hands.patient.cluster.take_volume_back(&order).await;
    assert!(
        matches!(&refused, Err(Error::Refused(why)) if why.contains("exceeded quota: small")),
        "{refused:?}"
    );
    assert_eq!(kept(&hands, &left.name).await, Some(left));
}

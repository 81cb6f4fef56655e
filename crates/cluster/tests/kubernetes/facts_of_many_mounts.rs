//! Many mounts of one claim at once: they stand as if each had been looked after by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster::{ClaimKey, Cluster, MountOrder, MountState, Removal};
use domain::{MountPhase, OriginSource, ShareMode};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::facts_of_mounts::{copies, is_held, policy};
use crate::hands::{Hands, Server};
use crate::harness::{Harness as _, existing_claim, filled_claim, key, mount, volume};
use crate::patient::until;

const PROJECTS: [&str; 6] = ["speech", "robots", "video", "maps", "weather", "proteins"];

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        many_mounts_come_together_and_are_left_alone_from_then_on,
        what_is_wrong_with_one_of_many_is_mended,
        one_of_many_changes_its_mode,
        a_folder_of_a_claim_is_mounted_in_none_of_many,
        many_mounts_go_together_and_each_claim_before_its_volume,
        one_of_many_that_does_not_go_holds_the_storage,
    }
}

fn orders(claim: &ClaimKey, mode: ShareMode) -> Vec<MountOrder> {
    PROJECTS
        .map(|project| mount(claim, "imagenet", project, mode))
        .to_vec()
}

/// All of them, asked for again until none is pending.
async fn mounted(hands: &Hands, orders: &[MountOrder]) -> Vec<MountState> {
    let patient = &hands.patient;
    let orders: Vec<MountOrder> = orders
        .iter()
        .map(|order| patient.mount_order(order))
        .collect();
    let all = async || {
        let mut states = BTreeMap::new();
        let mut told = patient.cluster.ensure_mounts(&orders[0].claim, &orders);
        while let Some((place, state)) = told.next().await {
            states.insert(place, state?);
        }
        Ok(states.into_values().collect())
    };
    let is_final = |states: &Vec<MountState>| {
        states
            .iter()
            .all(|state| state.phase != MountPhase::Pending)
    };
    let states = until(all, is_final).await.unwrap();
    assert_eq!(states.len(), orders.len());
    states
}

async fn ready(hands: &Hands, orders: &[MountOrder]) {
    for state in mounted(hands, orders).await {
        assert_eq!(state.phase, MountPhase::Ready, "{state:?}");
    }
}

/// The version of every object that the mounts are made of.
async fn versions(hands: &Hands, claim: &ClaimKey) -> BTreeMap<String, Option<String>> {
    let mut versions = BTreeMap::new();
    for copy in copies(hands, claim).await {
        versions.insert(copy.metadata.name.unwrap(), copy.metadata.resource_version);
    }
    for project in PROJECTS {
        let claim = hands.claim(project, "imagenet").await;
        versions.insert(project.to_owned(), claim.metadata.resource_version);
    }
    let origin = hands.claim("vision", "imagenet").await;
    versions.insert("origin".to_owned(), origin.metadata.resource_version);
    versions
}

async fn many_mounts_come_together_and_are_left_alone_from_then_on(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let orders = orders(&claim, ShareMode::ReadOnly);
    ready(&hands, &orders).await;
    let made = copies(&hands, &claim).await;
    assert_eq!(made.len(), PROJECTS.len());
    for copy in &made {
        assert_eq!(policy(copy), "Retain");
        let source = copy.spec.as_ref().unwrap().csi.as_ref().unwrap();
        assert_eq!(source.read_only, Some(true));
    }
    let before = versions(&hands, &claim).await;
    ready(&hands, &orders).await;
    assert_eq!(versions(&hands, &claim).await, before);
}

/// One look at all of them; answers which are gone.
async fn look_away(hands: &Hands, orders: &[MountOrder]) -> Vec<bool> {
    let patient = &hands.patient;
    let orders: Vec<MountOrder> = orders
        .iter()
        .map(|order| patient.mount_order(order))
        .collect();
    let mut gone = BTreeMap::new();
    let mut told = patient.cluster.remove_mounts(&orders[0].claim, &orders);
    while let Some((place, removal)) = told.next().await {
        gone.insert(place, removal.unwrap() == Removal::Done);
    }
    assert_eq!(gone.len(), orders.len());
    gone.into_values().collect()
}

async fn taken_away(hands: &Hands, orders: &[MountOrder]) {
    let are_gone = async || {
        let gone = look_away(hands, orders).await;
        no_claim_has_lost_its_volume(hands).await;
        Ok(gone)
    };
    let gone = until(are_gone, |gone| gone.iter().all(|is_gone| *is_gone)).await;
    assert!(gone.unwrap().iter().all(|is_gone| *is_gone));
}

async fn no_claim_has_lost_its_volume(hands: &Hands) {
    for project in PROJECTS {
        let claim = hands.claims(project).get_opt("imagenet").await.unwrap();
        let Some(volume) = claim.and_then(|claim| claim.spec?.volume_name) else {
            continue;
        };
        let volume = hands.volumes().get(&volume).await.unwrap();
        assert_eq!(volume.metadata.deletion_timestamp, None, "{project}");
    }
}

async fn many_mounts_go_together_and_each_claim_before_its_volume(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let orders = orders(&claim, ShareMode::ReadOnly);
    ready(&hands, &orders).await;
    // In no list: somebody in the project took the label off.
    let unlabelled = json!({"metadata": {"labels": {"stowage.dev/data-volume": null}}});
    hands
        .claims("video")
        .patch(
            "imagenet",
            &PatchParams::default(),
            &Patch::Merge(unlabelled),
        )
        .await
        .unwrap();
    taken_away(&hands, &orders).await;
    for project in PROJECTS {
        let left = hands.claims(project).get_opt("imagenet").await.unwrap();
        assert!(left.is_none(), "{project}: {left:?}");
    }
    assert!(copies(&hands, &claim).await.is_empty());
    let origin = hands.volume_of("vision", "imagenet").await;
    assert_eq!(policy(&origin), "Delete");
    assert!(!is_held(&hands.claim("vision", "imagenet").await));
    assert_eq!(
        hands
            .read("vision", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
}

async fn one_of_many_that_does_not_go_holds_the_storage(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let orders = orders(&claim, ShareMode::ReadOnly);
    ready(&hands, &orders).await;
    let hold = async |finalizers: &[&str]| {
        let patch = Patch::Merge(json!({"metadata": {"finalizers": finalizers}}));
        let how = PatchParams::default();
        let claims = hands.claims("maps");
        claims.patch("imagenet", &how, &patch).await.unwrap();
    };
    hold(&["example.com/backup"]).await;
    let all_but_one = async || Ok(look_away(&hands, &orders).await);
    let is_one_left = |gone: &Vec<bool>| gone.iter().filter(|is_gone| !**is_gone).count() == 1;
    let gone = until(all_but_one, is_one_left).await.unwrap();
    assert!(is_one_left(&gone), "{gone:?}");
    assert!(is_held(&hands.claim("vision", "imagenet").await));
    assert_eq!(
        policy(&hands.volume_of("vision", "imagenet").await),
        "Retain"
    );
    let kept = hands.volume_of("maps", "imagenet").await;
    assert_eq!(kept.metadata.deletion_timestamp, None);
    hold(&[]).await;
    taken_away(&hands, &orders).await;
    assert!(!is_held(&hands.claim("vision", "imagenet").await));
    assert_eq!(
        policy(&hands.volume_of("vision", "imagenet").await),
        "Delete"
    );
}

async fn what_is_wrong_with_one_of_many_is_mended(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let orders = orders(&claim, ShareMode::ReadOnly);
    ready(&hands, &orders).await;
    let before = hands.claim("video", "imagenet").await.metadata.uid;
    hands.force_away("video", "imagenet").await;
    let all = copies(&hands, &claim).await;
    let namespace = hands.namespace("maps");
    let is_of_maps = |claim_ref: &ObjectReference| claim_ref.namespace.as_ref() == Some(&namespace);
    let of_maps = all.iter().find(|copy| {
        let claim_ref = copy.spec.as_ref().unwrap().claim_ref.as_ref();
        claim_ref.is_some_and(is_of_maps)
    });
    let of_maps = of_maps.unwrap().metadata.name.clone().unwrap();
    let to_delete = json!({"spec": {"persistentVolumeReclaimPolicy": "Delete"}});
    let patch = Patch::Merge(&to_delete);
    let volumes = hands.volumes();
    volumes
        .patch(&of_maps, &PatchParams::default(), &patch)
        .await
        .unwrap();

    ready(&hands, &orders).await;
    assert_ne!(hands.claim("video", "imagenet").await.metadata.uid, before);
    assert_eq!(policy(&volumes.get(&of_maps).await.unwrap()), "Retain");
}

async fn one_of_many_changes_its_mode(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let mut orders = orders(&claim, ShareMode::ReadOnly);
    ready(&hands, &orders).await;
    orders[1].mode = ShareMode::ReadWrite;
    ready(&hands, &orders).await;
    let namespace = hands.namespace(PROJECTS[1]);
    let all = copies(&hands, &claim).await;
    assert_eq!(all.len(), PROJECTS.len());
    for copy in all {
        let spec = copy.spec.unwrap();
        let is_other = spec.claim_ref.unwrap().namespace.as_ref() == Some(&namespace);
        let is_read_only = spec.csi.unwrap().read_only == Some(true);
        assert_ne!(is_other, is_read_only);
    }
}

async fn a_folder_of_a_claim_is_mounted_in_none_of_many(hands: Hands) {
    hands.make_claim("vision", "data", "a.txt", "a").await;
    let mut order = existing_claim(volume(1), "data", "vision");
    order.source = OriginSource::ExistingClaim {
        claim: "data".to_owned(),
        sub_path: "train".parse().unwrap(),
    };
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    let claim = key(&order, &state);
    for state in mounted(&hands, &orders(&claim, ShareMode::ReadOnly)).await {
        assert_eq!(state.phase, MountPhase::Failed, "{state:?}");
        assert!(state.message.contains("one folder of a claim"), "{state:?}");
    }
    assert!(copies(&hands, &claim).await.is_empty());
}

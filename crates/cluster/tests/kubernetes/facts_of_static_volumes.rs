//! Static volumes: who can have one that somebody made by hand, and what is left when nobody gets it.

use std::sync::Arc;
use std::time::Duration;

use cluster::{ClaimOrder, Cluster, Error, ProjectFolder, Removal, StaticVolume};
use domain::{Bytes, OriginSource, PersistenceClass, ShareMode, Sharing};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::facts_of_claims::quota;
use crate::hands::{CLASS, DRIVER, Hands, Server};
use crate::harness::{Harness, existing_claim, filled_claim, key, knowing, mount, volume};
use crate::patient::until;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_free_volume_is_listed_and_a_claim_gets_it_with_its_files,
        a_volume_of_a_class_is_claimed_by_that_class,
        a_claim_on_a_volume_that_was_made_just_before_a_crash_is_found,
        a_volume_that_was_reserved_just_before_a_crash_is_claimed,
        a_volume_that_somebody_has_or_is_to_have_is_refused,
        a_volume_made_anew_under_the_same_name_is_refused,
        a_forged_claim_gets_no_offered_volume,
        a_claim_that_names_another_tenants_volume_opens_nothing,
        a_quota_stops_the_claim_before_the_volume_is_touched,
        a_volume_whose_claim_is_refused_is_free_again,
        a_volume_goes_to_one_of_two_who_take_it_at_once,
        what_was_begun_and_is_not_wanted_is_undone,
        what_a_console_had_begun_when_it_died_is_undone,
        deleting_the_data_volume_keeps_the_volume_and_its_files,
        a_claim_whose_name_is_as_long_as_can_be_gets_its_volume,
    }
}

/// A volume as an administrator makes it by hand, with one file in it.
async fn made_by_hand(hands: &Hands, name: &str, change: &Value) -> PersistentVolume {
    let name = hands.namespace(name);
    let folder = hands.patient.provisioner.folder(&name);
    std::fs::write(folder.join("labels.csv"), "cat,1").unwrap();
    let mut volume = json!({
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "4Mi"},
            "accessModes": ["ReadWriteMany", "ReadOnlyMany"],
            "persistentVolumeReclaimPolicy": "Delete",
            "csi": {"driver": DRIVER, "volumeHandle": name, "volumeAttributes":
                {"server": "127.0.0.1", "share": folder}},
        },
    });
    for (field, value) in change.as_object().into_iter().flatten() {
        volume["spec"][field] = value.clone();
    }
    let volume = serde_json::from_value(volume).unwrap();
    hands
        .volumes()
        .create(&PostParams::default(), &volume)
        .await
        .unwrap();
    let phase = |volume: &PersistentVolume| volume.status.clone().and_then(|status| status.phase);
    until(
        async || Ok(hands.volumes().get(&name).await.unwrap()),
        |volume| phase(volume).as_deref() == Some("Available"),
    )
    .await
    .unwrap()
}

async fn listed(hands: &Hands, volume: &PersistentVolume) -> Option<StaticVolume> {
    let volumes = hands.patient.cluster.static_volumes().await.unwrap();
    let mut volumes = volumes.into_iter();
    volumes.find(|listed| Some(&listed.uid) == volume.metadata.uid.as_ref())
}

fn order(volume: &PersistentVolume, number: u128, name: &str, project: &str) -> ClaimOrder {
    ClaimOrder {
        data_volume_id: crate::harness::volume(number),
        name: name.parse().unwrap(),
        project: ProjectFolder(project.to_owned()),
        source: OriginSource::OfferedVolume {
            volume: volume.metadata.name.clone().unwrap(),
            volume_uid: volume.metadata.uid.clone().unwrap(),
        },
        uid: None,
    }
}

/// The volume without what the cluster's controller writes on it.
async fn now(hands: &Hands, volume: &PersistentVolume) -> Value {
    let name = volume.metadata.name.as_deref().unwrap();
    let spec = hands.volumes().get(name).await.unwrap().spec.unwrap();
    json!({"policy": spec.persistent_volume_reclaim_policy, "claim": spec.claim_ref.map(|claim|
        format!("{}/{}", claim.namespace.unwrap_or_default(), claim.name.unwrap_or_default()))})
}

async fn refused(hands: &Hands, order: &ClaimOrder, why: &str) {
    for refused in [
        hands.patient.plan_claim(order).await.map(drop),
        hands.patient.ensure_claim(order).await.map(drop),
    ] {
        assert!(
            matches!(&refused, Err(Error::Refused(told)) if told.contains(why)),
            "{why}: {refused:?}"
        );
    }
    let claims = hands.claims(&order.project.0);
    let made = claims.get_opt(order.name.as_str()).await.unwrap();
    assert!(made.is_none(), "nothing is made: {made:?}");
}

async fn a_free_volume_is_listed_and_a_claim_gets_it_with_its_files(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let free = listed(&hands, &by_hand).await.unwrap();
    assert_eq!(free.capacity, Bytes(4 << 20));
    assert_eq!(free.storage_class, "");
    assert_eq!(free.persistence.class, PersistenceClass::Durable);
    assert!(matches!(free.sharing, Sharing::Possible { .. }));

    let order = order(&by_hand, 1, "archive", "vision");
    let before = hands.everything().await;
    let plan = hands.patient.plan_claim(&order).await.unwrap();
    assert!(plan.makes.contains(&free.name), "{}", plan.makes);
    assert!(plan.deletion.contains("are kept"), "{}", plan.deletion);
    assert_eq!(plan.persistence.class, PersistenceClass::Durable);
    assert_eq!(hands.everything().await, before, "a plan changes nothing");

    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready, "{state:?}");
    assert_eq!(state.capacity, Some(Bytes(4 << 20)));
    assert_eq!(state.access_modes.len(), 2);
    assert_eq!(
        hands
            .read("vision", "archive", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
    assert_eq!(listed(&hands, &by_hand).await, None);
    assert_eq!(now(&hands, &by_hand).await["policy"], "Retain");
}

async fn a_volume_of_a_class_is_claimed_by_that_class(hands: Hands) {
    let class = json!({"storageClassName": "by-hand", "accessModes": ["ReadOnlyMany"]});
    let by_hand = made_by_hand(&hands, "archive", &class).await;
    let order = order(&by_hand, 1, "archive", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready, "{state:?}");
    assert_eq!(state.storage_class, "by-hand");
}

async fn a_claim_on_a_volume_that_was_made_just_before_a_crash_is_found(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let order = order(&by_hand, 1, "archive", "vision");
    let first = hands.patient.ensure_claim(&order).await.unwrap();
    // The UID was not written down.
    let again = hands.patient.ensure_claim(&order).await.unwrap();
    assert_eq!(first.uid, again.uid);
    let other = ClaimOrder {
        data_volume_id: volume(2),
        ..order.clone()
    };
    assert!(matches!(
        hands.patient.ensure_claim(&other).await,
        Err(Error::Refused(_))
    ));
    let known = hands
        .patient
        .ensure_claim(&knowing(&order, first.uid))
        .await
        .unwrap();
    assert!(known.is_ready);
}

async fn a_volume_that_was_reserved_just_before_a_crash_is_claimed(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    reserve(&hands, &by_hand, "vision", "archive").await;
    let order = order(&by_hand, 1, "archive", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready, "{state:?}");
}

async fn reserve(hands: &Hands, volume: &PersistentVolume, project: &str, claim: &str) {
    let reserved = json!({"spec": {"claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "namespace": hands.namespace(project), "name": claim}}});
    let name = volume.metadata.name.as_deref().unwrap();
    hands
        .volumes()
        .patch(name, &PatchParams::default(), &Patch::Merge(reserved))
        .await
        .unwrap();
}

async fn a_volume_that_somebody_has_or_is_to_have_is_refused(hands: Hands) {
    // Another tenant's, bound.
    let claim = filled_claim(&hands, "secret").await;
    let bound = hands.volume_of("vision", "secret").await;
    refused(&hands, &order(&bound, 2, "mine", "robots"), "in use").await;
    // A copy for a receiver.
    let share = mount(&claim, "secret", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&share).await.unwrap();
    let copy = hands.volume_of("speech", "secret").await;
    refused(
        &hands,
        &order(&copy, 2, "mine", "robots"),
        "another project's",
    )
    .await;
    assert_eq!(listed(&hands, &copy).await, None);
    // Released.
    hands.force_away("vision", "secret").await;
    let name = bound.metadata.name.clone().unwrap();
    let phase = |volume: &PersistentVolume| volume.status.clone().and_then(|status| status.phase);
    until(
        async || Ok(hands.volumes().get(&name).await.unwrap()),
        |volume| phase(volume).as_deref() == Some("Released"),
    )
    .await
    .unwrap();
    refused(
        &hands,
        &order(&bound, 2, "mine", "robots"),
        "was another claim's",
    )
    .await;
    // Reserved for another namespace, and for another claim of this one.
    let reserved = made_by_hand(&hands, "reserved", &json!({})).await;
    for (project, claim) in [("speech", "mine"), ("robots", "other")] {
        reserve(&hands, &reserved, project, claim).await;
        let order = order(&reserved, 2, "mine", "robots");
        refused(&hands, &order, "reserved for another claim").await;
        let kept = format!("{}/{claim}", hands.namespace(project));
        assert_eq!(now(&hands, &reserved).await["claim"], kept);
    }
    assert_eq!(listed(&hands, &reserved).await, None);
    // No file system.
    let block = made_by_hand(&hands, "block", &json!({"volumeMode": "Block"})).await;
    refused(&hands, &order(&block, 2, "mine", "robots"), "block device").await;
    assert_eq!(listed(&hands, &block).await, None);
}

async fn a_volume_made_anew_under_the_same_name_is_refused(hands: Hands) {
    let old = made_by_hand(&hands, "archive", &json!({})).await;
    let name = old.metadata.name.clone().unwrap();
    hands
        .volumes()
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
    while hands.volumes().get_opt(&name).await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let anew = made_by_hand(&hands, "archive", &json!({})).await;
    assert_ne!(old.metadata.uid, anew.metadata.uid);
    let before = now(&hands, &anew).await;
    refused(&hands, &order(&old, 1, "archive", "vision"), "is gone").await;
    assert_eq!(now(&hands, &anew).await, before);
}

async fn a_forged_claim_gets_no_offered_volume(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let before = now(&hands, &by_hand).await;
    // Somebody in the project knew the name, and wrote what Stowage would write; all but the proof.
    let forged = json!({
        "metadata": {"name": "archive", "annotations":
            {"stowage.dev/made-for": format!("{}.{}", volume(1), "0".repeat(64))}},
        "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "",
            "resources": {"requests": {"storage": "8Mi"}}},
    });
    let _: PersistentVolumeClaim = hands.put("vision", forged).await;
    let order = order(&by_hand, 1, "archive", "vision");
    for refused in [
        hands.patient.plan_claim(&order).await.map(drop),
        hands.patient.ensure_claim(&order).await.map(drop),
    ] {
        assert!(
            matches!(&refused, Err(Error::Refused(why)) if why.contains("already")),
            "{refused:?}"
        );
    }
    assert_eq!(now(&hands, &by_hand).await, before);
}

async fn a_claim_that_names_another_tenants_volume_opens_nothing(hands: Hands) {
    filled_claim(&hands, "secret").await;
    let theirs = hands.volume_of("vision", "secret").await.metadata.name;
    let greedy = json!({"metadata": {"name": "mine"}, "spec": {"accessModes": ["ReadWriteMany"],
        "storageClassName": CLASS, "volumeName": theirs, "resources": {"requests": {"storage": "1Mi"}}}});
    let _: PersistentVolumeClaim = hands.put("robots", greedy).await;
    let order = existing_claim(volume(2), "mine", "robots");
    let order = hands.patient.claim_order(&order);
    let state = hands.patient.cluster.ensure_claim(&order).await.unwrap();
    assert!(!state.is_ready, "{state:?}");
    assert_eq!(hands.read("robots", "mine", "labels.csv").await, None);
    let marked = hands.volume_of("vision", "secret").await.metadata.labels;
    let of = marked.unwrap_or_default().remove("stowage.dev/origin-of");
    assert_ne!(of, Some(volume(2).to_string()));
}

async fn a_quota_stops_the_claim_before_the_volume_is_touched(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    quota(&hands, "vision", &json!({"requests.storage": "3Mi"})).await;
    let before = now(&hands, &by_hand).await;
    let order = order(&by_hand, 1, "archive", "vision");
    refused(&hands, &order, "exceeded quota: small").await;
    assert_eq!(now(&hands, &by_hand).await, before);
    assert!(listed(&hands, &by_hand).await.is_some());
}

async fn a_volume_whose_claim_is_refused_is_free_again(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let before = now(&hands, &by_hand).await;
    // Reserved by a console that died; then the project's quota shrank.
    reserve(&hands, &by_hand, "vision", "archive").await;
    quota(&hands, "vision", &json!({"persistentvolumeclaims": "0"})).await;
    let order = order(&by_hand, 1, "archive", "vision");
    refused(&hands, &order, "exceeded quota: small").await;
    assert_eq!(now(&hands, &by_hand).await, before);
    assert!(listed(&hands, &by_hand).await.is_some());
}

async fn a_volume_goes_to_one_of_two_who_take_it_at_once(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let orders = [
        order(&by_hand, 1, "archive", "vision"),
        order(&by_hand, 2, "archive", "robots"),
    ];
    let (one, other) = tokio::join!(
        hands.patient.ensure_claim(&orders[0]),
        hands.patient.ensure_claim(&orders[1]),
    );
    let (winner, loser) = match (&one, &other) {
        (Ok(_), Err(_)) => (&one, &other),
        (Err(_), Ok(_)) => (&other, &one),
        both => panic!("{both:?}"),
    };
    assert!(winner.as_ref().unwrap().is_ready);
    assert!(matches!(loser, Err(Error::Refused(_))), "{loser:?}");
    let lost = &orders[usize::from(one.is_ok())];
    let claims = hands.claims(&lost.project.0);
    assert!(claims.get_opt("archive").await.unwrap().is_none());
}

async fn what_was_begun_and_is_not_wanted_is_undone(hands: Hands) {
    let by_hand = made_by_hand(
        &hands,
        "archive",
        &json!({"persistentVolumeReclaimPolicy": "Retain"}),
    )
    .await;
    let order = order(&by_hand, 1, "archive", "vision");
    let namespaced = hands.patient.claim_order(&order);
    let cluster = &hands.patient.cluster;
    let before = now(&hands, &by_hand).await;
    // Nothing was begun.
    cluster.abandon_claim(&namespaced).await.unwrap();
    // Reserved only.
    reserve(&hands, &by_hand, "vision", "archive").await;
    cluster.abandon_claim(&namespaced).await.unwrap();
    assert_eq!(now(&hands, &by_hand).await, before);
    // Reserved for somebody else: not ours to undo.
    reserve(&hands, &by_hand, "speech", "archive").await;
    let reserved = now(&hands, &by_hand).await;
    cluster.abandon_claim(&namespaced).await.unwrap();
    assert_eq!(now(&hands, &by_hand).await, reserved);
    // A claim of that name that people made stays.
    let theirs = json!({"metadata": {"name": "archive"}, "spec": {"accessModes": ["ReadWriteMany"],
        "storageClassName": "", "resources": {"requests": {"storage": "1Mi"}}}});
    let _: PersistentVolumeClaim = hands.put("vision", theirs).await;
    cluster.abandon_claim(&namespaced).await.unwrap();
    let theirs = hands.claim("vision", "archive").await;
    assert!(theirs.metadata.deletion_timestamp.is_none());
    // A name that can be none was never made.
    let nowhere = ClaimOrder {
        project: ProjectFolder("kube-system".into()),
        ..namespaced
    };
    cluster.abandon_claim(&nowhere).await.unwrap();
}

async fn what_a_console_had_begun_when_it_died_is_undone(hands: Hands) {
    let cluster = &hands.patient.cluster;
    hands.make_namespace("vision").await;
    let (mut reserved, mut claimed) = (0, 0);
    for moment in 0..80 {
        let name = format!("archive-{moment}");
        let by_hand = made_by_hand(&hands, &name, &json!({})).await;
        let before = now(&hands, &by_hand).await;
        let order = hands
            .patient
            .claim_order(&order(&by_hand, 1, &name, "vision"));
        let life = Duration::from_millis(moment);
        let _ = tokio::time::timeout(life, cluster.ensure_claim(&order)).await;
        // What was on its way to the server arrives.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let claim = hands.claims("vision").get_opt(&name).await.unwrap();
        reserved += u32::from(claim.is_none() && now(&hands, &by_hand).await != before);
        cluster.abandon_claim(&order).await.unwrap();
        if claim.is_none() {
            assert_eq!(now(&hands, &by_hand).await, before, "after {life:?}");
        } else if claimed < 2 {
            claimed += 1;
        } else {
            break;
        }
    }
    assert!(reserved > 0, "no console died between the two writes");
}

async fn deleting_the_data_volume_keeps_the_volume_and_its_files(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let order = order(&by_hand, 1, "archive", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    let key = key(&order, &state);
    // The mark that it is found by later is made while it is in use.
    hands
        .patient
        .ensure_claim(&knowing(&order, state.uid))
        .await
        .unwrap();
    assert_eq!(
        hands.patient.remove_claim(&key).await.unwrap(),
        Removal::Done
    );
    let left = until(
        async || {
            let retained = hands.patient.cluster.retained_volumes().await?;
            let mut retained = retained.into_iter();
            Ok(retained.find(|left| Some(&left.uid) == by_hand.metadata.uid.as_ref()))
        },
        Option::is_some,
    )
    .await
    .unwrap();
    assert_eq!(left.unwrap().data_volume_id, volume(1));
    let folder = hands
        .patient
        .provisioner
        .folder(&hands.namespace("archive"));
    assert!(folder.join("labels.csv").exists());
}

async fn a_claim_whose_name_is_as_long_as_can_be_gets_its_volume(hands: Hands) {
    let by_hand = made_by_hand(&hands, "archive", &json!({})).await;
    let name = "a".repeat(63);
    let state = hands
        .patient
        .ensure_claim(&order(&by_hand, 1, &name, "vision"))
        .await
        .unwrap();
    assert!(state.is_ready, "{state:?}");
    // And its mounts: the names of what is made for them do not grow with it.
    let claim = key(&order(&by_hand, 1, &name, "vision"), &state);
    let share = mount(&claim, &name, "speech", ShareMode::ReadOnly);
    let mounted = hands.patient.ensure_mount(&share).await.unwrap();
    assert_eq!(mounted.phase, domain::MountPhase::Ready, "{mounted:?}");
}

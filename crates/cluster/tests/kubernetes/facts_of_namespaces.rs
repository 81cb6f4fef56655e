//! Where projects live, and the server itself: namespaces that are there, are the cluster's own, or have the
//! longest names, and an API server that is away.

use std::sync::Arc;

use cluster::{ClaimOrder, Cluster, Error, ProjectFolder, Removal};
use domain::{OriginSource, ShareMode};
use libtest_mimic::Trial;
use serde_json::json;

use crate::hands::{CLASS, Hands, Server};
use crate::harness::{Harness, filled_claim, key, knowing, mount, new_claim, volume};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        names_of_sixty_three_characters_work,
        a_namespace_that_is_there_is_taken_as_it_is,
        the_clusters_own_namespaces_are_refused,
        an_api_server_that_is_away_is_no_refusal,
    }
}

async fn names_of_sixty_three_characters_work(hands: Hands) {
    let name = "v".repeat(63);
    let claim = filled_claim(&hands, &name).await;
    let project = "p".repeat(63 - hands.namespace("").len());
    let order = mount(&claim, &name, &project, ShareMode::ReadOnly);
    let state = hands.patient.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, domain::MountPhase::Ready, "{state:?}");
    assert_eq!(
        hands
            .read_mounted(&project, &name, "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
    assert_eq!(
        hands.patient.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
}

async fn a_namespace_that_is_there_is_taken_as_it_is(hands: Hands) {
    hands.make_namespace("vision").await;
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> =
        kube::Api::all(hands.client.clone());
    let before = namespaces.get(&hands.namespace("vision")).await.unwrap();
    hands
        .patient
        .ensure_project(&ProjectFolder("vision".into()))
        .await
        .unwrap();
    let after = namespaces.get(&hands.namespace("vision")).await.unwrap();
    assert_eq!(before, after);
}

async fn the_clusters_own_namespaces_are_refused(hands: Hands) {
    let order = ClaimOrder {
        project: ProjectFolder("kube-system".into()),
        source: OriginSource::ExistingClaim {
            claim: "x".into(),
            sub_path: domain::VolumePath::root(),
        },
        ..new_claim(volume(1), "imagenet", "vision", CLASS)
    };
    assert!(matches!(
        hands.patient.cluster.ensure_project(&order.project).await,
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        hands.patient.cluster.ensure_claim(&order).await,
        Err(Error::Refused(_))
    ));
}

async fn an_api_server_that_is_away_is_no_refusal(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let folder = hands.patient.provisioner.folder("away");
    let kubeconfig = folder.join("kubeconfig");
    let away = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    });
    std::fs::write(&kubeconfig, away.to_string()).unwrap();
    let settings = cluster::kubernetes::Settings {
        kubeconfig: Some(kubeconfig),
        ..cluster::kubernetes::Settings::default()
    };
    let away = cluster::kubernetes::KubernetesCluster::new(
        &settings,
        cluster::kubernetes::SealKey::new([7; 32]),
        Arc::new(crate::harness::Stopped::new()),
    )
    .await
    .unwrap();
    let order = new_claim(volume(1), "imagenet", "vision", CLASS);
    let state = away
        .ensure_claim(&knowing(&order, Some(claim.uid.clone())))
        .await;
    assert!(matches!(state, Err(Error::Unavailable { .. })), "{state:?}");
    let removal = away.remove_claim(&hands.patient.key(&claim)).await;
    assert!(
        matches!(removal, Err(Error::Unavailable { .. })),
        "{removal:?}"
    );
    let found = hands.patient.ensure_claim(&order).await.unwrap();
    assert_eq!(key(&order, &found).uid, claim.uid);
}

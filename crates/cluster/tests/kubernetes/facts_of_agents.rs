//! Data agents: admitted under the strictest rules, made when needed, and never anybody else's pod.

use std::sync::Arc;
use std::time::Duration;

use cluster::{ClaimKey, Cluster, Error, Removal, Visit};
use domain::{ShareMode, VolumePath};
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim, Pod, Secret};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::hands::{CLASS, Hands, Server, claim_of_people};
use crate::harness::{existing_claim, filled_claim, key, mount, volume};
use crate::patient::until;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        an_agent_is_admitted_where_only_restricted_pods_are,
        an_agent_that_ended_is_started_again,
        an_agent_that_fails_at_once_is_started_once_and_says_why,
        nothing_is_started_for_a_look_that_need_not_be,
        a_pod_that_somebody_put_in_its_place_gets_no_tickets,
        a_claim_for_one_pod_is_not_opened_while_it_is_used,
        a_claim_for_one_node_is_opened_on_the_node_that_uses_it,
        an_agent_goes_with_its_claim,
    }
}

fn visit(may_wait: bool) -> Visit {
    Visit {
        subject: "ada".to_owned(),
        may_write: true,
        may_wait,
        credential: None,
        folders: vec![VolumePath::root()],
    }
}

fn pods(hands: &Hands, project: &str) -> Api<Pod> {
    Api::namespaced(hands.client.clone(), &hands.namespace(project))
}

async fn agents(hands: &Hands) -> Vec<Pod> {
    let which = ListParams::default().labels("stowage.dev/agent");
    pods(hands, "vision").list(&which).await.unwrap().items
}

async fn an_agent_is_admitted_where_only_restricted_pods_are(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let namespaces: Api<Namespace> = Api::all(hands.client.clone());
    let strict =
        json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    let name = hands.namespace("vision");
    namespaces
        .patch(&name, &PatchParams::default(), &Patch::Merge(strict))
        .await
        .unwrap();
    hands.patient.data_path(&claim, &visit(true)).await.unwrap();
    let spec = agents(&hands).await.remove(0).spec.unwrap();
    assert_eq!(spec.automount_service_account_token, Some(false));
}

async fn an_agent_that_ended_is_started_again(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    hands.patient.data_path(&claim, &visit(true)).await.unwrap();
    let first = agents(&hands).await.remove(0);
    let name = first.metadata.name.unwrap();
    let ended = Patch::Merge(json!({"status": {"phase": "Succeeded"}}));
    pods(&hands, "vision")
        .patch_status(&name, &PatchParams::default(), &ended)
        .await
        .unwrap();
    hands.patient.data_path(&claim, &visit(true)).await.unwrap();
    let second = agents(&hands).await;
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].metadata.uid, first.metadata.uid);
}

async fn an_agent_that_fails_at_once_is_started_once_and_says_why(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let here = hands.patient.key(&claim);
    let (cluster, visit) = (&hands.patient.cluster, visit(true));
    let failed = Patch::Merge(json!({"status": {"phase": "Failed", "containerStatuses": [{
        "name": "agent", "image": "stowage", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 1, "message": "the folder cannot be written"}},
    }]}}));
    let fail_all = async {
        loop {
            for agent in agents(&hands).await {
                let name = agent.metadata.name.unwrap();
                let how = PatchParams::default();
                // It may have been cleared away.
                let _ = pods(&hands, "vision")
                    .patch_status(&name, &how, &failed)
                    .await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let refused = tokio::select! {
        refused = cluster.data_path(&here, &visit) => refused,
        () = fail_all => unreachable!("it goes on for ever"),
    };
    let Err(Error::Unavailable { source, .. }) = refused else {
        panic!("the files are open");
    };
    let why = source.to_string();
    assert!(
        why.contains("code 1: the folder cannot be written"),
        "{why}"
    );
    assert_eq!(agents(&hands).await.len(), 1);
}

async fn nothing_is_started_for_a_look_that_need_not_be(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let refused = hands.patient.data_path(&claim, &visit(false)).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
    assert!(agents(&hands).await.is_empty());
    hands.patient.data_path(&claim, &visit(true)).await.unwrap();
    hands
        .patient
        .data_path(&claim, &visit(false))
        .await
        .unwrap();
}

async fn a_pod_that_somebody_put_in_its_place_gets_no_tickets(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let pod = json!({
        "metadata": {
            "name": format!("stowage-agent-{}", claim.uid),
            "labels": {"app.kubernetes.io/managed-by": "stowage"},
            "annotations": {"stowage.dev/made-for": format!("{}.00", volume(1))},
        },
        "spec": {"containers": [{"name": "agent", "image": "mine"}]},
    });
    put_pod(&hands, &pod).await;
    let refused = hands.patient.data_path(&claim, &visit(true)).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("did not make")));
}

async fn put_pod(hands: &Hands, pod: &serde_json::Value) {
    let pod: Pod = serde_json::from_value(pod.clone()).unwrap();
    let api = pods(hands, "vision");
    // A namespace gets the account that pods run as a moment after it was made.
    let made = until(
        async || Ok(api.create(&PostParams::default(), &pod).await),
        Result::is_ok,
    );
    made.await.unwrap().unwrap();
}

/// A claim of a mode of its own that a pod uses.
async fn claim_in_use(hands: &Hands, mode: &str) -> ClaimKey {
    let mut wish = claim_of_people("old-data", CLASS);
    wish["spec"]["accessModes"] = json!([mode]);
    let _: PersistentVolumeClaim = hands.put("vision", wish).await;
    let order = existing_claim(volume(1), "old-data", "vision");
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    let pod = json!({
        "metadata": {"name": "train"},
        "spec": {
            "nodeName": "node-seven",
            "containers": [{"name": "c", "image": "none"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "old-data"}}],
        },
    });
    put_pod(hands, &pod).await;
    key(&order, &state)
}

async fn a_claim_for_one_pod_is_not_opened_while_it_is_used(hands: Hands) {
    let claim = claim_in_use(&hands, "ReadWriteOncePod").await;
    let refused = hands.patient.data_path(&claim, &visit(true)).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("one single pod")));
    assert!(agents(&hands).await.is_empty());
    let share = mount(&claim, "a-volume", "speech", ShareMode::ReadOnly);
    let state = hands.patient.ensure_mount(&share).await.unwrap();
    assert!(
        state.message.contains("ReadWriteOncePod"),
        "{}",
        state.message
    );
}

async fn a_claim_for_one_node_is_opened_on_the_node_that_uses_it(hands: Hands) {
    let claim = claim_in_use(&hands, "ReadWriteOnce").await;
    hands.patient.data_path(&claim, &visit(true)).await.unwrap();
    let agent = serde_json::to_value(agents(&hands).await.remove(0)).unwrap();
    assert!(
        agent["spec"]["affinity"].to_string().contains("node-seven"),
        "{agent}"
    );
}

async fn an_agent_goes_with_its_claim(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    hands.patient.data_path(&claim, &visit(true)).await.unwrap();
    assert_eq!(
        hands.patient.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
    assert!(agents(&hands).await.is_empty());
    let namespace = hands.namespace("vision");
    let secrets: Api<Secret> = Api::namespaced(hands.client.clone(), &namespace);
    assert!(
        secrets
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let policies: Api<NetworkPolicy> = Api::namespaced(hands.client.clone(), &namespace);
    assert!(
        policies
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

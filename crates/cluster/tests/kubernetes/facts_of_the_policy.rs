//! The policy that is shipped beside the console's account: a shared claim is not deleted by hand.

use std::sync::Arc;

use cluster::Cluster;
use domain::ShareMode;
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use kube::Api;
use kube::api::DeleteParams;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::console_account::apply;
use crate::hands::{Hands, Server};
use crate::harness::{filled_claim, mount};
use crate::patient::until;

const MANIFEST: &str = include_str!("../../../../deploy/kubernetes/policy.yaml");

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_shared_claim_is_not_deleted_by_hand_and_the_answer_says_what_to_do,
    }
}

/// Applies the policy as it is shipped, but for this test's namespace alone: others delete shared claims.
async fn put_policy(hands: &Hands) {
    let namespace = hands.namespace("vision");
    for document in MANIFEST.split("\n---\n") {
        let mut object: Value = serde_saphyr::from_str(document).unwrap();
        if object["kind"] == "ValidatingAdmissionPolicy" {
            let api: Api<ValidatingAdmissionPolicy> = Api::all(hands.client.clone());
            apply(api, object).await.unwrap();
            continue;
        }
        object["spec"]["matchResources"] = json!({"namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": namespace},
        }});
        let api: Api<ValidatingAdmissionPolicyBinding> = Api::all(hands.client.clone());
        apply(api, object).await.unwrap();
    }
}

async fn a_shared_claim_is_not_deleted_by_hand_and_the_answer_says_what_to_do(hands: Hands) {
    let claim = filled_claim(&hands, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    hands.patient.ensure_mount(&order).await.unwrap();
    put_policy(&hands).await;

    let trial = DeleteParams::default().dry_run();
    let claims = hands.claims("vision");
    // The API server takes a policy up within seconds.
    let refused = until(
        async || Ok(claims.delete("imagenet", &trial).await),
        Result::is_err,
    );
    let refused = refused.await.unwrap().unwrap_err().to_string();
    assert!(
        refused.contains("Take its shares back in Stowage first."),
        "{refused}"
    );

    hands.patient.remove_mount(&order).await.unwrap();
    claims
        .delete("imagenet", &DeleteParams::default())
        .await
        .unwrap();
}

//! Watches: what happens on the cluster is told when it happens, whatever becomes of the connection.

use std::sync::Arc;
use std::time::Duration;

use cluster::kubernetes::KubernetesCluster;
use cluster::{Change, Cluster as _, ProjectFolder};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim};
use kube::api::{Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::between::Between;
use crate::hands::{CLASS, Hands, Server, claim_of_people, cluster_at};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        what_people_do_to_claims_and_volumes_is_told,
        why_a_claim_waits_is_told,
        a_watch_that_ends_goes_on_and_misses_nothing,
        a_place_that_the_server_forgot_is_no_end,
        busy_and_broken_answers_are_waited_out,
        nothing_is_written_by_watching,
    }
}

/// What a test hears of its own namespace.
struct Ear {
    changes: BoxStream<'static, Change>,
    project: ProjectFolder,
}

impl Ear {
    /// From the moment on at which nothing is missed any more.
    async fn new(cluster: &KubernetesCluster, hands: &Hands, project: &str) -> Self {
        let mut changes = cluster.changes();
        // Another kind may tell of something before the last one was listed.
        while changes.next().await.unwrap() != Change::Everything {}
        Self {
            changes,
            project: ProjectFolder(hands.namespace(project)),
        }
    }

    /// Waits until something about a claim is told; within a time that no poll would keep.
    async fn hears_of(&mut self, claim: &str) {
        let wanted = Change::Claim {
            project: self.project.clone(),
            claim: claim.to_owned(),
        };
        let heard = async { while self.changes.next().await.unwrap() != wanted {} };
        let heard = tokio::time::timeout(Duration::from_secs(20), heard).await;
        assert!(heard.is_ok(), "nothing was told of {claim}");
    }

    /// Takes what was told already.
    fn forgets(&mut self) {
        while futures::FutureExt::now_or_never(self.changes.next()).is_some() {}
    }
}

async fn make(hands: &Hands, project: &str, claim: &str) {
    let claim = claim_of_people(claim, CLASS);
    let _: PersistentVolumeClaim = hands.put(project, claim).await;
}

async fn what_people_do_to_claims_and_volumes_is_told(hands: Hands) {
    let mut ear = Ear::new(&hands.patient.cluster, &hands, "vision").await;
    make(&hands, "vision", "imagenet").await;
    ear.hears_of("imagenet").await;
    // A volume that is made for the claim, and what is changed about it.
    let namespace = hands.namespace("vision");
    ear.forgets();
    hands
        .patient
        .provisioner
        .make_what_is_claimed(&namespace)
        .await;
    ear.hears_of("imagenet").await;
    let uid = hands
        .claim("vision", "imagenet")
        .await
        .metadata
        .uid
        .unwrap();
    let note = Patch::Merge(json!({"metadata": {"annotations": {"example.com/note": "a"}}}));
    ear.forgets();
    hands
        .volumes()
        .patch(&format!("pvc-{uid}"), &PatchParams::default(), &note)
        .await
        .unwrap();
    ear.hears_of("imagenet").await;
    ear.forgets();
    hands.force_away("vision", "imagenet").await;
    ear.hears_of("imagenet").await;
}

async fn why_a_claim_waits_is_told(hands: Hands) {
    make(&hands, "vision", "imagenet").await;
    let claim = hands.claim("vision", "imagenet").await;
    let mut ear = Ear::new(&hands.patient.cluster, &hands, "vision").await;
    ear.forgets();
    let event = json!({
        "metadata": {"generateName": "imagenet."},
        "involvedObject": {"kind": "PersistentVolumeClaim", "namespace": hands.namespace("vision"),
            "name": "imagenet", "uid": claim.metadata.uid},
        "reason": "ProvisioningFailed", "message": "no space", "type": "Warning",
    });
    let _: Event = hands.put("vision", event).await;
    ear.hears_of("imagenet").await;
}

async fn a_watch_that_ends_goes_on_and_misses_nothing(hands: Hands) {
    let between = Between::new(&hands).await;
    let cluster = cluster_at(&between.kubeconfig(), hands.patient.clock.clone()).await;
    let mut ear = Ear::new(&cluster, &hands, "vision").await;
    for name in ["one", "two", "three"] {
        between.end_watches();
        make(&hands, "vision", name).await;
        ear.hears_of(name).await;
    }
    // Nobody listens while the server is away.
    between.set_away(true);
    make(&hands, "vision", "four").await;
    between.set_away(false);
    ear.hears_of("four").await;
}

async fn a_place_that_the_server_forgot_is_no_end(hands: Hands) {
    let between = Between::new(&hands).await;
    let cluster = cluster_at(&between.kubeconfig(), hands.patient.clock.clone()).await;
    make(&hands, "vision", "known").await;
    make(&hands, "vision", "gone").await;
    make_volume(&hands, "gone").await;
    let mut ear = Ear::new(&cluster, &hands, "vision").await;
    // It forgets again and again: in the stream, and before it begins.
    for name in ["one", "two"] {
        between.set_away(true);
        make(&hands, "vision", name).await;
        between.answer_watches(&[410, 410, 410]);
        between.set_away(false);
        ear.hears_of(name).await;
        between.forget_watches();
    }
    between.set_away(true);
    hands.force_away("vision", "gone").await;
    between.answer_watches(&[410, 410, 410]);
    between.set_away(false);
    ear.hears_of("gone").await;
}

/// A volume of that name that waits for a claim of that name.
async fn make_volume(hands: &Hands, name: &str) {
    let volume = json!({
        "metadata": {"name": format!("{}{name}", hands.namespace(""))},
        "spec": {
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": hands.namespace("vision"), "name": name},
            "csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": name},
        },
    });
    let volume: PersistentVolume = serde_json::from_value(volume).unwrap();
    hands
        .volumes()
        .create(&PostParams::default(), &volume)
        .await
        .unwrap();
}

async fn busy_and_broken_answers_are_waited_out(hands: Hands) {
    let between = Between::new(&hands).await;
    let cluster = cluster_at(&between.kubeconfig(), hands.patient.clock.clone()).await;
    let mut ear = Ear::new(&cluster, &hands, "vision").await;
    between.answer_watches(&[429, 500, 0, 503, 401, 0, 504, 500, 429]);
    between.end_watches();
    make(&hands, "vision", "imagenet").await;
    ear.hears_of("imagenet").await;
}

async fn nothing_is_written_by_watching(hands: Hands) {
    let between = Between::new(&hands).await;
    let cluster = cluster_at(&between.kubeconfig(), hands.patient.clock.clone()).await;
    let mut ear = Ear::new(&cluster, &hands, "vision").await;
    make(&hands, "vision", "imagenet").await;
    ear.hears_of("imagenet").await;
    between.forget_watches();
    make(&hands, "vision", "another").await;
    ear.hears_of("another").await;
    assert_eq!(between.take_writes(), Vec::<String>::new());
}

//! The cluster as the reconciler sees it in the end: each verb is called again until it is done.
//!
//! Controllers take their time, and the suite asks once. Projects get namespaces of their own for each
//! test, so that tests on one cluster do not meet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cluster::kubernetes::KubernetesCluster;
use cluster::{
    ClaimKey, ClaimOrder, ClaimPlan, ClaimState, ClaimWish, Cluster, DataPath, ExistingClaim,
    MountOrder, MountState, ProjectFolder, Removal, Result, StorageClass, Visit,
};
use domain::{ClusterKind, ConditionStatus, MountPhase};

use crate::hands::Provisioner;
use crate::harness::Stopped;
use crate::node;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// A cluster whose verbs wait.
pub(crate) struct Patient {
    /// The cluster itself, with namespaces as they are.
    pub(crate) cluster: KubernetesCluster,
    pub(crate) provisioner: Provisioner,
    pub(crate) clock: Arc<Stopped>,
}

impl Patient {
    fn folder(&self, project: &ProjectFolder) -> ProjectFolder {
        ProjectFolder(self.provisioner.namespace(&project.0))
    }

    /// The same order with the namespace that this test has for the project.
    pub(crate) fn claim_order(&self, order: &ClaimOrder) -> ClaimOrder {
        ClaimOrder {
            project: self.folder(&order.project),
            ..order.clone()
        }
    }

    /// The same key with the namespace that this test has for the project.
    pub(crate) fn key(&self, key: &ClaimKey) -> ClaimKey {
        ClaimKey {
            project: self.folder(&key.project),
            ..key.clone()
        }
    }

    /// The same order with the namespaces that this test has for the projects.
    pub(crate) fn mount_order(&self, order: &MountOrder) -> MountOrder {
        MountOrder {
            claim: self.key(&order.claim),
            project: self.folder(&order.project),
            ..order.clone()
        }
    }
}

/// Calls until the answer is final, or patience ends.
pub(crate) async fn until<T, F: Future<Output = Result<T>>>(
    mut call: impl FnMut() -> F,
    is_final: impl Fn(&T) -> bool,
) -> Result<T> {
    let since = Instant::now();
    loop {
        let answer = call().await?;
        if is_final(&answer) || since.elapsed() > PATIENCE {
            return Ok(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[async_trait]
impl Cluster for Patient {
    fn kind(&self) -> ClusterKind {
        self.cluster.kind()
    }

    async fn ensure_project(&self, project: &ProjectFolder) -> Result<()> {
        self.cluster.ensure_project(&self.folder(project)).await
    }

    async fn storage_classes(&self) -> Result<Vec<StorageClass>> {
        self.cluster.storage_classes().await
    }

    async fn existing_claims(&self, project: &ProjectFolder) -> Result<Vec<ExistingClaim>> {
        self.cluster.existing_claims(&self.folder(project)).await
    }

    async fn make_claim(&self, wish: &ClaimWish) -> Result<ExistingClaim> {
        let wish = ClaimWish {
            project: self.folder(&wish.project),
            ..wish.clone()
        };
        self.cluster.make_claim(&wish).await
    }

    async fn plan_claim(&self, order: &ClaimOrder) -> Result<ClaimPlan> {
        self.cluster.plan_claim(&self.claim_order(order)).await
    }

    async fn ensure_claim(&self, order: &ClaimOrder) -> Result<ClaimState> {
        let order = self.claim_order(order);
        let call = async || {
            let state = self.cluster.ensure_claim(&order).await?;
            if !state.is_ready {
                self.provisioner
                    .make_what_is_claimed(&order.project.0)
                    .await;
            }
            Ok(state)
        };
        let is_waiting = |state: &ClaimState| {
            let mut told = state.conditions.iter();
            told.any(|condition| condition.status == ConditionStatus::Unknown)
        };
        until(call, |state| !is_waiting(state)).await
    }

    async fn remove_claim(&self, claim: &ClaimKey) -> Result<Removal> {
        let claim = self.key(claim);
        let removal = until(
            async || self.cluster.remove_claim(&claim).await,
            |removal| *removal == Removal::Done,
        )
        .await;
        self.provisioner
            .remove_what_was_released(&claim.project.0)
            .await;
        removal
    }

    async fn ensure_mount(&self, order: &MountOrder) -> Result<MountState> {
        let order = self.mount_order(order);
        self.cluster.ensure_project(&order.project).await?;
        until(
            async || self.cluster.ensure_mount(&order).await,
            |state| state.phase != MountPhase::Pending,
        )
        .await
    }

    async fn remove_mount(&self, order: &MountOrder) -> Result<Removal> {
        let order = self.mount_order(order);
        until(
            async || self.cluster.remove_mount(&order).await,
            |removal| *removal == Removal::Done,
        )
        .await
    }

    async fn pods_at(&self, order: &MountOrder) -> Result<Option<Vec<String>>> {
        self.cluster.pods_at(&self.mount_order(order)).await
    }

    async fn data_path(&self, claim: &ClaimKey, visit: &Visit) -> Result<DataPath> {
        let claim = self.key(claim);
        let client = &self.provisioner.client;
        tokio::select! {
            path = self.cluster.data_path(&claim, visit) => path,
            () = node::run(client, &claim.project.0, self.clock.clone()) => unreachable!("a node runs for ever"),
        }
    }
}

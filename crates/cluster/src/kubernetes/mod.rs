//! Kubernetes clusters: a data volume is a claim in its project's namespace, and a share is a second volume
//! for the same storage, bound to a claim in the receiving namespace.
//!
//! People of a project may change anything in its namespace, labels and annotations included: claims are
//! known by their UIDs, and what Stowage remembers about sharing is written on volumes, which belong to no
//! namespace.

mod adoption;
mod agent_pod;
mod agents;
mod api_server;
mod binding;
mod claims;
mod copies;
mod data_path;
mod drivers;
mod explain;
mod first_list;
mod growth;
mod many;
mod mounts;
mod names;
mod offers;
mod origin;
mod persistence;
mod plan;
mod quota;
mod removal;
mod retained;
mod seal;
mod settings;
mod static_volumes;
mod taking;
mod unmounting;
mod watches;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Bytes, Clock, ClusterKind};
use futures::stream::BoxStream;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolume, PersistentVolumeClaim};
use kube::Api;
use kube::api::ObjectMeta;

use self::agents::AgentsThere;
use self::api_server::{ApiServer, Made, create, get};
use self::drivers::Drivers;
use self::first_list::FirstList;
use self::names::{MANAGED_BY, namespace};
pub use self::seal::SealKey;
pub use self::settings::{
    AgentReach, AgentSettings, DriverSharing, SecretName, Settings, StorageClassSettings,
};
use crate::{
    Change, ClaimKey, ClaimOrder, ClaimPlan, ClaimState, ClaimWish, Cluster, DataPath, Error,
    ExistingClaim, MountOrder, MountState, ProjectFolder, Removal, Result, RetainedVolume,
    StaticVolume, StorageClass, StorageDescription, TakeBackOrder, Visit,
};

/// A Kubernetes cluster.
pub struct KubernetesCluster {
    api: ApiServer,
    settings: Settings,
    drivers: Drivers,
    seal_key: SealKey,
    clock: Arc<dyn Clock>,
    first_list: FirstList,
    agents_there: AgentsThere,
}

impl KubernetesCluster {
    /// Reads how the cluster is reached; the cluster itself is not asked yet and may be away.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no such kubeconfig, context or service account.
    pub async fn new(
        settings: &Settings,
        seal_key: SealKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        Ok(Self {
            api: ApiServer::new(settings).await?,
            settings: settings.clone(),
            drivers: Drivers::new(settings),
            seal_key,
            clock,
            first_list: FirstList::default(),
            agents_there: AgentsThere::default(),
        })
    }

    fn claims(&self, namespace: &str) -> Api<PersistentVolumeClaim> {
        self.api.within(namespace)
    }

    fn volumes(&self) -> Api<PersistentVolume> {
        self.api.everywhere()
    }

    async fn make_namespace(&self, project: &ProjectFolder) -> Result<()> {
        let name = namespace(project)?;
        let doing = format!("making the namespace {name}");
        let namespaces: Api<Namespace> = self.api.everywhere();
        let Some(found) = get(&namespaces, name, &doing).await? else {
            let new = Namespace {
                metadata: ObjectMeta {
                    name: Some(name.to_owned()),
                    labels: Some([(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned())].into()),
                    ..ObjectMeta::default()
                },
                ..Namespace::default()
            };
            // Somebody who was faster made it, which is as good.
            let (Made::New(_) | Made::There) = create(&namespaces, &new, &doing).await?;
            return Ok(());
        };
        if found.metadata.deletion_timestamp.is_some() {
            return Err(Error::Refused(format!(
                "The namespace {name} is being deleted on the cluster: wait until it is gone, and it is made anew."
            )));
        }
        Ok(())
    }
}

#[async_trait]
impl Cluster for KubernetesCluster {
    fn kind(&self) -> ClusterKind {
        ClusterKind::Kubernetes
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        watches::changes(&self.api, &self.first_list)
    }

    async fn ensure_project(&self, project: &ProjectFolder) -> Result<()> {
        self.make_namespace(project).await
    }

    async fn storage_classes(&self) -> Result<Vec<StorageClass>> {
        self.offers().await
    }

    async fn existing_claims(&self, project: &ProjectFolder) -> Result<Vec<ExistingClaim>> {
        self.claims_of(project).await
    }

    async fn make_claim(&self, wish: &ClaimWish) -> Result<ExistingClaim> {
        self.make_wished(wish).await
    }

    async fn plan_claim(&self, order: &ClaimOrder) -> Result<ClaimPlan> {
        Box::pin(self.plan(order)).await
    }

    async fn ensure_claim(&self, order: &ClaimOrder) -> Result<ClaimState> {
        Box::pin(self.bring_claim_up(order)).await
    }

    async fn grow_claim(&self, claim: &ClaimKey, size: Bytes) -> Result<()> {
        Box::pin(self.grow(claim, size)).await
    }

    async fn retained_volumes(&self) -> Result<Vec<RetainedVolume>> {
        self.retained().await
    }

    async fn take_volume_back(&self, order: &TakeBackOrder) -> Result<()> {
        Box::pin(self.bring_back(order)).await
    }

    async fn static_volumes(&self) -> Result<Vec<StaticVolume>> {
        self.free_volumes().await
    }

    async fn abandon_claim(&self, order: &ClaimOrder) -> Result<()> {
        Box::pin(self.abandon(order)).await
    }

    async fn hand_volume_over(
        &self,
        volume: &str,
        uid: &str,
        to: &str,
    ) -> Result<StorageDescription> {
        Box::pin(self.hand_over(volume, uid, to)).await
    }

    async fn end_handing_over(
        &self,
        volume: &str,
        uid: &str,
        to: &str,
        is_taken: bool,
    ) -> Result<()> {
        Box::pin(self.note_handed_over(volume, uid, to, is_taken)).await
    }

    async fn adopt_volume(
        &self,
        storage: &StorageDescription,
        order: &TakeBackOrder,
    ) -> Result<()> {
        Box::pin(self.adopt(storage, order)).await
    }

    async fn remove_claim(&self, claim: &ClaimKey) -> Result<Removal> {
        Box::pin(self.take_claim_down(claim)).await
    }

    async fn ensure_mount(&self, order: &MountOrder) -> Result<MountState> {
        Box::pin(self.mount(order)).await
    }

    fn ensure_mounts<'a>(
        &'a self,
        claim: &'a ClaimKey,
        orders: &'a [MountOrder],
    ) -> BoxStream<'a, (usize, Result<MountState>)> {
        self.mount_all(claim, orders)
    }

    async fn remove_mount(&self, order: &MountOrder) -> Result<Removal> {
        Box::pin(self.unmount(order)).await
    }

    fn remove_mounts<'a>(
        &'a self,
        claim: &'a ClaimKey,
        orders: &'a [MountOrder],
    ) -> BoxStream<'a, (usize, Result<Removal>)> {
        self.unmount_all(claim, orders)
    }

    async fn pods_at(&self, order: &MountOrder) -> Result<Option<Vec<String>>> {
        let receiver = names::namespace(&order.project)?;
        self.pods_using(receiver, order.name.as_str())
            .await
            .map(Some)
    }

    async fn data_path(&self, claim: &ClaimKey, visit: &Visit) -> Result<DataPath> {
        Box::pin(self.way(claim, visit)).await?.ok_or_else(|| {
            Error::Refused(format!(
                "The data agent of {}/{} does not run now.",
                claim.project.0, claim.name
            ))
        })
    }
}

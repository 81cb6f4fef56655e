//! People's hands on the cluster, and the provisioner that it does not have: volumes are made by hand.

use std::time::Duration;

use anyhow::Result;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolume, PersistentVolumeClaim};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PAUSE: Duration = Duration::from_millis(20);

#[derive(Clone)]
pub(crate) struct Hands(pub(crate) Client);

impl Hands {
    pub(crate) fn volumes(&self) -> Api<PersistentVolume> {
        Api::all(self.0.clone())
    }

    /// What becomes of a volume when its claim goes.
    pub(crate) async fn reclaim_policy(&self, volume: &str) -> Result<Option<String>> {
        let spec = self.volumes().get(volume).await?.spec;
        Ok(spec.and_then(|spec| spec.persistent_volume_reclaim_policy))
    }

    pub(crate) fn claims(&self, namespace: &str) -> Api<PersistentVolumeClaim> {
        Api::namespaced(self.0.clone(), namespace)
    }

    pub(crate) fn namespaces(&self) -> Api<Namespace> {
        Api::all(self.0.clone())
    }

    /// Makes an object in a namespace, and the namespace if it is missing.
    pub(crate) async fn put<K>(&self, namespace: &str, object: Value) -> Result<K>
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned
            + Serialize,
    {
        let made = json!({"metadata": {"name": namespace}});
        let made = serde_json::from_value(made)?;
        let _ = self
            .namespaces()
            .create(&PostParams::default(), &made)
            .await;
        let api: Api<K> = Api::namespaced(self.0.clone(), namespace);
        Ok(api
            .create(&PostParams::default(), &serde_json::from_value(object)?)
            .await?)
    }

    /// A claim of that name, and a volume for it of a driver whose volumes can be shared.
    pub(crate) async fn make_claim(&self, namespace: &str, name: &str) -> Result<()> {
        let volume_name = format!("{namespace}-{name}");
        let volume = json!({
            "metadata": {"name": volume_name},
            "spec": {
                "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Delete",
                "claimRef": {"namespace": namespace, "name": name},
                "csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": volume_name,
                    "volumeAttributes": {"server": "127.0.0.1", "share": "/srv"}},
            },
        });
        let volume = serde_json::from_value(volume)?;
        self.volumes()
            .create(&PostParams::default(), &volume)
            .await?;
        let claim = json!({
            "metadata": {"name": name},
            "spec": {
                "accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": volume_name,
                "resources": {"requests": {"storage": "1Mi"}},
            },
        });
        let _: PersistentVolumeClaim = self.put(namespace, claim).await?;
        while !self.is_bound(namespace, name).await? {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    pub(crate) async fn is_bound(&self, namespace: &str, name: &str) -> Result<bool> {
        let claim = self.claims(namespace).get_opt(name).await?;
        let phase = claim.and_then(|claim| claim.status?.phase);
        Ok(phase.as_deref() == Some("Bound"))
    }

    /// Deletes a claim as an administrator of the cluster does who waits for nothing.
    pub(crate) async fn force_away(&self, namespace: &str, name: &str) -> Result<()> {
        let claims = self.claims(namespace);
        let _ = claims.delete(name, &DeleteParams::default()).await;
        self.set_finalizers(namespace, name, &[]).await
    }

    pub(crate) async fn set_finalizers(
        &self,
        namespace: &str,
        name: &str,
        finalizers: &[&str],
    ) -> Result<()> {
        let patch = Patch::Merge(json!({"metadata": {"finalizers": finalizers}}));
        let _ = self
            .claims(namespace)
            .patch(name, &PatchParams::default(), &patch)
            .await;
        Ok(())
    }

    /// The volumes by which others use a claim.
    pub(crate) async fn copies_of(&self, claim_uid: &str) -> Result<Vec<PersistentVolume>> {
        let which = ListParams::default().labels(&format!("stowage.dev/origin-claim={claim_uid}"));
        Ok(self.volumes().list(&which).await?.items)
    }

    pub(crate) async fn uid(&self, namespace: &str, name: &str) -> Result<String> {
        let claim = self.claims(namespace).get(name).await?;
        Ok(claim.metadata.uid.unwrap_or_default())
    }
}

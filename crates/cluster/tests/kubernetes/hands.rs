//! People's hands on a Kubernetes cluster, and what stands in for its provisioner and its nodes: folders
//! of this machine, named by the volumes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use cluster::Cluster;
use cluster::kubernetes::{AgentReach, AgentSettings, KubernetesCluster, SealKey, Settings};
use k8s_openapi::api::core::v1::{Namespace, PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::console_account;
use crate::harness::{Harness, Stopped};
use crate::patient::Patient;

/// The class whose volumes these tests make.
pub(crate) const CLASS: &str = "stowage-test";
/// How it is called in a volume: as of a driver that shares by unique handles.
pub(crate) const DRIVER: &str = "nfs.csi.k8s.io";

/// The cluster that all tests share.
pub(crate) struct Server {
    /// An administrator of the cluster: people's hands.
    administrator: PathBuf,
    /// The console, with the rights that it ships with and no others.
    console: PathBuf,
    tests: AtomicU32,
    _files: TempDir,
}

impl Server {
    pub(crate) async fn new(administrator: PathBuf) -> Result<Self> {
        let files = tempfile::tempdir()?;
        let kubeconfig = Kubeconfig::read_from(&administrator)?;
        let client = connect(&kubeconfig).await?;
        let console = files.path().join("console.kubeconfig");
        let token = console_account::token(&client).await?;
        std::fs::write(&console, console_account::kubeconfig(&kubeconfig, &token)?)?;
        Ok(Self {
            administrator,
            console,
            tests: AtomicU32::new(0),
            _files: files,
        })
    }
}

pub(crate) async fn connect(kubeconfig: &Kubeconfig) -> Result<Client> {
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig.clone(), &options).await?;
    Ok(Client::try_from(config)?)
}

/// What makes and removes volumes.
pub(crate) struct Provisioner {
    pub(crate) client: Client,
    prefix: String,
    storage: TempDir,
}

/// One test's cluster.
pub(crate) struct Hands {
    pub(crate) patient: Patient,
    pub(crate) client: Client,
    /// The console's kubeconfig.
    pub(crate) console: PathBuf,
}

impl Hands {
    pub(crate) async fn new(server: &Server) -> Self {
        let number = server.tests.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("t{}-{number}-", std::process::id());
        let kubeconfig = Kubeconfig::read_from(&server.administrator).unwrap();
        let client = connect(&kubeconfig).await.unwrap();
        make_class(&client, CLASS, DRIVER, "Immediate").await;
        let clock = Arc::new(Stopped::new());
        let cluster = cluster_at(&server.console, clock.clone()).await;
        let provisioner = Provisioner {
            client: client.clone(),
            prefix,
            storage: tempfile::tempdir().unwrap(),
        };
        Self {
            patient: Patient {
                cluster,
                provisioner,
                clock,
            },
            client,
            console: server.console.clone(),
        }
    }

    /// The namespace that this test has for a project.
    pub(crate) fn namespace(&self, project: &str) -> String {
        self.patient.provisioner.namespace(project)
    }

    pub(crate) fn claims(&self, project: &str) -> Api<PersistentVolumeClaim> {
        Api::namespaced(self.client.clone(), &self.namespace(project))
    }

    pub(crate) fn volumes(&self) -> Api<PersistentVolume> {
        Api::all(self.client.clone())
    }

    /// A claim as it is now.
    pub(crate) async fn claim(&self, project: &str, name: &str) -> PersistentVolumeClaim {
        self.claims(project).get(name).await.unwrap()
    }

    /// The volume of a claim as it is now.
    pub(crate) async fn volume_of(&self, project: &str, name: &str) -> PersistentVolume {
        let claim = self.claim(project, name).await;
        let volume = claim.spec.unwrap().volume_name.unwrap();
        self.volumes().get(&volume).await.unwrap()
    }

    /// Makes a namespace for a project without Stowage.
    pub(crate) async fn make_namespace(&self, project: &str) {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(self.namespace(project)),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let _ = namespaces.create(&PostParams::default(), &namespace).await;
    }

    /// Makes any object in a project's namespace.
    pub(crate) async fn put<K>(&self, project: &str, object: Value) -> K
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + serde::de::DeserializeOwned
            + serde::Serialize,
    {
        self.make_namespace(project).await;
        let api: Api<K> = Api::namespaced(self.client.clone(), &self.namespace(project));
        let object: K = serde_json::from_value(object).unwrap();
        api.create(&PostParams::default(), &object).await.unwrap()
    }

    /// Deletes a claim as an administrator of the cluster does who waits for nothing.
    pub(crate) async fn force_away(&self, project: &str, name: &str) {
        let claims = self.claims(project);
        let _ = claims.delete(name, &DeleteParams::default()).await;
        let free = Patch::Merge(json!({"metadata": {"finalizers": null}}));
        let _ = claims.patch(name, &PatchParams::default(), &free).await;
        while claims.get_opt(name).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn mounted(&self, project: &str, claim: &str) -> Option<PathBuf> {
        mounted(&self.client, &self.namespace(project), claim).await
    }
}

/// The cluster that a kubeconfig names, as the console has it.
pub(crate) async fn cluster_at(kubeconfig: &Path, clock: Arc<Stopped>) -> KubernetesCluster {
    let settings = Settings {
        kubeconfig: Some(kubeconfig.to_owned()),
        agent: Some(AgentSettings {
            image: "stowage".to_owned(),
            reach: AgentReach::PodAddress,
            user: 65532,
            group: 65532,
            idle_minutes: 10,
        }),
        ..Settings::default()
    };
    KubernetesCluster::new(&settings, SealKey::new([7; 32]), clock)
        .await
        .unwrap()
}

/// The folder that a node mounts for a claim: of its volume, if each says that it is the other's.
pub(crate) async fn mounted(client: &Client, namespace: &str, claim: &str) -> Option<PathBuf> {
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), namespace);
    let claim = claims.get_opt(claim).await.unwrap()?;
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let volume = volumes.get_opt(&claim.spec?.volume_name?).await.unwrap()?;
    let spec = volume.spec?;
    (spec.claim_ref?.uid == claim.metadata.uid).then_some(())?;
    let attributes = spec.csi?.volume_attributes?;
    Some(PathBuf::from(attributes.get("share")?))
}

impl Provisioner {
    pub(crate) fn namespace(&self, project: &str) -> String {
        format!("{}{project}", self.prefix)
    }

    /// A folder of the storage.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.storage.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn claims(&self, namespace: &str) -> Api<PersistentVolumeClaim> {
        Api::namespaced(self.client.clone(), namespace)
    }

    fn volumes(&self) -> Api<PersistentVolume> {
        Api::all(self.client.clone())
    }

    /// Makes a volume for each claim of a namespace that asks for one of the tests' class.
    pub(crate) async fn make_what_is_claimed(&self, namespace: &str) {
        let claims = self
            .claims(namespace)
            .list(&ListParams::default())
            .await
            .unwrap();
        for claim in claims {
            let spec = claim.spec.clone().unwrap();
            let asks =
                spec.storage_class_name.as_deref() == Some(CLASS) && spec.volume_name.is_none();
            if !asks || claim.metadata.deletion_timestamp.is_some() {
                continue;
            }
            let uid = claim.metadata.uid.clone().unwrap();
            let volume = json!({
                "metadata": {"name": format!("pvc-{uid}")},
                "spec": {
                    "capacity": {"storage": spec.resources.unwrap().requests.unwrap()["storage"]},
                    "accessModes": spec.access_modes,
                    "volumeMode": spec.volume_mode,
                    "storageClassName": CLASS,
                    "persistentVolumeReclaimPolicy": "Delete",
                    "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                        "namespace": namespace, "name": claim.metadata.name, "uid": uid},
                    "csi": {"driver": DRIVER, "volumeHandle": uid, "volumeAttributes":
                        {"server": "127.0.0.1", "share": self.folder(&uid)}},
                },
            });
            let volume = serde_json::from_value(volume).unwrap();
            let _ = self.volumes().create(&PostParams::default(), &volume).await;
        }
    }

    /// Removes the volumes of a namespace whose claims are gone, if that is their policy.
    pub(crate) async fn remove_what_was_released(&self, namespace: &str) {
        for volume in self.volumes().list(&ListParams::default()).await.unwrap() {
            let spec = volume.spec.unwrap();
            let phase = volume.status.and_then(|status| status.phase);
            let is_here = spec
                .claim_ref
                .is_some_and(|claim| claim.namespace.as_deref() == Some(namespace));
            let goes = spec.persistent_volume_reclaim_policy.as_deref() == Some("Delete");
            if is_here && goes && phase.as_deref() == Some("Released") {
                let name = volume.metadata.name.unwrap();
                let _ = self.volumes().delete(&name, &DeleteParams::default()).await;
            }
        }
    }
}

/// Makes a storage class, or finds it there.
pub(crate) async fn make_class(client: &Client, name: &str, provisioner: &str, binding: &str) {
    let classes: Api<StorageClass> = Api::all(client.clone());
    let class = json!({
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": binding,
        "allowVolumeExpansion": true,
    });
    let class = serde_json::from_value(class).unwrap();
    match classes.create(&PostParams::default(), &class).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(error) => panic!("{error}"),
    }
}

/// A claim as people write it.
pub(crate) fn claim_of_people(name: &str, class: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": class,
            "resources": {"requests": {"storage": "1Mi"}},
        },
    })
}

#[async_trait]
impl Harness for Hands {
    fn cluster(&self) -> &dyn Cluster {
        &self.patient
    }

    fn storage_class(&self) -> &str {
        CLASS
    }

    async fn make_claim(&self, project: &str, name: &str, file: &str, text: &str) {
        let _: PersistentVolumeClaim = self.put(project, claim_of_people(name, CLASS)).await;
        loop {
            self.patient
                .provisioner
                .make_what_is_claimed(&self.namespace(project))
                .await;
            let status = self.claim(project, name).await.status.unwrap();
            if status.phase.as_deref() == Some("Bound") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.write(project, name, file, text).await;
    }

    async fn delete_claim(&self, project: &str, name: &str) {
        self.force_away(project, name).await;
    }

    async fn write(&self, project: &str, claim: &str, file: &str, text: &str) {
        let folder = self.mounted(project, claim).await.unwrap();
        fs::write(folder.join(file), text).unwrap();
    }

    async fn read(&self, project: &str, claim: &str, file: &str) -> Option<String> {
        let folder = self.mounted(project, claim).await?;
        read(&folder, file)
    }

    async fn read_mounted(&self, project: &str, volume: &str, file: &str) -> Option<String> {
        let folder = self.mounted(project, volume).await?;
        read(&folder, file)
    }

    async fn everything(&self) -> String {
        let prefix = &self.patient.provisioner.prefix;
        let mut lines = Vec::new();
        let claims: Api<PersistentVolumeClaim> = Api::all(self.client.clone());
        for claim in claims.list(&ListParams::default()).await.unwrap() {
            let meta = claim.metadata;
            let namespace = meta.namespace.unwrap_or_default();
            if namespace.starts_with(prefix) {
                lines.push(format!(
                    "{namespace}/{:?} {:?} {:?}",
                    meta.name, meta.uid, meta.resource_version
                ));
            }
        }
        for volume in self.volumes().list(&ListParams::default()).await.unwrap() {
            let claim = volume.spec.and_then(|spec| spec.claim_ref);
            let namespace = claim.and_then(|claim| claim.namespace).unwrap_or_default();
            if namespace.starts_with(prefix) {
                let meta = volume.metadata;
                lines.push(format!(
                    "{:?} {:?} {:?}",
                    meta.name, meta.uid, meta.resource_version
                ));
            }
        }
        lines.sort();
        lines.join("\n")
    }
}

fn read(folder: &Path, file: &str) -> Option<String> {
    fs::read_to_string(folder.join(file)).ok()
}

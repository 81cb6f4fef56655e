//! Clusters whose volumes are folders of a mounted file system: a Slurm cluster's project storage, an NFS
//! export, a local disk; also what a first start uses.
//!
//! People of a project may change anything in its folder, so nothing there is believed: claims are known
//! by the UID in their marker, folders are opened one name at a time without following links, and what
//! Stowage knows about mounts is written where projects cannot reach.

mod bind;
mod claims;
mod data_path;
mod file_system;
mod folder;
mod marker;
mod mounts;
mod names;
mod plan;
mod records;
mod removal;
mod settings;
mod storage;
mod tree;

use std::sync::Arc;

use agent::{Figures, TicketKey};
use async_trait::async_trait;
use domain::{Clock, ClusterKind};

use self::data_path::OpenVolumes;
use self::folder::Doing;
use self::marker::Marker;
pub use self::settings::{Mounts, Settings, StorageClassSettings};
use self::storage::Storage;
use crate::{
    ClaimKey, ClaimOrder, ClaimPlan, ClaimState, ClaimWish, Cluster, DataPath, Error,
    ExistingClaim, MountOrder, MountState, ProjectFolder, Removal, Result, StorageClass, Visit,
};

/// A cluster of folders.
pub struct FilesystemCluster {
    storage: Arc<Storage>,
    volumes: Arc<OpenVolumes>,
}

impl FilesystemCluster {
    /// Opens the folders, makes those of a first start, and finds out whether this process may mount.
    ///
    /// # Errors
    /// [`Error::Refused`] when the settings contradict each other or ask for mounts that this process may
    /// not make; [`Error::Unavailable`] when the root cannot be made or opened.
    pub fn new(settings: &Settings, key: TicketKey, clock: Arc<dyn Clock>) -> Result<Self> {
        let storage = Arc::new(Storage::open(settings, Arc::clone(&clock))?);
        Ok(Self {
            storage,
            volumes: Arc::new(OpenVolumes::new(key, clock)),
        })
    }

    /// Gives up unfinished uploads that nobody went on with, in every claim; answers how many. To be
    /// called now and then, every hour say. A claim that fails is logged and the others go on.
    ///
    /// # Errors
    /// When the projects' folders cannot be listed.
    pub async fn sweep(&self) -> Result<usize> {
        let volumes = Arc::clone(&self.volumes);
        self.on_disk(move |storage| sweep(storage, &volumes)).await
    }

    /// Ends the requests that bring bytes, for good: what arrived is kept, and clients go on after a restart.
    pub fn stop(&self) {
        self.volumes.stop();
    }

    /// What the data agents of this process did here, in numbers.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(self.volumes.figures())
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Storage) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let storage = Arc::clone(&self.storage);
        tokio::task::spawn_blocking(move || work(&storage))
            .await
            .map_err(|source| Error::Unavailable {
                doing: "working on the storage".to_owned(),
                source: source.into(),
            })?
    }
}

#[async_trait]
impl Cluster for FilesystemCluster {
    fn kind(&self) -> ClusterKind {
        ClusterKind::Filesystem
    }

    async fn ensure_project(&self, project: &ProjectFolder) -> Result<()> {
        let project = project.clone();
        self.on_disk(move |storage| storage.ensure_project(&project).map(drop))
            .await
    }

    async fn storage_classes(&self) -> Result<Vec<StorageClass>> {
        self.on_disk(Storage::storage_classes).await
    }

    async fn existing_claims(&self, project: &ProjectFolder) -> Result<Vec<ExistingClaim>> {
        let project = project.clone();
        self.on_disk(move |storage| storage.existing_claims(&project))
            .await
    }

    async fn make_claim(&self, wish: &ClaimWish) -> Result<ExistingClaim> {
        let wish = wish.clone();
        self.on_disk(move |storage| storage.make_claim(&wish)).await
    }

    async fn plan_claim(&self, order: &ClaimOrder) -> Result<ClaimPlan> {
        let order = order.clone();
        self.on_disk(move |storage| storage.plan_claim(&order))
            .await
    }

    async fn ensure_claim(&self, order: &ClaimOrder) -> Result<ClaimState> {
        let order = order.clone();
        self.on_disk(move |storage| storage.ensure_claim(&order))
            .await
    }

    async fn remove_claim(&self, claim: &ClaimKey) -> Result<Removal> {
        self.volumes.close(&claim.uid);
        let claim = claim.clone();
        self.on_disk(move |storage| storage.remove_claim(&claim))
            .await
    }

    async fn ensure_mount(&self, order: &MountOrder) -> Result<MountState> {
        let order = order.clone();
        self.on_disk(move |storage| storage.ensure_mount(&order))
            .await
    }

    async fn remove_mount(&self, order: &MountOrder) -> Result<Removal> {
        let order = order.clone();
        self.on_disk(move |storage| storage.remove_mount(&order))
            .await
    }

    /// The processes of other machines are not seen from here.
    async fn pods_at(&self, _: &MountOrder) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    async fn data_path(&self, claim: &ClaimKey, visit: &Visit) -> Result<DataPath> {
        let (claim, visit, volumes) = (claim.clone(), visit.clone(), Arc::clone(&self.volumes));
        self.on_disk(move |storage| {
            let shown = storage.shown(&claim.project, &claim.name);
            let place = storage.find_key(&claim)?.ok_or_else(|| {
                Error::NotFound(format!("{shown} is gone, or is another folder by now."))
            })?;
            volumes
                .data_path(&claim.uid, &place.claim, &visit)
                .doing(|| format!("opening {shown}"))
        })
        .await
    }
}

fn sweep(storage: &Storage, volumes: &OpenVolumes) -> Result<usize> {
    let mut given_up = 0;
    for project in storage
        .projects()?
        .names()
        .doing(|| "listing the projects' folders".to_owned())?
    {
        let project = ProjectFolder(project);
        match sweep_project(storage, volumes, &project) {
            Ok(count) => given_up += count,
            Err(error) => {
                tracing::warn!(%error, project = project.0, "a project could not be swept");
            }
        }
    }
    Ok(given_up)
}

fn sweep_project(
    storage: &Storage,
    volumes: &OpenVolumes,
    project: &ProjectFolder,
) -> Result<usize> {
    let listing = || format!("listing {}", storage.shown(project, ""));
    let mut given_up = 0;
    for (parent, _) in storage.parents(project)?.found {
        for name in parent.names().doing(listing)? {
            let shown = storage.shown(project, &name);
            // What is no folder is no claim, and what cannot be read is reported by its own verbs.
            let Ok(Some(claim)) = parent.child(&name) else {
                continue;
            };
            let Ok(Some(marker)) = Marker::read(&claim, &shown) else {
                continue;
            };
            match volumes.sweep(&marker.uid, &claim) {
                Ok(count) => given_up += count,
                Err(error) => {
                    tracing::warn!(%error, claim = shown, "a claim could not be swept");
                }
            }
        }
    }
    Ok(given_up)
}

//! Retained volumes: storage that outlived its claim, found by administrators and given to a project again.
//!
//! Whose bytes they are is noted on the volume itself, which nobody in a project can write. Who gets them is
//! the decision of whoever manages the whole cluster, and of nobody else.

use authz::Caller;
use cluster::TakeBackOrder;
use domain::{
    EventKind, NameError, ObjectType, OriginSource, Scope, ScopePath, ScopeType, VolumeName,
    VolumePath,
};
use wire::{
    DataVolumeView, NewDataVolume, RetainedVolumeView, RetainedVolumesView, TakeBackVolume,
};

use crate::audit::Target;
use crate::data_volumes::authorized_project;
use crate::error::chain;
use crate::volume_offers::managed_cluster;
use crate::{Error, Result, Service};

impl Service {
    /// The volumes that were kept on the clusters which the caller manages.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the caller manages no cluster.
    pub async fn list_retained_volumes(&self, caller: &Caller) -> Result<RetainedVolumesView> {
        let tree = self.tree().await?;
        let mut view = RetainedVolumesView {
            retained_volumes: Vec::new(),
            clusters_away: Vec::new(),
        };
        for scope in self.managed_clusters(caller, &tree)? {
            let Some(cluster) = self.0.clusters.get(scope.id()) else {
                continue;
            };
            match cluster.retained_volumes().await {
                Ok(volumes) => {
                    let found = volumes.into_iter();
                    view.retained_volumes
                        .extend(found.map(|volume| shown(scope, volume)));
                }
                Err(error) => {
                    tracing::warn!(
                        cluster = scope.name,
                        error = chain(&error),
                        "a cluster is away"
                    );
                    view.clusters_away.push(scope.name.clone());
                }
            }
        }
        let ids: Vec<_> = view
            .retained_volumes
            .iter()
            .map(|volume| volume.data_volume_id)
            .collect();
        let known = self.0.store.read().await?.data_volumes(&ids).await?;
        for volume in &mut view.retained_volumes {
            let known = known
                .iter()
                .find(|known| known.thing.id == volume.data_volume_id);
            volume.data_volume_name = known.map(|known| known.thing.name.to_string());
        }
        Ok(view)
    }

    /// Makes a data volume of one that was kept: the project gets a claim on it, with all that lies in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such cluster or project, [`Error::Forbidden`] when they do
    /// not manage the whole cluster, [`Error::Invalid`]; [`Error::Conflict`] when the name is taken or the volume
    /// is not free, [`Error::ClusterAway`].
    pub async fn take_retained_volume_back(
        &self,
        caller: &Caller,
        wish: TakeBackVolume,
    ) -> Result<DataVolumeView> {
        let target = Target::New(
            ObjectType::DataVolume,
            wish.name.clone(),
            wish.project_id.clone(),
        );
        let answer = self.bring_volume_back(caller, &wish).await;
        let new = self
            .noted(caller, EventKind::Created, target, answer)
            .await?;
        self.create_data_volume(caller, new).await
    }

    /// Brings the storage of a volume to a project of another cluster, which mounts it too.
    async fn adopt(&self, from: &ScopePath, to: &ScopePath, order: &TakeBackOrder) -> Result<()> {
        let (source, target) = (self.cluster_at(from)?, self.cluster_at(to)?);
        let (volume, uid) = (&order.volume, &order.volume_uid);
        let whom = format!("{}/{}/{}", to.ids()[1], order.project.0, order.claim);
        let storage = source.hand_volume_over(volume, uid, &whom).await?;
        let adopted = target.adopt_volume(&storage, order).await;
        // Where the answer is not known, the same wish goes on with it.
        if !matches!(adopted, Err(cluster::Error::Unavailable { .. })) {
            source
                .end_handing_over(volume, uid, &whom, adopted.is_ok())
                .await?;
        }
        Ok(adopted?)
    }

    async fn bring_volume_back(
        &self,
        caller: &Caller,
        wish: &TakeBackVolume,
    ) -> Result<NewDataVolume> {
        let mut tx = self.0.store.read().await?;
        let scope = managed_cluster(&mut tx, caller, &wish.cluster_id).await?;
        let (project, folder) = authorized_project(&mut tx, caller, &wish.project_id).await?;
        let target = project.path.at(ScopeType::Cluster).unwrap_or(scope.id());
        let is_here = target == scope.id();
        if !is_here {
            managed_cluster(&mut tx, caller, target).await?;
            if !wish.is_same_storage {
                return Err(Error::invalid(
                    "isSameStorage",
                    "The project is on another cluster. Confirm that both clusters mount the same storage, or choose a project of this one.",
                ));
            }
        }
        let name: VolumeName = wish
            .name
            .parse()
            .map_err(|error: NameError| Error::invalid("name", error.to_string()))?;
        if tx.is_name_taken(target, &name).await? {
            return Err(Error::Conflict(format!(
                "The name “{name}” is taken on this cluster. Choose another."
            )));
        }
        drop(tx);
        let order = TakeBackOrder {
            volume: wish.volume_name.clone(),
            volume_uid: wish.volume_uid.clone(),
            project: folder,
            claim: name.to_string(),
        };
        if is_here {
            self.cluster_at(&scope.path)?
                .take_volume_back(&order)
                .await?;
        } else {
            self.adopt(&scope.path, &project.path, &order).await?;
        }
        Ok(NewDataVolume {
            project_id: wish.project_id.clone(),
            name: name.to_string(),
            description: String::new(),
            tags: Vec::new(),
            storage: OriginSource::ExistingClaim {
                claim: name.to_string(),
                sub_path: VolumePath::root(),
            },
        })
    }
}

fn shown(cluster: &Scope, volume: cluster::RetainedVolume) -> RetainedVolumeView {
    RetainedVolumeView {
        cluster_id: cluster.id().clone(),
        cluster_name: cluster.name.clone(),
        volume_name: volume.name,
        volume_uid: volume.uid,
        data_volume_id: volume.data_volume_id,
        data_volume_name: None,
        claim: volume.claim,
        storage_class: volume.storage_class,
        capacity_bytes: volume.capacity,
    }
}

//! Static volumes: made by hand on a cluster, offered to a scope by whoever manages the whole cluster, and taken by
//! the first project of that scope which makes a data volume of one.
//!
//! A volume belongs to no namespace: whoever names it could have it. So nobody names one here that was not
//! offered to them, and a volume that is not offered reads like one that is not there.

use authz::{Action, Caller};
use cluster::StaticVolume;
use domain::{
    EventKind, ObjectType, OriginSource, Scope, ScopeId, ScopePath, ScopeType, Sharing,
    VolumeOffer, VolumeOfferId,
};
use store::Tx;
use wire::{
    NewVolumeOffer, OfferedVolumesView, StaticVolumeView, StaticVolumesView, VolumeOfferView,
};

use crate::audit::Target;
use crate::catalogue::names;
use crate::data_volumes::authorized_project;
use crate::error::{Kind, chain};
use crate::{Error, Result, Service};

impl Service {
    /// The static volumes of the clusters that the caller manages, and to whom they are offered.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the caller manages no cluster.
    pub async fn list_static_volumes(&self, caller: &Caller) -> Result<StaticVolumesView> {
        let tree = self.tree().await?;
        let mut view = StaticVolumesView {
            static_volumes: Vec::new(),
            offers: Vec::new(),
            clusters_away: Vec::new(),
        };
        let mut offers = Vec::new();
        for scope in self.managed_clusters(caller, &tree)? {
            let Some(cluster) = self.0.clusters.get(scope.id()) else {
                continue;
            };
            offers.extend(
                self.0
                    .store
                    .read()
                    .await?
                    .volume_offers(scope.id())
                    .await?
                    .into_iter()
                    .map(|offer| (scope.name.clone(), offer)),
            );
            match cluster.static_volumes().await {
                Ok(volumes) => view
                    .static_volumes
                    .extend(volumes.into_iter().map(|volume| shown(scope, volume))),
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
        let mut tx = self.0.store.read().await?;
        let people = names(&mut tx, offers.iter().map(|(_, offer)| offer.offered_by)).await?;
        for (cluster_name, offer) in offers {
            let by = people.get(&offer.offered_by).cloned();
            let is_free = view
                .static_volumes
                .iter()
                .any(|volume| volume.volume_uid == offer.volume_uid);
            let scope_name = tree.full_name(&offer.scope);
            view.offers
                .push(told(offer, cluster_name, scope_name, by, is_free));
        }
        Ok(view)
    }

    /// Offers a static volume to the projects of a scope.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such cluster or scope, [`Error::Forbidden`] when they do not
    /// manage the whole cluster, [`Error::Invalid`] for a scope of another one; [`Error::Conflict`] when the volume
    /// is not free or is offered already, [`Error::ClusterAway`].
    pub async fn offer_static_volume(
        &self,
        caller: &Caller,
        new: NewVolumeOffer,
    ) -> Result<VolumeOfferView> {
        let name = new.volume_name.clone();
        let target = Target::New(ObjectType::StaticVolume, name, new.scope_id.clone());
        let answer = self.make_offer(caller, new).await;
        self.noted(caller, EventKind::VolumeOffered, target, answer)
            .await
    }

    async fn make_offer(&self, caller: &Caller, new: NewVolumeOffer) -> Result<VolumeOfferView> {
        let mut tx = self.0.store.read().await?;
        let cluster = managed_cluster(&mut tx, caller, &new.cluster_id).await?;
        let scope = tx
            .scope(&new.scope_id)
            .await?
            .filter(|scope| caller.sees_scope(&scope.path))
            .ok_or(Error::NotFound(Kind::Scope))?;
        drop(tx);
        if !cluster.path.covers(&scope.path) {
            return Err(Error::invalid(
                "scopeId",
                "Choose the cluster that the volume is on, or a department or project of it.",
            ));
        }
        let volumes = self.cluster_at(&cluster.path)?.static_volumes().await?;
        let is_free = volumes
            .iter()
            .any(|volume| volume.name == new.volume_name && volume.uid == new.volume_uid);
        if !is_free {
            return Err(Error::Conflict(format!(
                "There is no free volume {} like this on the cluster any more. Look again which ones there are.",
                new.volume_name
            )));
        }
        let offer = VolumeOffer {
            id: VolumeOfferId(self.0.ids.fresh()),
            volume_name: new.volume_name,
            volume_uid: new.volume_uid,
            scope: scope.path.clone(),
            offered_by: caller.id(),
            offered_at: self.0.clock.now(),
        };
        let mut tx = self.0.store.begin().await?;
        if !tx.add_volume_offer(&offer).await? {
            return Err(Error::Conflict(format!(
                "The volume {} is offered already. Take that offer back first.",
                offer.volume_name
            )));
        }
        let to = self.tree().await?.full_name(&scope.path);
        tx.record(&self.event(Some(caller), EventKind::VolumeOffered, &offer, to.as_str()))
            .await?;
        tx.commit().await?;
        let by = Some(caller.principal().name().to_owned());
        Ok(told(offer, cluster.name, to, by, true))
    }

    /// Takes an offer back. A data volume that was made of the volume before stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such offer, [`Error::Forbidden`] when they do not manage the
    /// whole cluster.
    pub async fn withdraw_volume_offer(&self, caller: &Caller, id: VolumeOfferId) -> Result<()> {
        let target = Target::VolumeOffer(id);
        let answer = self.withdraw_offer(caller, id).await;
        self.noted(caller, EventKind::OfferWithdrawn, target, answer)
            .await
    }

    async fn withdraw_offer(&self, caller: &Caller, id: VolumeOfferId) -> Result<()> {
        let missing = || Error::NotFound(Kind::VolumeOffer);
        let mut tx = self.0.store.begin().await?;
        let offer = tx.volume_offer(id).await?.ok_or_else(missing)?;
        let cluster = offer.cluster_id().ok_or_else(missing)?;
        // Offers are shown to nobody else.
        managed_cluster(&mut tx, caller, cluster)
            .await
            .map_err(|_| missing())?;
        tx.remove_volume_offer(id).await?;
        let from = self.tree().await?.full_name(&offer.scope);
        tx.record(&self.event(Some(caller), EventKind::OfferWithdrawn, &offer, from))
            .await?;
        Ok(tx.commit().await?)
    }

    /// The static volumes that a project may make data volumes of, as long as they are free.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such project, [`Error::Forbidden`] when they may make no
    /// data volume there, [`Error::ClusterAway`].
    pub async fn list_offered_volumes(
        &self,
        caller: &Caller,
        project: &ScopeId,
    ) -> Result<OfferedVolumesView> {
        let mut tx = self.0.store.read().await?;
        let (scope, _) = authorized_project(&mut tx, caller, project).await?;
        let offers = offers_for(&mut tx, &scope.path).await?;
        drop(tx);
        let mut view = OfferedVolumesView {
            static_volumes: Vec::new(),
        };
        if offers.is_empty() {
            return Ok(view);
        }
        let tree = self.tree().await?;
        let volumes = self.cluster_at(&scope.path)?.static_volumes().await?;
        let cluster = scope.path.at(ScopeType::Cluster);
        let Some(cluster) = cluster.and_then(|id| tree.get(id)) else {
            return Ok(view);
        };
        let is_offered = |volume: &StaticVolume| is_among(&offers, &volume.name, &volume.uid);
        let volumes = volumes.into_iter().filter(is_offered);
        view.static_volumes = volumes.map(|volume| shown(cluster, volume)).collect();
        Ok(view)
    }

    /// The clusters that the caller manages as a whole.
    pub(crate) fn managed_clusters<'a>(
        &self,
        caller: &Caller,
        tree: &'a crate::scope_tree::ScopeTree,
    ) -> Result<Vec<&'a Scope>> {
        let managed: Vec<&Scope> = tree
            .all()
            .iter()
            .filter(|scope| {
                scope.scope_type() == ScopeType::Cluster
                    && self.0.clusters.contains_key(scope.id())
                    && caller.may(Action::ManageDepartments, *scope)
            })
            .collect();
        if managed.is_empty() {
            return Err(Error::Forbidden(Action::ManageDepartments));
        }
        Ok(managed)
    }
}

/// The offer that lets a project take the volume of an order; `None` for storage that nobody has to offer.
pub(crate) async fn offer_of(
    tx: &mut Tx,
    project: &ScopePath,
    source: &OriginSource,
) -> Result<Option<VolumeOffer>> {
    let OriginSource::OfferedVolume { volume, volume_uid } = source else {
        return Ok(None);
    };
    let offers = offers_for(tx, project).await?;
    let offer = offers
        .into_iter()
        .find(|offer| is_of(offer, volume, volume_uid));
    offer.map(Some).ok_or_else(|| {
        Error::invalid(
            "storage.volume",
            format!("No volume {volume} is offered to this project. Choose one that is, or ask an administrator of the cluster to offer it."),
        )
    })
}

async fn offers_for(tx: &mut Tx, project: &ScopePath) -> Result<Vec<VolumeOffer>> {
    let Some(cluster) = project.at(ScopeType::Cluster) else {
        return Ok(Vec::new());
    };
    let offers = tx.volume_offers(cluster).await?.into_iter();
    Ok(offers.filter(|offer| offer.scope.covers(project)).collect())
}

fn is_of(offer: &VolumeOffer, name: &str, uid: &str) -> bool {
    offer.volume_name == name && offer.volume_uid == uid
}

fn is_among(offers: &[VolumeOffer], name: &str, uid: &str) -> bool {
    offers.iter().any(|offer| is_of(offer, name, uid))
}

/// A cluster that the caller manages as a whole.
pub(crate) async fn managed_cluster(tx: &mut Tx, caller: &Caller, id: &ScopeId) -> Result<Scope> {
    let scope = tx
        .scope(id)
        .await?
        .filter(|scope| scope.scope_type() == ScopeType::Cluster)
        .filter(|scope| caller.sees_scope(&scope.path))
        .ok_or(Error::NotFound(Kind::Scope))?;
    if !caller.may(Action::ManageDepartments, &scope) {
        return Err(Error::Forbidden(Action::ManageDepartments));
    }
    Ok(scope)
}

fn told(
    offer: VolumeOffer,
    cluster_name: String,
    scope_name: String,
    offered_by: Option<String>,
    is_free: bool,
) -> VolumeOfferView {
    VolumeOfferView {
        id: offer.id,
        cluster_id: offer
            .cluster_id()
            .unwrap_or_else(|| offer.scope.id())
            .clone(),
        cluster_name,
        volume_name: offer.volume_name,
        volume_uid: offer.volume_uid,
        scope_id: offer.scope.id().clone(),
        scope_name,
        is_free,
        offered_by: offered_by.unwrap_or_else(|| "somebody who left".to_owned()),
        offered_at: offer.offered_at,
    }
}

fn shown(cluster: &Scope, volume: StaticVolume) -> StaticVolumeView {
    let (is_shareable, sharing) = match volume.sharing {
        Sharing::Possible { how } => (true, how),
        Sharing::Refused { reason } => (false, reason),
    };
    StaticVolumeView {
        cluster_id: cluster.id().clone(),
        cluster_name: cluster.name.clone(),
        volume_name: volume.name,
        volume_uid: volume.uid,
        storage_class: volume.storage_class,
        capacity_bytes: volume.capacity,
        access_modes: volume.access_modes,
        persistence: volume.persistence.class,
        persistence_reason: volume.persistence.reason,
        is_shareable,
        sharing,
    }
}

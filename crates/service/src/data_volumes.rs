//! One data volume: planned, made, shown, edited, deleted.

use authz::{Action, Caller};
use cluster::{ClaimOrder, ProjectFolder};
use domain::{
    DataVolume, DataVolumeId, EventKind, NameError, ObjectType, OriginClaim, OriginSource, Phase,
    Placed, Scope, ScopeId, ScopeType, Tag, UserId, VolumeName,
};
use store::{Added, Tx};
use wire::{
    ClaimChoice, DataVolumePlan, DataVolumeView, DeleteDataVolume, DeletionConsequences,
    NewDataVolume, ProjectChoice, StorageChoices, StorageClassView,
};

use crate::audit::Target;
use crate::catalogue::names;
use crate::error::Kind;
use crate::views::Eyes;
use crate::volume_offers::offer_of;
use crate::{Error, Result, Service};

/// The most tags on a data volume.
const MAX_TAGS: usize = 20;

impl Service {
    /// The projects in which the caller may make data volumes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn project_choices(&self, caller: &Caller) -> Result<Vec<ProjectChoice>> {
        let tree = self.tree().await?;
        Ok(tree
            .all()
            .iter()
            .filter(|scope| {
                scope.scope_type() == ScopeType::Project && caller.may(Action::Create, *scope)
            })
            .map(|project| ProjectChoice {
                id: project.id().clone(),
                name: project.name.clone(),
                department_name: tree.name(&project.path.ids()[2]),
                cluster_name: tree.name(&project.path.ids()[1]),
            })
            .collect())
    }

    /// The storage that a project offers for a new data volume.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such project, [`Error::ClusterAway`].
    pub async fn storage_choices(
        &self,
        caller: &Caller,
        project: ScopeId,
    ) -> Result<StorageChoices> {
        let mut tx = self.0.store.read().await?;
        let (scope, folder) = authorized_project(&mut tx, caller, &project).await?;
        let taken = tx.claims_in_use(scope.id()).await?;
        drop(tx);
        let offered = self.list_offered_volumes(caller, &project).await?;
        let cluster = self.cluster_at(&scope.path)?;
        let storage_classes = cluster.storage_classes().await?;
        let existing_claims = cluster.existing_claims(&folder).await?;
        Ok(StorageChoices {
            cluster_kind: cluster.kind(),
            storage_classes: storage_classes
                .into_iter()
                .map(|class| StorageClassView {
                    name: class.name,
                    description: class.description,
                    is_default: class.is_default,
                    persistence: class.persistence,
                    sharing: class.sharing,
                    available_bytes: class.available,
                })
                .collect(),
            existing_claims: existing_claims
                .into_iter()
                .filter(|claim| !taken.contains(&claim.name))
                .map(|claim| ClaimChoice {
                    name: claim.name,
                    capacity_bytes: claim.capacity,
                })
                .collect(),
            offered_volumes: offered.static_volumes,
        })
    }

    /// What “Create” would do.
    ///
    /// # Errors
    /// As [`Service::create_data_volume`].
    pub async fn plan_data_volume(
        &self,
        caller: &Caller,
        new: NewDataVolume,
    ) -> Result<DataVolumePlan> {
        let mut tx = self.0.store.read().await?;
        let (scope, folder) = authorized_project(&mut tx, caller, &new.project_id).await?;
        offer_of(&mut tx, &scope.path, &new.storage).await?;
        drop(tx);
        let volume = self.draft(caller, &new)?;
        let plan = self
            .cluster_at(&scope.path)?
            .plan_claim(&order(&volume, folder))
            .await?;
        Ok(DataVolumePlan {
            makes: plan.makes,
            persistence: plan.persistence,
            sharing: plan.sharing,
            deletion: plan.deletion,
            warnings: plan.warnings,
        })
    }

    /// Makes a data volume; the reconciler makes its storage.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such project, [`Error::Invalid`] for a field that is
    /// wrong, [`Error::Conflict`] for a name or a claim that is taken or cannot be had.
    pub async fn create_data_volume(
        &self,
        caller: &Caller,
        new: NewDataVolume,
    ) -> Result<DataVolumeView> {
        let (name, project) = (new.name.clone(), new.project_id.clone());
        let target = Target::New(ObjectType::DataVolume, name, project);
        let answer = self.create(caller, new).await;
        self.noted(caller, EventKind::Created, target, answer).await
    }

    async fn create(&self, caller: &Caller, new: NewDataVolume) -> Result<DataVolumeView> {
        let mut tx = self.0.store.read().await?;
        let (scope, folder) = authorized_project(&mut tx, caller, &new.project_id).await?;
        let offer = offer_of(&mut tx, &scope.path, &new.storage).await?;
        drop(tx);
        let volume = self.draft(caller, &new)?;
        self.cluster_at(&scope.path)?
            .plan_claim(&order(&volume, folder))
            .await?;
        let placed = Placed {
            thing: volume,
            place: scope.path,
            reaches: Vec::new(),
        };

        let mut tx = self.0.store.begin().await?;
        match tx
            .add_data_volume(&placed, Some(self.0.clock.now()))
            .await?
        {
            Added::Yes => {}
            Added::NameTaken => {
                return Err(Error::Conflict(format!(
                    "The name “{}” is taken on this cluster. Choose another.",
                    placed.thing.name
                )));
            }
            Added::ClaimTaken => {
                return Err(Error::Conflict(format!(
                    "“{}” belongs to another data volume already. Choose another folder or claim.",
                    placed.thing.origin.name
                )));
            }
        }
        if let Some(offer) = offer
            && !tx.remove_volume_offer(offer.id).await?
        {
            return Err(Error::Conflict(format!(
                "The volume {} is offered no more: somebody took it, or the offer was taken back.",
                offer.volume_name
            )));
        }
        let id = placed.thing.id;
        let name = placed.thing.name.as_str();
        tx.record(&self.event(Some(caller), EventKind::Created, &placed, name))
            .await?;
        tx.commit().await?;
        self.announce(EventKind::Created, &placed);
        self.wake();
        self.show_data_volume(caller, id).await
    }

    /// One data volume, whole.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume.
    pub async fn show_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<DataVolumeView> {
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        let shares = tx.shares_of(id).await?;
        let mounts = tx.mounts_of(id).await?;
        let people = shares
            .iter()
            .map(|share| share.created_by)
            .chain([volume.thing.created_by]);
        let people = names(&mut tx, people).await?;
        Ok(Eyes {
            caller,
            tree: &tree,
            people: &people,
        }
        .data_volume(&volume, &shares, &mounts))
    }

    /// What a deletion destroys and for whom.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn deletion_consequences(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<DeletionConsequences> {
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::Delete, id).await?;
        let mounts = tx.mounts_of(id).await?;
        let people = names(&mut tx, std::iter::empty::<UserId>()).await?;
        let eyes = Eyes {
            caller,
            tree: &tree,
            people: &people,
        };
        let seen: Vec<_> = mounts
            .iter()
            .filter_map(|mount| eyes.mount(mount))
            .collect();
        let DataVolume { origin, usage, .. } = &volume.thing;
        let destroys_bytes = matches!(origin.source, OriginSource::NewClaim { .. });
        Ok(DeletionConsequences {
            destroys_bytes,
            summary: match &origin.source {
                OriginSource::NewClaim { .. } => {
                    "All files of this data volume are deleted for good, for everybody.".to_owned()
                }
                OriginSource::ExistingClaim { .. } => format!(
                    "The files stay in “{}”; only the data volume and its shares go.",
                    origin.name
                ),
                OriginSource::OfferedVolume { volume, .. } => format!(
                    "The claim goes. The files stay on the volume {volume}, which administrators find among the retained volumes."
                ),
            },
            used_bytes: usage.map(|usage| usage.used_bytes),
            file_count: usage.map(|usage| usage.file_count),
            hidden_mount_count: (mounts.len() - seen.len()) as u64,
            mounts: seen,
        })
    }

    /// Deletes a data volume: first its mounts, then its storage if it was made here.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Invalid`] when the typed name is another one;
    /// [`Error::Conflict`] when more projects would lose it than the caller was told.
    pub async fn delete_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        confirmed: DeleteDataVolume,
    ) -> Result<()> {
        let answer = self.delete(caller, id, confirmed).await;
        self.noted(caller, EventKind::DeletionRequested, id, answer)
            .await
    }

    async fn delete(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        confirmed: DeleteDataVolume,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let mut volume = Self::authorized_volume(&mut tx, caller, Action::Delete, id).await?;
        if confirmed.name != volume.thing.name.as_str() {
            return Err(Error::invalid(
                "name",
                format!("Type “{}” to delete it.", volume.thing.name),
            ));
        }
        if tx.mounts_of(id).await?.len() as u64 > confirmed.seen_mount_count {
            return Err(Error::Conflict(
                "More projects use this data volume by now than the page showed. Look again who loses it.".into(),
            ));
        }
        volume.thing.phase = Phase::Deleting;
        volume.thing.updated_at = self.0.clock.now();
        tx.save_data_volume(&volume.thing).await?;
        tx.reconcile_at(id, Some(self.0.clock.now())).await?;
        let name = volume.thing.name.as_str();
        tx.record(&self.event(Some(caller), EventKind::DeletionRequested, &volume, name))
            .await?;
        tx.commit().await?;
        self.announce(EventKind::DeletionRequested, &volume);
        self.wake();
        Ok(())
    }

    /// The data volume that a request describes, if every field is right.
    fn draft(&self, caller: &Caller, new: &NewDataVolume) -> Result<DataVolume> {
        let name: VolumeName = new
            .name
            .parse()
            .map_err(|error: NameError| Error::invalid("name", error.to_string()))?;
        let claim = match &new.storage {
            OriginSource::ExistingClaim { claim, .. } if claim.is_empty() => {
                return Err(Error::invalid("storage.claim", "Choose a folder or claim."));
            }
            OriginSource::ExistingClaim { claim, .. } => claim.clone(),
            OriginSource::NewClaim { size, .. } if size.0 == 0 => {
                return Err(Error::invalid("storage.size", "Ask for at least 1 B."));
            }
            OriginSource::NewClaim { .. } | OriginSource::OfferedVolume { .. } => name.to_string(),
        };
        let now = self.0.clock.now();
        Ok(DataVolume {
            id: DataVolumeId(self.0.ids.fresh()),
            name,
            description: new
                .description
                .parse()
                .map_err(|error: NameError| Error::invalid("description", error.to_string()))?,
            tags: tags(&new.tags)?,
            origin: OriginClaim {
                source: new.storage.clone(),
                name: claim,
                uid: None,
                capacity: None,
                storage_class: String::new(),
                access_modes: Vec::new(),
                persistence: None,
                sharing: None,
                location: String::new(),
            },
            phase: Phase::Creating,
            conditions: Vec::new(),
            usage: None,
            created_by: caller.id(),
            created_at: now,
            updated_at: now,
        })
    }
}

/// The order that makes the claim of a data volume, or finds it there.
pub(crate) fn order(volume: &DataVolume, project: ProjectFolder) -> ClaimOrder {
    ClaimOrder {
        data_volume_id: volume.id,
        name: volume.name.clone(),
        project,
        source: volume.origin.source.clone(),
        uid: volume.origin.uid.clone(),
    }
}

pub(crate) async fn authorized_project(
    tx: &mut Tx,
    caller: &Caller,
    id: &ScopeId,
) -> Result<(Scope, ProjectFolder)> {
    let scope = tx.scope(id).await?.ok_or(Error::NotFound(Kind::Scope))?;
    caller
        .authorize(Action::Create, &scope)
        .map_err(|refusal| Error::refused(refusal, Kind::Scope))?;
    match scope.folder.clone() {
        Some(folder) => Ok((scope, ProjectFolder(folder))),
        None => Err(Error::invalid(
            "projectId",
            "A data volume originates in a project. Choose one.",
        )),
    }
}

pub(crate) fn tags(texts: &[String]) -> Result<Vec<Tag>> {
    if texts.len() > MAX_TAGS {
        return Err(Error::invalid(
            "tags",
            format!("At most {MAX_TAGS} tags fit."),
        ));
    }
    let mut tags = Vec::with_capacity(texts.len());
    for text in texts {
        let tag: Tag = text
            .parse()
            .map_err(|error: NameError| Error::invalid("tags", error.to_string()))?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

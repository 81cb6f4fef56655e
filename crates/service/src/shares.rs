//! Sharing: rules that offer a data volume to scopes.

use authz::{Action, Caller};
use domain::{
    DataVolume, DataVolumeId, EventKind, Placed, Scope, ScopeId, ScopeType, Share, ShareId, Sharing,
};
use jiff::Timestamp;
use store::Tx;
use wire::{NewShare, ShareTarget, ShareView};

use crate::catalogue::names;
use crate::error::Kind;
use crate::views::Eyes;
use crate::{Error, Result, Service};

/// The longest reason, in characters.
const MAX_REASON: usize = 255;
/// The most shares that one request adds, and that it takes back, as in Run:ai's API.
const MAX_CHANGES: usize = 50;

/// Shares to add and to take back, by the scopes that have them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShareChanges {
    /// What to add, each with the type that its scope has to have.
    pub add: Vec<(ScopeType, NewShare)>,
    /// The scopes to take it back from, each with the type that it has to have.
    pub remove: Vec<(ScopeType, ScopeId)>,
}

impl Service {
    /// The scopes of the data volume's cluster that the caller may see, and whether each can be shared
    /// with.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume.
    pub async fn share_targets(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<Vec<ShareTarget>> {
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        let shares = tx.shares_of(id).await?;
        let cluster = volume.place.at(ScopeType::Cluster);
        let projects: Vec<&Scope> = tree
            .all()
            .iter()
            .filter(|scope| scope.scope_type() == ScopeType::Project && scope.path != volume.place)
            .collect();
        Ok(tree
            .all()
            .iter()
            .filter(|scope| {
                scope.path.at(ScopeType::Cluster) == cluster && caller.sees_scope(&scope.path)
            })
            .map(|scope| ShareTarget {
                id: scope.id().clone(),
                parent_id: scope.path.parent_id().cloned(),
                scope_type: scope.scope_type(),
                name: scope.name.clone(),
                share_id: shares
                    .iter()
                    .find(|share| share.scope == scope.path)
                    .map(|share| share.id),
                refusal: refusal(caller, &volume, scope),
                project_count: projects
                    .iter()
                    .filter(|project| scope.path.covers(&project.path))
                    .count() as u64,
            })
            .collect())
    }

    /// Offers a data volume to one more scope.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume or scope, [`Error::Forbidden`],
    /// [`Error::Conflict`] when it is being deleted, cannot be shared or is shared with that scope already.
    pub async fn share_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        new: NewShare,
    ) -> Result<ShareView> {
        let answer = self.add_share(caller, id, new).await;
        self.noted(caller, EventKind::Shared, id, answer).await
    }

    async fn add_share(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        new: NewShare,
    ) -> Result<ShareView> {
        let mut tx = self.0.store.begin().await?;
        let mut volume = Self::authorized_volume(&mut tx, caller, Action::Share, id).await?;
        let scope = receiving_scope(&mut tx, caller, &new.scope_id).await?;
        let share = self.offer(&mut tx, caller, &volume, &scope, &new).await?;
        let people = names(&mut tx, [share.created_by].into_iter()).await?;
        tx.commit().await?;
        volume.reaches.push(share.reach());
        self.announce(EventKind::Shared, &volume);
        self.wake();
        let tree = self.tree().await?;
        Ok(Eyes {
            caller,
            tree: &tree,
            people: &people,
        }
        .share(&share))
    }

    /// Takes a share back; the projects that had the data volume through it alone lose it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume or share, [`Error::Forbidden`].
    pub async fn unshare_data_volume(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        share_id: ShareId,
    ) -> Result<()> {
        let answer = self.remove_share(caller, id, share_id).await;
        self.noted(caller, EventKind::Unshared, id, answer).await
    }

    async fn remove_share(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        share_id: ShareId,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::Share, id).await?;
        let share = tx
            .share(share_id)
            .await?
            .filter(|share| share.data_volume_id == id && caller.sees_scope(&share.scope))
            .ok_or(Error::NotFound(Kind::Share))?;
        let name = self.tree().await?.name(share.scope.id());
        self.take_back(&mut tx, caller, &volume, &share, &name)
            .await?;
        tx.commit().await?;
        // Those who lose it hear it too: the place as it was before.
        self.announce(EventKind::Unshared, &volume);
        self.wake();
        Ok(())
    }

    /// The shares of a data volume, as far as the caller may see their scopes.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume.
    pub async fn list_shares(&self, caller: &Caller, id: DataVolumeId) -> Result<Vec<ShareView>> {
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        let shares = tx.shares_of(id).await?;
        let people = names(&mut tx, shares.iter().map(|share| share.created_by)).await?;
        let eyes = Eyes {
            caller,
            tree: &tree,
            people: &people,
        };
        let seen = shares
            .iter()
            .filter(|share| caller.sees_scope(&share.scope));
        Ok(seen.map(|share| eyes.share(share)).collect())
    }

    /// Adds and takes back shares, all of them or none. What is as it should be already stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume or scope, [`Error::Forbidden`],
    /// [`Error::Invalid`] for too many or a scope of another type, [`Error::Conflict`] when it is being
    /// deleted, cannot be shared or is shared in another mode or another folder of it.
    pub async fn change_shares(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        changes: ShareChanges,
    ) -> Result<Vec<ShareView>> {
        let kind = if changes.add.is_empty() {
            EventKind::Unshared
        } else {
            EventKind::Shared
        };
        let answer = self.change(caller, id, changes).await;
        self.noted(caller, kind, id, answer).await
    }

    async fn change(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        changes: ShareChanges,
    ) -> Result<Vec<ShareView>> {
        for (field, count) in [("add", changes.add.len()), ("remove", changes.remove.len())] {
            if count > MAX_CHANGES {
                return Err(Error::invalid(field, format!("At most {MAX_CHANGES} fit.")));
            }
        }
        let mut tx = self.0.store.begin().await?;
        let mut volume = Self::authorized_volume(&mut tx, caller, Action::Share, id).await?;
        let mut known = tx.shares_of(id).await?;
        for (scope_type, scope_id) in &changes.remove {
            let scope = tx.scope(scope_id).await?;
            let scope = scope.filter(|scope| caller.sees_scope(&scope.path));
            let scope = scope.ok_or(Error::NotFound(Kind::Scope))?;
            refuse_other_type("remove.scopeType", *scope_type, &scope)?;
            if let Some(index) = known.iter().position(|share| share.scope == scope.path) {
                let share = known.remove(index);
                self.take_back(&mut tx, caller, &volume, &share, &scope.name)
                    .await?;
            }
        }
        let mut added = Vec::new();
        for (scope_type, new) in &changes.add {
            let scope = receiving_scope(&mut tx, caller, &new.scope_id).await?;
            refuse_other_type("add.scopeType", *scope_type, &scope)?;
            let is_there = known.iter().any(|share| {
                share.scope == scope.path
                    && share.mode == new.mode
                    && share.sub_path == new.sub_path
            });
            if !is_there {
                let share = self.offer(&mut tx, caller, &volume, &scope, new).await?;
                added.push(share.reach());
                known.push(share);
            }
        }
        tx.commit().await?;
        // Those who lose it hear it too: the place as it was before, and what came.
        volume.reaches.extend(added);
        self.announce(EventKind::Shared, &volume);
        self.wake();
        self.list_shares(caller, id).await
    }

    pub(crate) async fn offer(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        volume: &Placed<DataVolume>,
        scope: &Scope,
        new: &NewShare,
    ) -> Result<Share> {
        if let Some(reason) = refusal(caller, volume, scope) {
            return Err(Error::Conflict(reason));
        }
        let share = self.share(caller, &volume.thing, scope, new)?;
        if !tx.add_share(&share).await? {
            return Err(Error::Conflict(format!(
                "It is shared with {} already.",
                scope.name
            )));
        }
        let id = share.data_volume_id;
        tx.reconcile_at(id, Some(self.0.clock.now())).await?;
        tx.record(&self.event(Some(caller), EventKind::Shared, volume, &scope.name))
            .await?;
        Ok(share)
    }

    async fn take_back(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        volume: &Placed<DataVolume>,
        share: &Share,
        scope_name: &str,
    ) -> Result<()> {
        let id = share.data_volume_id;
        tx.remove_share(share.id).await?;
        tx.reconcile_at(id, Some(self.0.clock.now())).await?;
        tx.record(&self.event(Some(caller), EventKind::Unshared, volume, scope_name))
            .await?;
        Ok(())
    }

    fn share(
        &self,
        caller: &Caller,
        volume: &DataVolume,
        scope: &Scope,
        new: &NewShare,
    ) -> Result<Share> {
        let now = self.0.clock.now();
        let reason = checked_reason(&new.reason)?;
        refuse_the_past(new.expires_at, now)?;
        let origin_claim_uid = volume.origin.uid.clone().ok_or_else(|| {
            Error::Conflict(
                "Its storage is not there yet. Share it when its status is Ready.".into(),
            )
        })?;
        Ok(Share {
            id: ShareId(self.0.ids.fresh()),
            data_volume_id: volume.id,
            origin_claim_uid,
            scope: scope.path.clone(),
            mode: new.mode,
            sub_path: new.sub_path.clone(),
            reason,
            created_by: caller.id(),
            created_at: now,
            expires_at: new.expires_at,
        })
    }
}

pub(crate) fn checked_reason(text: &str) -> Result<String> {
    let reason = text.trim().to_owned();
    if reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
        return Err(Error::invalid(
            "reason",
            "A reason is one line of at most 255 characters.",
        ));
    }
    Ok(reason)
}

pub(crate) fn refuse_the_past(expires_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid(
            "expiresAt",
            "This day is over. Choose a later one.",
        ));
    }
    Ok(())
}

/// The scope that is to receive a share, if the caller may share with it.
pub(crate) async fn receiving_scope(tx: &mut Tx, caller: &Caller, id: &ScopeId) -> Result<Scope> {
    let scope = tx.scope(id).await?.ok_or(Error::NotFound(Kind::Scope))?;
    caller
        .authorize(Action::ReceiveShare, &scope)
        .map_err(|refusal| Error::refused(refusal, Kind::Scope))?;
    Ok(scope)
}

fn refuse_other_type(field: &'static str, scope_type: ScopeType, scope: &Scope) -> Result<()> {
    if scope.scope_type() == scope_type {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        format!("“{}” is a {}.", scope.name, scope.scope_type()),
    ))
}

/// Why a data volume cannot be shared with a scope by this caller; `None` if it can.
fn refusal(caller: &Caller, volume: &Placed<DataVolume>, scope: &Scope) -> Option<String> {
    if let Some(reason) = impossibility(volume, scope) {
        return Some(reason);
    }
    if !caller.may(Action::Share, volume) {
        return Some("Your roles do not let you share this data volume.".into());
    }
    if !caller.may(Action::ReceiveShare, scope) {
        return Some("You need a role that may share here as well, such as editor.".into());
    }
    None
}

/// Why nobody can share a data volume with a scope; `None` if somebody can.
pub(crate) fn impossibility(volume: &Placed<DataVolume>, scope: &Scope) -> Option<String> {
    if volume.thing.phase == domain::Phase::Deleting {
        return Some("It is being deleted.".into());
    }
    if let Some(Sharing::Refused { reason }) = &volume.thing.origin.sharing {
        return Some(reason.clone());
    }
    if scope.path == volume.place {
        return Some("It originates in this project, which has it already.".into());
    }
    if scope.path.at(ScopeType::Cluster) != volume.place.at(ScopeType::Cluster) {
        return Some("It lives on another cluster.".into());
    }
    None
}

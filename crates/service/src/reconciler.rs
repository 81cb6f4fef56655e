//! Makes the clusters what the database says.
//!
//! Work is a due time on the data volume, written in the transaction of the change that causes it, and
//! every verb of a cluster is idempotent: after a crash between any two steps the next round does the
//! rest. A round writes only what differs from what is known already.

mod following;
mod leading;
mod mounting;
mod rounds;

use std::time::Instant;

use cluster::{ClaimState, ProjectFolder, Removal};
use domain::{
    Condition, ConditionStatus, DataVolume, DataVolumeId, EventKind, Mount, Phase, Placed, ScopeId,
    Usage, VolumePath,
};
use http::Method;
use jiff::SignedDuration;
use store::Tx;
use wire::UsageView;

use self::mounting::take_a_break;
use crate::data_volumes::order;
use crate::error::chain;
use crate::files::{ask, claim_key};
use crate::{Error, Result, Service};

pub(crate) use mounting::mount_order;
pub(crate) use rounds::resume;

/// When a volume that is well is looked at again.
const LOOKED_AT_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// When a volume that waits for something is looked at again.
const TRIED_AGAIN: SignedDuration = SignedDuration::from_secs(5);

impl Service {
    /// One volume; answers when to look again.
    async fn reconcile(&self, id: DataVolumeId) -> Result<SignedDuration> {
        let mut tx = self.0.store.read().await?;
        let Some(volume) = tx.data_volume(id).await? else {
            return Ok(LOOKED_AT_AGAIN);
        };
        drop(tx);
        if volume.thing.phase == Phase::Deleting {
            return self.take_down(volume).await;
        }
        let next_end = self.end_shares(&volume).await?;
        let again = self.bring_up(volume).await?;
        Ok(next_end.map_or(again, |end| again.min(end)))
    }

    /// What is asked for is there afterwards, as far as the cluster can; answers when to look again.
    async fn bring_up(&self, volume: Placed<DataVolume>) -> Result<SignedDuration> {
        let volume = self.bring_claim_up(volume).await?;
        if volume.thing.phase != Phase::Ready {
            return Ok(TRIED_AGAIN);
        }
        let again = self.bring_mounts_up(&volume).await?;
        self.measure(&volume).await?;
        Ok(again)
    }

    /// Ends the shares whose time is over, whatever state the storage is in; answers how long the next one
    /// lasts, if any ends.
    async fn end_shares(&self, volume: &Placed<DataVolume>) -> Result<Option<SignedDuration>> {
        let now = self.0.clock.now();
        let id = volume.thing.id;
        let shares = self.0.store.read().await?.shares_of(id).await?;
        if shares.iter().any(|share| share.has_expired(now)) {
            let tree = self.tree().await?;
            let mut tx = self.0.store.begin().await?;
            for share in tx.shares_of(id).await? {
                if share.has_expired(now) {
                    tx.remove_share(share.id).await?;
                    let subject = format!("{}, as its time was over", tree.name(share.scope.id()));
                    tx.record(&self.event(None, EventKind::Unshared, volume, subject))
                        .await?;
                }
            }
            tx.commit().await?;
            self.announce(EventKind::Unshared, volume);
        }
        let next = shares.iter().filter(|share| !share.has_expired(now));
        let next = next.filter_map(|share| share.expires_at).min();
        Ok(next.map(|at| at.duration_since(now)))
    }

    async fn bring_claim_up(&self, volume: Placed<DataVolume>) -> Result<Placed<DataVolume>> {
        let project = self.project_folder(volume.place.id()).await?;
        let cluster = self.cluster_at(&volume.place)?;
        // A claim that is known has its place.
        let place = match volume.thing.origin.uid {
            Some(_) => Ok(()),
            None => cluster.ensure_project(&project).await,
        };
        let state = match place {
            Ok(()) => cluster.ensure_claim(&order(&volume.thing, project)).await,
            Err(error) => Err(error),
        };
        // The volume may have been edited while the cluster worked: what it told goes onto a fresh copy.
        let mut tx = self.0.store.begin().await?;
        let Some(mut fresh) = tx.data_volume(volume.thing.id).await? else {
            return Ok(volume);
        };
        if fresh.thing.phase == Phase::Deleting {
            return Ok(fresh);
        }
        let before = fresh.thing.clone();
        match state {
            Ok(state) => note_claim(&mut fresh.thing, state),
            Err(error) => self.note_trouble(&mut fresh.thing, &error),
        }
        if fresh.thing != before {
            tx.save_data_volume(&fresh.thing).await?;
            if fresh.thing.phase != before.phase {
                let phase = fresh.thing.phase.to_string();
                tx.record(&self.event(None, EventKind::PhaseChanged, &fresh, phase))
                    .await?;
            }
            tx.commit().await?;
            self.announce(EventKind::PhaseChanged, &fresh);
        }
        Ok(fresh)
    }

    fn note_trouble(&self, volume: &mut DataVolume, error: &cluster::Error) {
        let (phase, reason) = match error {
            cluster::Error::Refused(_) | cluster::Error::NotFound(_) => {
                (Phase::NotReady, "Refused")
            }
            cluster::Error::Unavailable { .. } => (Phase::Unknown, "ClusterAway"),
        };
        volume.phase = phase;
        let condition = Condition {
            kind: "ClaimBound".into(),
            status: ConditionStatus::Unknown,
            reason: reason.into(),
            message: chain(error),
            last_transition_time: self.0.clock.now(),
        };
        volume.conditions = with_times_kept(vec![condition], &volume.conditions);
    }

    /// Mounts first, then the claim, then the data volume itself: any other order leaks or destroys.
    async fn take_down(&self, volume: Placed<DataVolume>) -> Result<SignedDuration> {
        let id = volume.thing.id;
        let mut tx = self.0.store.read().await?;
        let mounts = tx.mounts_of(id).await?;
        let claim = if volume.thing.origin.uid.is_some() || !mounts.is_empty() {
            Some(claim_key(&mut tx, &volume).await?)
        } else {
            None
        };
        drop(tx);
        if claim.is_none()
            && let Ok(cluster) = self.cluster_at(&volume.place)
        {
            // Nobody wrote down what was made; something may have been.
            let project = self.project_folder(volume.place.id()).await?;
            cluster
                .abandon_claim(&order(&volume.thing, project))
                .await?;
        }
        if let Some(claim) = &claim {
            let mounts: Vec<&Mount> = mounts.iter().collect();
            let since = Instant::now();
            if !self.take_mounts_down(&volume, claim, &mounts).await? {
                take_a_break(since).await;
                return Ok(TRIED_AGAIN);
            }
            if let Removal::Waiting(why) =
                self.cluster_at(&volume.place)?.remove_claim(claim).await?
            {
                tracing::info!(data_volume = %id, why, "a claim is still in use");
                return Ok(TRIED_AGAIN);
            }
        }
        let mut tx = self.0.store.begin().await?;
        tx.remove_data_volume(id).await?;
        tx.record(&self.event(
            None,
            EventKind::Deleted,
            &volume,
            volume.thing.name.as_str(),
        ))
        .await?;
        tx.commit().await?;
        self.announce(EventKind::Deleted, &volume);
        Ok(LOOKED_AT_AGAIN)
    }

    /// Notes how much lies in the volume, if it changed.
    async fn measure(&self, volume: &Placed<DataVolume>) -> Result<()> {
        let claim = claim_key(&mut self.0.store.read().await?, volume).await?;
        let visit = cluster::Visit {
            subject: "stowage".into(),
            may_write: false,
            folders: vec![VolumePath::root()],
            // Nobody looks at the volume: what it holds has not changed by way of the console.
            may_wait: false,
            credential: None,
        };
        let cluster = self.cluster_at(&volume.place)?;
        let agent = match cluster.data_path(&claim, &visit).await {
            Ok(agent) => agent,
            Err(cluster::Error::Refused(why)) => {
                tracing::debug!(data_volume = %volume.thing.id, why, "usage is not measured");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let found: UsageView = ask(agent, Method::GET, "/usage", None::<&()>).await?;
        let known = volume.thing.usage;
        if known.is_some_and(|known| {
            known.used_bytes == found.used_bytes && known.file_count == found.file_count
        }) {
            return Ok(());
        }
        let usage = Usage {
            used_bytes: found.used_bytes,
            file_count: found.file_count,
            measured_at: self.0.clock.now(),
        };
        let mut tx = self.0.store.begin().await?;
        tx.set_usage(volume.thing.id, usage).await?;
        tx.commit().await?;
        self.announce(EventKind::FileStored, volume);
        Ok(())
    }

    async fn project_folder(&self, id: &ScopeId) -> Result<ProjectFolder> {
        project_folder(&mut self.0.store.read().await?, id).await
    }
}

/// The namespace or folder of a project.
async fn project_folder(tx: &mut Tx, id: &ScopeId) -> Result<ProjectFolder> {
    let folder = tx.project_folder(id).await?;
    folder
        .map(ProjectFolder)
        .ok_or(Error::NotFound(crate::Kind::Scope))
}

/// Puts what the cluster told onto the data volume.
fn note_claim(volume: &mut DataVolume, state: ClaimState) {
    let origin = &mut volume.origin;
    origin.name = state.name;
    origin.uid = state.uid.or(origin.uid.take());
    origin.capacity = state.capacity;
    origin.storage_class = state.storage_class;
    origin.access_modes = state.access_modes;
    origin.persistence = state.persistence.or(origin.persistence.take());
    origin.sharing = state.sharing.or(origin.sharing.take());
    origin.location = state.location;
    volume.phase = match (state.is_ready, volume.phase) {
        (true, _) => Phase::Ready,
        (false, Phase::Creating) => Phase::Creating,
        (false, _) => Phase::NotReady,
    };
    volume.conditions = with_times_kept(state.conditions, &volume.conditions);
}

/// Conditions with the time of their last change: kept where the status stayed the same.
fn with_times_kept(mut conditions: Vec<Condition>, known: &[Condition]) -> Vec<Condition> {
    for condition in &mut conditions {
        if let Some(same) = known
            .iter()
            .find(|known| known.kind == condition.kind && known.status == condition.status)
        {
            condition.last_transition_time = same.last_transition_time;
        }
    }
    conditions
}

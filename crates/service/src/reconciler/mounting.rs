//! Each project gets what the shares say, and the rest is taken away.
//!
//! A volume may be shared with a thousand projects: several are looked after side by side, and first all
//! that goes, so that what ends never meets what begins.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cluster::{ClaimKey, MountOrder, MountState, ProjectFolder, Removal};
use domain::{
    DataVolume, EventKind, Mount, MountPhase, Placed, ScopeId, Share, ShareMode, VolumePath,
    mounted,
};
use futures::future::BoxFuture;
use futures::stream::TryReadyChunksError;
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::{LOOKED_AT_AGAIN, TRIED_AGAIN, project_folder};
use crate::error::chain;
use crate::files::claim_key;
use crate::{Result, Service};

/// How many transactions that note mounts wait for the disk side by side.
const AT_ONCE: usize = 8;
/// How many mounts are noted in one transaction at most: each waits for the disk.
const NOTED_TOGETHER: usize = 50;
/// How long a volume is left alone at most that waits for its cluster.
const LONGEST_BREAK: Duration = Duration::from_secs(1);

impl Service {
    /// Gives each project what the shares say and takes away the rest; answers when to look again.
    pub(super) async fn bring_mounts_up(
        &self,
        volume: &Placed<DataVolume>,
    ) -> Result<SignedDuration> {
        let mut tx = self.0.store.read().await?;
        let shares = tx.shares_of(volume.thing.id).await?;
        let mut reached: BTreeMap<ScopeId, (Option<String>, Vec<&Share>)> = BTreeMap::new();
        for share in shares.iter().filter(|share| binds(share, &volume.thing)) {
            for project in tx.projects_beneath(&share.scope).await? {
                if project.path != volume.place {
                    let entry = reached.entry(project.id().clone());
                    let (_, shares) = entry.or_insert_with(|| (project.folder, Vec::new()));
                    shares.push(share);
                }
            }
        }
        let known = tx.mounts_of(volume.thing.id).await?;
        if known.is_empty() && reached.is_empty() {
            return Ok(LOOKED_AT_AGAIN);
        }
        let claim = claim_key(&mut tx, volume).await?;
        drop(tx);
        let known: BTreeMap<&ScopeId, &Mount> = known
            .iter()
            .map(|mount| (&mount.project_id, mount))
            .collect();
        let leaving = known
            .iter()
            .filter(|(project_id, _)| !reached.contains_key(**project_id));
        let leaving: Vec<&Mount> = leaving.map(|(_, mount)| *mount).collect();
        let since = Instant::now();
        let are_gone = self.take_mounts_down(volume, &claim, &leaving).await?;
        let (mut projects, mut orders) = (Vec::new(), Vec::new());
        for (project_id, (folder, shares)) in reached {
            if let (Some(what), Some(folder)) = (mounted(shares), folder) {
                projects.push(project_id);
                orders.push(mount_order(volume, &claim, ProjectFolder(folder), what));
            }
        }
        let cluster = self.cluster_at(&volume.place)?;
        let states = cluster
            .ensure_mounts(&claim, &orders)
            .map(|(place, state)| {
                let known = known.get(&projects[place]).copied();
                let mount = self.mount_of(projects[place].clone(), &orders[place], known, state);
                let is_new = known != Some(&mount);
                (mount, is_new)
            });
        let changed_at = changed_at(volume, &shares);
        let noted = states.ready_chunks(NOTED_TOGETHER).map(|mounts| {
            Box::pin(self.note_mounts(volume, mounts, changed_at))
                as BoxFuture<'_, Result<SignedDuration>>
        });
        let stood = noted.buffer_unordered(AT_ONCE);
        let again = stood
            .try_fold(LOOKED_AT_AGAIN, async |soonest, again| {
                Ok(soonest.min(again))
            })
            .await?;
        let again = if are_gone { again } else { TRIED_AGAIN };
        if again < LOOKED_AT_AGAIN {
            take_a_break(since).await;
        }
        Ok(again)
    }

    /// Takes mounts away; answers whether all are gone.
    pub(super) async fn take_mounts_down(
        &self,
        volume: &Placed<DataVolume>,
        claim: &ClaimKey,
        mounts: &[&Mount],
    ) -> Result<bool> {
        if mounts.is_empty() {
            return Ok(true);
        }
        let mut orders = Vec::new();
        let mut tx = self.0.store.read().await?;
        for mount in mounts {
            let project = project_folder(&mut tx, &mount.project_id).await?;
            let what = (mount.sub_path.clone(), mount.mode);
            orders.push(mount_order(volume, claim, project, what));
        }
        drop(tx);
        let cluster = self.cluster_at(&volume.place)?;
        let removals = cluster.remove_mounts(claim, &orders);
        let removals = removals.map(|(place, removal)| -> Result<_> { Ok((place, removal?)) });
        let noted = removals.try_ready_chunks(NOTED_TOGETHER).map(|removals| {
            let noted = async move {
                match removals {
                    Ok(removals) => self.note_removals(volume, mounts, removals).await,
                    // What went well before the failure is not looked at again.
                    Err(TryReadyChunksError(removals, error)) => {
                        self.note_removals(volume, mounts, removals).await?;
                        Err(error)
                    }
                }
            };
            Box::pin(noted) as BoxFuture<'_, Result<bool>>
        });
        noted
            .buffer_unordered(AT_ONCE)
            .try_fold(true, async |all, are_gone| Ok(all && are_gone))
            .await
    }

    /// A mount as its cluster told it.
    fn mount_of(
        &self,
        project_id: ScopeId,
        order: &MountOrder,
        known: Option<&Mount>,
        state: cluster::Result<MountState>,
    ) -> Mount {
        let (phase, location, message) = match state {
            Ok(state) => (state.phase, state.location, state.message),
            // It comes by itself, as soon as the cluster answers.
            Err(error @ cluster::Error::Unavailable { .. }) => {
                (MountPhase::Pending, String::new(), chain(&error))
            }
            Err(error) => (MountPhase::Failed, String::new(), chain(&error)),
        };
        Mount {
            data_volume_id: order.claim.data_volume_id,
            project_id,
            mode: order.mode,
            sub_path: order.sub_path.clone(),
            phase,
            location,
            message,
            updated_at: known.map_or_else(|| self.0.clock.now(), |known| known.updated_at),
        }
    }

    /// Notes mounts that are new or different; answers when to look at them again.
    async fn note_mounts(
        &self,
        volume: &Placed<DataVolume>,
        mounts: Vec<(Mount, bool)>,
        changed_at: Timestamp,
    ) -> Result<SignedDuration> {
        let now = self.0.clock.now();
        let again = mounts.iter().map(|(mount, is_new)| {
            let since = if *is_new { now } else { mount.updated_at };
            looked_at_again(mount.phase, now.duration_since(since.max(changed_at)))
        });
        let again = again.min().unwrap_or(LOOKED_AT_AGAIN);
        let mut new = mounts.into_iter().filter(|(_, is_new)| *is_new).peekable();
        if new.peek().is_some() {
            let mut tx = self.0.store.begin().await?;
            for (mount, _) in new {
                tx.save_mount(&Mount {
                    updated_at: now,
                    ..mount
                })
                .await?;
            }
            tx.commit().await?;
            self.announce(EventKind::Shared, volume);
        }
        Ok(again)
    }

    /// Notes how far mounts are taken away; answers whether all are gone.
    async fn note_removals(
        &self,
        volume: &Placed<DataVolume>,
        mounts: &[&Mount],
        removals: Vec<(usize, Removal)>,
    ) -> Result<bool> {
        let are_gone = removals
            .iter()
            .all(|(_, removal)| *removal == Removal::Done);
        let is_new = |(mount, removal): &(&Mount, Removal)| match removal {
            Removal::Done => true,
            Removal::Waiting(why) => mount.phase != MountPhase::Revoking || mount.message != *why,
        };
        let removals = removals.into_iter();
        let removals = removals.map(|(place, removal)| (mounts[place], removal));
        let mut new = removals.filter(is_new).peekable();
        if new.peek().is_none() {
            return Ok(are_gone);
        }
        let mut tx = self.0.store.begin().await?;
        for (mount, removal) in new {
            match removal {
                Removal::Done => {
                    tx.remove_mount(volume.thing.id, &mount.project_id).await?;
                    tx.remove_scope_if_left(&mount.project_id).await?;
                }
                Removal::Waiting(message) => {
                    tx.save_mount(&Mount {
                        phase: MountPhase::Revoking,
                        message,
                        updated_at: self.0.clock.now(),
                        ..mount.clone()
                    })
                    .await?;
                }
            }
        }
        tx.commit().await?;
        self.announce(EventKind::Unshared, volume);
        Ok(are_gone)
    }
}

/// The order that mounts a data volume in a project, or takes that mount away.
pub(crate) fn mount_order(
    volume: &Placed<DataVolume>,
    claim: &ClaimKey,
    project: ProjectFolder,
    (sub_path, mode): (VolumePath, ShareMode),
) -> MountOrder {
    MountOrder {
        claim: claim.clone(),
        name: volume.thing.name.clone(),
        project,
        mode,
        sub_path,
    }
}

/// Leaves mounts alone for as long as the look at them took: events of a thousand would have them all looked at again
/// without a break.
pub(super) async fn take_a_break(since: Instant) {
    tokio::time::sleep(since.elapsed().min(LONGEST_BREAK)).await;
}

/// When a mount is looked at again that has stood like this for so long. What was refused is not tried every few
/// seconds for ever, but after twice the time each time.
fn looked_at_again(phase: MountPhase, stood_for: SignedDuration) -> SignedDuration {
    match phase {
        MountPhase::Ready => LOOKED_AT_AGAIN,
        MountPhase::Failed => stood_for.clamp(TRIED_AGAIN, LOOKED_AT_AGAIN),
        MountPhase::Pending | MountPhase::Revoking => TRIED_AGAIN,
    }
}

/// When something was last changed that a refused mount may come about by.
fn changed_at(volume: &Placed<DataVolume>, shares: &[Share]) -> Timestamp {
    let conditions = volume.thing.conditions.iter();
    let conditions = conditions.map(|condition| condition.last_transition_time);
    let shares = shares.iter().map(|share| share.created_at);
    let all = conditions.chain(shares);
    all.fold(volume.thing.updated_at, Timestamp::max)
}

/// A claim made anew under the same name does not inherit shares.
fn binds(share: &Share, volume: &DataVolume) -> bool {
    volume.origin.uid.as_ref() == Some(&share.origin_claim_uid)
}

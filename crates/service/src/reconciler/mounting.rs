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
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

use crate::error::chain;
use crate::files::claim_key;
use crate::{Result, Service};

/// How many projects of one volume are looked after side by side.
const AT_ONCE: usize = 8;
/// How many mounts are noted in one transaction at most: each waits for the disk.
const NOTED_TOGETHER: usize = 50;
/// How long a volume is left alone at most that waits for its cluster: for as long as the look at it took.
const LONGEST_BREAK: Duration = Duration::from_secs(1);

impl Service {
    /// Gives each project what the shares say and takes away the rest; answers whether all is done.
    pub(super) async fn bring_mounts_up(&self, volume: &Placed<DataVolume>) -> Result<bool> {
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
            return Ok(true);
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
        let leaving = leaving.map(|(_, mount)| *mount);
        let are_gone = self.take_mounts_down(volume, &claim, leaving).await?;
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
        let noted = states.ready_chunks(NOTED_TOGETHER).map(|mounts| {
            Box::pin(self.note_mounts(volume, mounts)) as BoxFuture<'_, Result<bool>>
        });
        let since = Instant::now();
        let are_ready = all(noted).await?;
        if !are_ready {
            // Events of a thousand mounts would have them all looked at again without a break.
            tokio::time::sleep(since.elapsed().min(LONGEST_BREAK)).await;
        }
        Ok(are_ready && are_gone)
    }

    /// Takes mounts away; answers whether all are gone.
    pub(super) async fn take_mounts_down(
        &self,
        volume: &Placed<DataVolume>,
        claim: &ClaimKey,
        mounts: impl Iterator<Item = &Mount>,
    ) -> Result<bool> {
        let mut leaving: Vec<BoxFuture<'_, Result<bool>>> = Vec::new();
        for mount in mounts {
            leaving.push(Box::pin(self.take_mount_down(volume, claim, mount)));
        }
        all(stream::iter(leaving)).await
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

    /// Notes mounts that are new or different; answers whether all are ready.
    async fn note_mounts(
        &self,
        volume: &Placed<DataVolume>,
        mounts: Vec<(Mount, bool)>,
    ) -> Result<bool> {
        let is_ready = |(mount, _): &(Mount, bool)| mount.phase == MountPhase::Ready;
        let are_ready = mounts.iter().all(is_ready);
        let mut new = mounts.into_iter().filter(|(_, is_new)| *is_new).peekable();
        if new.peek().is_some() {
            let mut tx = self.0.store.begin().await?;
            for (mount, _) in new {
                let updated_at = self.0.clock.now();
                tx.save_mount(&Mount {
                    updated_at,
                    ..mount
                })
                .await?;
            }
            tx.commit().await?;
            self.announce(EventKind::Shared, volume);
        }
        Ok(are_ready)
    }

    async fn take_mount_down(
        &self,
        volume: &Placed<DataVolume>,
        claim: &ClaimKey,
        mount: &Mount,
    ) -> Result<bool> {
        let project = self.project_folder(&mount.project_id).await?;
        let order = mount_order(volume, claim, project, (mount.sub_path.clone(), mount.mode));
        let removal = self.cluster_at(&volume.place)?.remove_mount(&order).await?;
        let mut tx = self.0.store.begin().await?;
        let is_done = removal == Removal::Done;
        match removal {
            Removal::Done => {
                tx.remove_mount(volume.thing.id, &mount.project_id).await?;
                tx.remove_scope_if_left(&mount.project_id).await?;
            }
            Removal::Waiting(message) => {
                if mount.phase == MountPhase::Revoking && mount.message == message {
                    return Ok(false);
                }
                let phase = MountPhase::Revoking;
                let updated_at = self.0.clock.now();
                tx.save_mount(&Mount {
                    phase,
                    message,
                    updated_at,
                    ..mount.clone()
                })
                .await?;
            }
        }
        tx.commit().await?;
        self.announce(EventKind::Unshared, volume);
        Ok(is_done)
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

/// Does several at once; answers whether each answered that it is done.
async fn all(work: impl Stream<Item = BoxFuture<'_, Result<bool>>>) -> Result<bool> {
    work.buffer_unordered(AT_ONCE)
        .try_fold(true, async |all, one| Ok(all && one))
        .await
}

/// A claim made anew under the same name does not inherit shares.
fn binds(share: &Share, volume: &DataVolume) -> bool {
    volume.origin.uid.as_ref() == Some(&share.origin_claim_uid)
}

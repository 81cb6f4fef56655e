//! What runs on a data volume where it is shared, asked of the cluster at this moment.

use authz::{Action, Caller};
use cluster::ProjectFolder;
use domain::{DataVolumeId, Scope, ScopeId};
use wire::PodsView;

use crate::files::claim_key;
use crate::reconciler::mount_order;
use crate::{Result, Service};

impl Service {
    /// What runs on a data volume now in the projects beneath a scope, as far as the caller may see them:
    /// what taking the share back would break. Empty where the cluster cannot tell, and where nothing runs.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the caller can see no such data volume, [`crate::Error::Forbidden`],
    /// [`crate::Error::ClusterAway`] when the cluster is away.
    pub async fn pods_beneath(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        scopes: &[ScopeId],
    ) -> Result<Vec<PodsView>> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::Share, id).await?;
        let mounts = tx.mounts_of(id).await?;
        if mounts.is_empty() {
            return Ok(Vec::new());
        }
        let claim = claim_key(&mut tx, &volume).await?;
        drop(tx);
        let tree = self.tree().await?;
        let cluster = self.cluster_at(&volume.place)?;
        let mut found = Vec::new();
        for mount in &mounts {
            let project = tree.get(&mount.project_id);
            let is_asked = |project: &&Scope| {
                let mut above = project.path.ids().iter();
                caller.sees_scope(&project.path) && above.any(|id| scopes.contains(id))
            };
            let Some(project) = project.filter(is_asked) else {
                continue;
            };
            let Some(folder) = project.folder.clone() else {
                continue;
            };
            let what = (mount.sub_path.clone(), mount.mode);
            let order = mount_order(&volume, &claim, ProjectFolder(folder), what);
            let Some(pods) = cluster.pods_at(&order).await? else {
                return Ok(Vec::new());
            };
            if !pods.is_empty() {
                found.push(PodsView {
                    project_name: project.name.clone(),
                    pods,
                });
            }
        }
        Ok(found)
    }
}

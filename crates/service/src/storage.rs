//! What a cluster offers: storage classes, and names that are free.

use authz::{Action, Caller};
use domain::{NameError, Scope, ScopeId, ScopeType, VolumeName};
use store::Tx;
use wire::StorageClassView;

use crate::error::Kind;
use crate::{Error, Result, Service};

/// A storage class and the cluster that offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterStorageClass {
    /// The cluster.
    pub cluster_id: ScopeId,
    /// What makes its volumes: the kind of cluster.
    pub provisioner: &'static str,
    /// The class.
    pub class: StorageClassView,
}

impl Service {
    /// The storage classes of a cluster.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such cluster, [`Error::ClusterAway`].
    pub async fn list_storage_classes(
        &self,
        caller: &Caller,
        cluster_id: &ScopeId,
    ) -> Result<Vec<ClusterStorageClass>> {
        let mut tx = self.0.store.read().await?;
        let scope = visible_cluster(&mut tx, caller, cluster_id).await?;
        drop(tx);
        let cluster = self.cluster_at(&scope.path)?;
        let classes = cluster.storage_classes().await?;
        let classes = classes.into_iter().map(|class| ClusterStorageClass {
            cluster_id: cluster_id.clone(),
            provisioner: cluster.kind().as_str(),
            class: StorageClassView {
                name: class.name,
                description: class.description,
                is_default: class.is_default,
                persistence: class.persistence,
                sharing: class.sharing,
                available_bytes: class.available,
            },
        });
        Ok(classes.collect())
    }

    /// Makes sure that no data volume of a cluster has that name.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such cluster, [`Error::Forbidden`] when they may
    /// create nothing there, [`Error::Invalid`], [`Error::Conflict`] when the name is taken.
    pub async fn check_name_is_free(
        &self,
        caller: &Caller,
        cluster_id: &ScopeId,
        name: &str,
    ) -> Result<()> {
        let mut tx = self.0.store.read().await?;
        let scope = visible_cluster(&mut tx, caller, cluster_id).await?;
        let reach = caller.reach(Action::Create);
        if !reach.iter().any(|reached| reached.meets(&scope.path)) {
            return Err(Error::Forbidden(Action::Create));
        }
        let name: VolumeName = name
            .parse()
            .map_err(|error: NameError| Error::invalid("dataName", error.to_string()))?;
        if tx.is_name_taken(cluster_id, &name).await? {
            return Err(Error::Conflict(format!(
                "The name “{name}” is taken on this cluster. Choose another."
            )));
        }
        Ok(())
    }
}

async fn visible_cluster(tx: &mut Tx, caller: &Caller, id: &ScopeId) -> Result<Scope> {
    tx.scope(id)
        .await?
        .filter(|scope| scope.scope_type() == ScopeType::Cluster && caller.sees_scope(&scope.path))
        .ok_or(Error::NotFound(Kind::Scope))
}

//! What the console does, whoever asks: pages, programs and the command line alike.
//!
//! One public function per sentence that a user could say, the caller first. Each loads, asks `authz`
//! before it looks any further, checks, changes, records and commits. What must happen later on a
//! cluster is written in the same transaction and done by the reconciler, at least once.

mod access;
mod access_keys;
mod access_rules;
mod activity;
mod amending;
mod answers;
mod applications;
mod audit;
mod catalogue;
mod changes;
mod claims;
mod data_volumes;
mod deletion;
mod departments_and_projects;
mod device_sign_ins;
mod error;
mod files;
mod growing;
mod imports;
mod org_units;
pub mod organisation;
mod permissions;
mod pods;
mod reconciler;
mod repeats;
mod retained;
mod saved_views;
mod scope_tree;
mod share_requests;
mod shares;
mod storage;
mod views;
mod volume_offers;

use std::collections::HashMap;
use std::sync::Arc;

use authz::{Action, Caller};
use cluster::SharedCluster;
use credentials::ConsoleKey;
use domain::{Clock, DataVolume, DataVolumeId, Ids, Placed, ScopeId, ScopeType};
use store::{Store, Tx};
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

pub use amending::Amendment;
pub use answers::Answer;
use answers::Answers;
use changes::Heard;
pub use claims::{ClaimAssetView, ClaimAssetsQuery, NewClaimAsset};
pub use cluster::DataPath;
pub use error::{Error, Kind, Result};
pub use files::FileAccess;
pub use imports::{ImportCredential, ImportSecret, ImportSettings};
pub use org_units::{OrgUnit, OrgUnitsQuery};
pub use permissions::{Permission, PermittedScopes};
pub use repeats::KeptAnswer;
use scope_tree::ScopeTreeCache;
pub use shares::ShareChanges;
pub use storage::ClusterStorageClass;

/// What the console can do. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    store: Store,
    clusters: HashMap<ScopeId, SharedCluster>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    key: ConsoleKey,
    scope_tree: ScopeTreeCache,
    answers: Answers,
    /// What other consoles on the same database know this one by.
    console_id: Uuid,
    changes: broadcast::Sender<Heard>,
    wake_reconciler: Notify,
    imports: ImportSettings,
    wake_imports: Notify,
}

impl Service {
    /// A service over a migrated database and the clusters of its scope tree, by scope id.
    pub fn new(
        store: Store,
        clusters: HashMap<ScopeId, SharedCluster>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        key: ConsoleKey,
        imports: ImportSettings,
    ) -> Self {
        let (changes, _) = broadcast::channel(1024);
        let console_id = ids.fresh();
        Self(Arc::new(Inner {
            store,
            clusters,
            clock,
            ids,
            key,
            scope_tree: ScopeTreeCache::default(),
            answers: Answers::default(),
            console_id,
            changes,
            wake_reconciler: Notify::new(),
            imports,
            wake_imports: Notify::new(),
        }))
    }

    /// The cluster that a place lies in.
    fn cluster_at(&self, place: &domain::ScopePath) -> Result<&SharedCluster> {
        place
            .at(ScopeType::Cluster)
            .and_then(|id| self.0.clusters.get(id))
            .ok_or_else(|| {
                Error::Conflict("This cluster is not configured on this console any more.".into())
            })
    }

    /// A data volume that the caller may do `action` to; asked before anything else is looked up.
    async fn authorized_volume(
        tx: &mut Tx,
        caller: &Caller,
        action: Action,
        id: DataVolumeId,
    ) -> Result<Placed<DataVolume>> {
        let volume = tx
            .data_volume(id)
            .await?
            .ok_or(Error::NotFound(Kind::DataVolume))?;
        caller
            .authorize(action, &volume)
            .map_err(|refusal| Error::refused(refusal, Kind::DataVolume))?;
        Ok(volume)
    }
}

//! Clusters, in our words: one trait, with file systems and Kubernetes behind it.
//!
//! Every verb is idempotent (“make it, or find it there”): the reconciler calls it again until the
//! answer says that it is done, also after a crash between any two calls.

mod claim;
mod error;
pub mod filesystem;
pub mod kubernetes;
mod volume;

use std::sync::Arc;

use agent::{Access, Ticket};
use async_trait::async_trait;
use axum::body::Body;
use domain::{
    Bytes, ClusterKind, MountPhase, Persistence, ShareMode, Sharing, VolumeName, VolumePath,
};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use tower::util::BoxCloneSyncService;

pub use agent::{Credential, SourceCredential};
pub use claim::{ClaimKey, ClaimOrder, ClaimPlan, ClaimState, ClaimWish, ExistingClaim};
pub use error::{Error, Result};
pub use volume::{RetainedVolume, StaticVolume, StorageDescription, TakeBackOrder};

/// How many mounts of one claim are looked after side by side.
const MOUNTS_AT_ONCE: usize = 8;
/// For how long a data agent takes a ticket: rights that ended are over soon.
const TICKET_AGE: SignedDuration = SignedDuration::from_secs(60);

/// The way to the files of one volume: requests in, answers out, whether the data agent runs in this
/// process or in a pod. The ticket is attached already.
pub type DataPath = BoxCloneSyncService<Request<Body>, Response<Body>, Error>;

/// A project, as a cluster knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectFolder(pub String);

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Whether it is taken when nothing is chosen.
    pub is_default: bool,
    /// What becomes of the bytes.
    pub persistence: Persistence,
    /// Whether and how its volumes can be shared.
    pub sharing: Sharing,
    /// How much is free now, if the storage tells.
    pub available: Option<Bytes>,
}

/// What a receiving project is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountOrder {
    /// The origin.
    pub claim: ClaimKey,
    /// The data volume's name, by which the receiving project finds it.
    pub name: VolumeName,
    /// The receiving project.
    pub project: ProjectFolder,
    /// How.
    pub mode: ShareMode,
    /// The folder of the volume that it gets; the root for all of it.
    pub sub_path: VolumePath,
}

/// How a mount stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountState {
    /// How far it is.
    pub phase: MountPhase,
    /// Where the project finds it; empty until known.
    pub location: String,
    /// What enforces read-only, or what is wrong and what to do.
    pub message: String,
}

/// Whether a removal is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// Nothing of it is left.
    Done,
    /// It goes on; the sentence says what is waited for (“2 pods still reading”).
    Waiting(String),
}

/// Read or write, for one caller, for a short time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Whose id the agent knows uploads by.
    pub subject: String,
    /// Whether files may be changed.
    pub may_write: bool,
    /// The folders that it is about; the root for all of the volume.
    pub folders: Vec<VolumePath>,
    /// Whether it is worth starting something for, which takes a moment.
    pub may_wait: bool,
    /// What an import that is ordered on this visit shows its source.
    pub credential: Option<SourceCredential>,
}

impl Visit {
    /// What the data agent of the claim with this UID is shown.
    pub(crate) fn ticket(&self, uid: &str, now: Timestamp) -> Ticket {
        Ticket {
            volume: uid.to_owned(),
            subject: self.subject.clone(),
            access: if self.may_write {
                Access::Write
            } else {
                Access::Read
            },
            folders: self.folders.clone(),
            expires_at: now.checked_add(TICKET_AGE).unwrap_or(Timestamp::MAX),
            credential: self.credential.clone(),
        }
    }
}

/// What happened on a cluster, whoever did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// Something about the claim of that name in that project, or about its storage, is different now.
    Claim {
        /// The project, which may be none of ours.
        project: ProjectFolder,
        /// The claim's name.
        claim: String,
    },
    /// What happened before this is not known: everything is to be looked at.
    Everything,
}

/// A place where data volumes live.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Which interface it has.
    fn kind(&self) -> ClusterKind;

    /// What happens on it from now on, for ever; nothing where nobody can tell. Says that a look is worth it
    /// and not what will be seen: verbs ask the cluster itself.
    fn changes(&self) -> BoxStream<'static, Change> {
        stream::pending().boxed()
    }

    /// Makes the namespace or folder of a project, or finds it there.
    ///
    /// # Errors
    /// When the cluster is away or refuses.
    async fn ensure_project(&self, project: &ProjectFolder) -> Result<()>;

    /// The storage classes on offer.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn storage_classes(&self) -> Result<Vec<StorageClass>>;

    /// The claims of a project, those of data volumes included.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn existing_claims(&self, project: &ProjectFolder) -> Result<Vec<ExistingClaim>>;

    /// Makes a claim that is no data volume's yet, or finds it there: a data volume takes it as an existing
    /// one later on.
    ///
    /// # Errors
    /// When the cluster is away, or the claim cannot be had ([`Error::Refused`] says why).
    async fn make_claim(&self, wish: &ClaimWish) -> Result<ExistingClaim>;

    /// What [`Cluster::ensure_claim`] would make; changes nothing.
    ///
    /// # Errors
    /// When the cluster is away, or the order cannot be carried out ([`Error::Refused`] says why).
    async fn plan_claim(&self, order: &ClaimOrder) -> Result<ClaimPlan>;

    /// Makes a claim, or finds it there, and tells how it stands.
    ///
    /// # Errors
    /// When the cluster is away, or the order cannot be carried out ([`Error::Refused`] says why).
    async fn ensure_claim(&self, order: &ClaimOrder) -> Result<ClaimState>;

    /// Asks for more room in a claim; it is there when the claim's capacity says so.
    ///
    /// # Errors
    /// When the cluster is away, or the claim cannot grow ([`Error::Refused`] says why).
    async fn grow_claim(&self, _claim: &ClaimKey, _size: Bytes) -> Result<()> {
        Err(Error::Refused(
            "Folders have no size of their own: there is as much room as the storage has."
                .to_owned(),
        ))
    }

    /// The volumes that data volumes left behind; none where a claim is its own storage.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn retained_volumes(&self) -> Result<Vec<RetainedVolume>> {
        Ok(Vec::new())
    }

    /// Gives a project a claim on a volume that was left behind, or finds it there.
    ///
    /// # Errors
    /// When the cluster is away, [`Error::NotFound`], or [`Error::Refused`] for a volume that is not free.
    async fn take_volume_back(&self, order: &TakeBackOrder) -> Result<()> {
        let name = &order.volume;
        Err(Error::NotFound(format!("There is no volume {name} here.")))
    }

    /// Says on a volume that was left behind that somebody on another cluster is to have its storage, and tells
    /// what that is. Nobody else gets it from then on.
    ///
    /// # Errors
    /// When the cluster is away, [`Error::NotFound`], or [`Error::Refused`] for storage that no other cluster mounts,
    /// or that somebody has.
    async fn hand_volume_over(
        &self,
        volume: &str,
        _uid: &str,
        _to: &str,
    ) -> Result<StorageDescription> {
        Err(Error::NotFound(format!(
            "There is no volume {volume} here."
        )))
    }

    /// Ends that: they have it, or nobody does.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn end_handing_over(
        &self,
        _volume: &str,
        _uid: &str,
        _to: &str,
        _is_taken: bool,
    ) -> Result<()> {
        Ok(())
    }

    /// Gives a project a claim on storage that another cluster told of, or finds it there.
    ///
    /// # Errors
    /// When the cluster is away, or [`Error::Refused`] where it cannot mount that storage.
    async fn adopt_volume(
        &self,
        _storage: &StorageDescription,
        _order: &TakeBackOrder,
    ) -> Result<()> {
        Err(Error::Refused(
            "This cluster has folders, and cannot use the volumes of another one.".to_owned(),
        ))
    }

    /// The volumes that somebody made by hand and nobody uses; none where a claim is its own storage.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn static_volumes(&self) -> Result<Vec<StaticVolume>> {
        Ok(Vec::new())
    }

    /// Undoes what was begun for a claim that nobody knows the UID of, and that is not wanted any more.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn abandon_claim(&self, _order: &ClaimOrder) -> Result<()> {
        Ok(())
    }

    /// Takes a claim out of use. Destroys its bytes if it is ours; an existing claim stays as it was.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn remove_claim(&self, claim: &ClaimKey) -> Result<Removal>;

    /// Gives a receiving project the volume, or finds it there.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn ensure_mount(&self, order: &MountOrder) -> Result<MountState>;

    /// Gives receiving projects the volume of a claim, in folders or namespaces that are made if they are missing. Each
    /// is told with its place among the orders, in whatever order they are done.
    fn ensure_mounts<'a>(
        &'a self,
        _claim: &'a ClaimKey,
        orders: &'a [MountOrder],
    ) -> BoxStream<'a, (usize, Result<MountState>)> {
        let one = |(place, order): (usize, &'a MountOrder)| -> BoxFuture<'a, _> {
            Box::pin(async move {
                let state = match self.ensure_project(&order.project).await {
                    Ok(()) => self.ensure_mount(order).await,
                    Err(error) => Err(error),
                };
                (place, state)
            })
        };
        let work: Vec<_> = orders.iter().enumerate().map(one).collect();
        stream::iter(work).buffer_unordered(MOUNTS_AT_ONCE).boxed()
    }

    /// Takes it away again. The bytes stay.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn remove_mount(&self, order: &MountOrder) -> Result<Removal>;

    /// Takes mounts of a claim away again. Each is told with its place among the orders, in whatever order they are
    /// done.
    fn remove_mounts<'a>(
        &'a self,
        _claim: &'a ClaimKey,
        orders: &'a [MountOrder],
    ) -> BoxStream<'a, (usize, Result<Removal>)> {
        let one = |(place, order): (usize, &'a MountOrder)| -> BoxFuture<'a, _> {
            Box::pin(async move { (place, self.remove_mount(order).await) })
        };
        let work: Vec<_> = orders.iter().enumerate().map(one).collect();
        stream::iter(work).buffer_unordered(MOUNTS_AT_ONCE).boxed()
    }

    /// Which pods use a receiving project's mount at this moment, by name; `None` where nobody can tell.
    ///
    /// # Errors
    /// When the cluster is away.
    async fn pods_at(&self, order: &MountOrder) -> Result<Option<Vec<String>>>;

    /// The way to the files of a claim.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the claim is gone or is another one by now, [`Error::Refused`] when its files
    /// cannot be opened, or not without waiting.
    async fn data_path(&self, claim: &ClaimKey, visit: &Visit) -> Result<DataPath>;
}

/// A cluster, shared.
pub type SharedCluster = Arc<dyn Cluster>;

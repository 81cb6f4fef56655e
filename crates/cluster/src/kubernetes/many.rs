//! All mounts of one claim together: two lists tell how a thousand of them stand, and what is new is made without
//! another look.
//!
//! A list is found by labels, which prove nothing: each mount is held against the names, UIDs and storage that it
//! has to have. Whatever is not plainly well or plainly new is looked after by itself.

use std::collections::HashMap;
use std::future;
use std::sync::Arc;

use domain::MountPhase;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::Api;
use kube::api::ListParams;

use super::KubernetesCluster;
use super::api_server::{Made, create, list, uid_of};
use super::binding::is_left;
use super::claims::{asks_for, claim_uid};
use super::copies::{enforcement, is_copy_for, is_same_storage};
use super::drivers::Copy;
use super::mounts::{BEING_BOUND, MODES, takes_storage_along};
use super::names::{DATA_VOLUME, copy_name, namespace};
use super::origin::is_held;
use crate::{ClaimKey, Error, MOUNTS_AT_ONCE, MountOrder, MountState, Result};

/// From how many on lists are cheaper than a look at each.
pub(super) const WORTH_LISTS: usize = 4;

/// What is listed of the mounts of one claim.
pub(super) struct Listed {
    /// By name.
    pub(super) copies: HashMap<String, PersistentVolume>,
    /// By namespace and name.
    pub(super) claims: HashMap<(String, String), PersistentVolumeClaim>,
}

/// What there is to mount, and what is mounted.
struct Sight {
    /// The storage; it outlives its claim.
    origin: PersistentVolume,
    mounts: Listed,
}

enum Standing<'a> {
    Well(MountState),
    /// There is nothing of it.
    New,
    /// The volume waits for its claim to be made.
    Begun(&'a PersistentVolume),
    /// The claim waits for the cluster's controller.
    Bound(&'a PersistentVolume, &'a PersistentVolumeClaim),
    Unclear,
}

impl KubernetesCluster {
    /// Gives receiving projects the volume, each with its place among the orders as soon as it is known how it
    /// stands.
    pub(super) fn mount_all<'a>(
        &'a self,
        key: &'a ClaimKey,
        orders: &'a [MountOrder],
    ) -> BoxStream<'a, (usize, Result<MountState>)> {
        let look = async move {
            match orders {
                [first, ..] if orders.len() >= WORTH_LISTS => {
                    Box::pin(self.sight(key, first)).await
                }
                _ => Ok(None),
            }
        };
        of_each(look, orders, move |order, sight| {
            Box::pin(async move {
                match &*sight {
                    Some(sight) => self.mount_at_sight(order, sight).await,
                    None => self.mount_by_itself(order).await,
                }
            })
        })
    }

    async fn mount_by_itself(&self, order: &MountOrder) -> Result<MountState> {
        self.make_namespace(&order.project).await?;
        Box::pin(self.mount(order)).await
    }

    /// How the mounts stand; `None` where nothing can be said of all of them.
    async fn sight(&self, key: &ClaimKey, first: &MountOrder) -> Result<Option<Sight>> {
        if !is_whole(first) {
            return Ok(None);
        }
        let Some(claim) = self.claim_of(key).await? else {
            return Ok(None);
        };
        let Some(origin) = self.volume_of(&claim).await? else {
            return Ok(None);
        };
        let can_be_mounted = self.wanted(&origin, first).is_ok_and(|copy| copy.is_ok());
        if claim.metadata.deletion_timestamp.is_some() || !can_be_mounted {
            return Ok(None);
        }
        if !is_held(&claim, &origin) {
            self.hold_origin(key, &claim, &origin).await?;
        }
        Ok(Some(Sight {
            origin,
            mounts: self.mounts_of(key).await?,
        }))
    }

    /// The mounts of a claim.
    pub(super) async fn mounts_of(&self, key: &ClaimKey) -> Result<Listed> {
        let copies = self.copies_of(&key.uid).await?.into_iter();
        let copies = copies.filter_map(|copy| Some((copy.metadata.name.clone()?, copy)));
        let claims: Api<PersistentVolumeClaim> = self.api.everywhere();
        let which = ListParams::default().labels(&format!("{DATA_VOLUME}={}", key.data_volume_id));
        let doing = "listing the claims that share a volume";
        let claims = list(&claims, &which, doing).await?.into_iter();
        let claims = claims.filter_map(|claim| {
            let of = &claim.metadata;
            Some(((of.namespace.clone()?, of.name.clone()?), claim))
        });
        Ok(Listed {
            copies: copies.collect(),
            claims: claims.collect(),
        })
    }

    async fn mount_at_sight(&self, order: &MountOrder, sight: &Sight) -> Result<MountState> {
        match self.standing_at_sight(order, sight)? {
            Standing::Well(state) => Ok(state),
            Standing::New => self.mount_new(order, sight).await,
            Standing::Begun(copy) => self.mount_begun(order, copy).await,
            Standing::Bound(copy, claim) => {
                self.look_again(claim, copy).await?;
                Ok(state(order, MountPhase::Pending, BEING_BOUND))
            }
            Standing::Unclear => self.mount_by_itself(order).await,
        }
    }

    fn standing_at_sight<'a>(&self, order: &MountOrder, sight: &'a Sight) -> Result<Standing<'a>> {
        if order.project == order.claim.project || !is_whole(order) {
            return Ok(Standing::Unclear);
        }
        let receiver = namespace(&order.project)?;
        let copy_of = |mode| {
            sight
                .mounts
                .copies
                .get(&copy_name(&order.claim.uid, receiver, mode))
        };
        let place = (receiver.to_owned(), order.name.to_string());
        if MODES
            .into_iter()
            .any(|mode| mode != order.mode && copy_of(mode).is_some())
        {
            return Ok(Standing::Unclear);
        }
        let claim = sight.mounts.claims.get(&place);
        let Some(copy) = copy_of(order.mode) else {
            return Ok(match claim {
                None => Standing::New,
                Some(_) => Standing::Unclear,
            });
        };
        let wanted = self.wanted(&sight.origin, order)?;
        if !wanted.is_ok_and(|wanted| is_as_wanted(copy, &wanted, order)) {
            return Ok(Standing::Unclear);
        }
        Ok(match claim {
            None if claim_uid(copy).is_none() => Standing::Begun(copy),
            Some(claim) if !asks_for(claim, copy) || is_going(claim) => Standing::Unclear,
            Some(claim) if is_bound(claim, copy) => Standing::Well(state(
                order,
                MountPhase::Ready,
                &enforcement(order.mode, copy),
            )),
            Some(claim) if claim_uid(copy).is_none() || is_left(claim, copy) => {
                Standing::Bound(copy, claim)
            }
            _ => Standing::Unclear,
        })
    }

    /// Makes what nobody has seen yet; should it be there all the same, it is looked at by itself.
    async fn mount_new(&self, order: &MountOrder, sight: &Sight) -> Result<MountState> {
        let wanted = match self.wanted(&sight.origin, order)? {
            Ok(wanted) => wanted,
            Err(reason) => return Ok(state(order, MountPhase::Failed, &reason)),
        };
        let doing = format!("to make a volume for the claim {}", shown(order));
        let Made::New(copy) = create(&self.volumes(), &wanted, &doing).await? else {
            return self.mount_by_itself(order).await;
        };
        self.mount_begun(order, &copy).await
    }

    async fn mount_begun(&self, order: &MountOrder, copy: &PersistentVolume) -> Result<MountState> {
        match self.make_receiving_claim(order, copy).await {
            // The namespace is not there yet, or not any more.
            Err(Error::NotFound(_)) => self.mount_by_itself(order).await,
            made => made.map(|(phase, message)| state(order, phase, &message)),
        }
    }

    /// The volume that gives a project the storage, or why there can be none.
    fn wanted(
        &self,
        origin: &PersistentVolume,
        order: &MountOrder,
    ) -> Result<std::result::Result<PersistentVolume, String>> {
        let copy = Copy {
            origin_claim_uid: &order.claim.uid,
            data_volume_id: order.claim.data_volume_id,
            namespace: namespace(&order.project)?,
            claim: order.name.as_str(),
            mode: order.mode,
        };
        Ok(self.drivers.copy(origin, &copy))
    }
}

/// Whether a copied volume is the one that would be made, and stays.
fn is_as_wanted(copy: &PersistentVolume, wanted: &PersistentVolume, order: &MountOrder) -> bool {
    is_copy_for(copy, &order.claim.uid, &order.project.0)
        && is_same_storage(copy, wanted)
        && !takes_storage_along(copy)
        && copy.metadata.deletion_timestamp.is_none()
}

/// Whether all of a claim is mounted: nothing would hold the users of a folder to it.
fn is_whole(order: &MountOrder) -> bool {
    order.sub_path.is_root() && order.claim.sub_path.is_root()
}

fn is_going(claim: &PersistentVolumeClaim) -> bool {
    claim.metadata.deletion_timestamp.is_some()
}

fn is_bound(claim: &PersistentVolumeClaim, copy: &PersistentVolume) -> bool {
    let status = claim.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref());
    phase == Some("Bound") && claim_uid(copy) == Some(uid_of(claim))
}

/// What is to be said of each order by what one look at all of them saw.
pub(super) fn of_each<'a, S: Send + Sync + 'a, T: Send + 'a>(
    look: impl Future<Output = Result<Option<S>>> + Send + 'a,
    orders: &'a [MountOrder],
    one: impl Fn(&'a MountOrder, Arc<Option<S>>) -> BoxFuture<'a, Result<T>> + Send + 'a,
) -> BoxStream<'a, (usize, Result<T>)> {
    stream::once(look)
        .flat_map(move |seen| {
            let seen = seen.map(Arc::new);
            let one = |(place, order): (usize, &'a MountOrder)| -> BoxFuture<'a, _> {
                let said = match &seen {
                    Ok(seen) => one(order, Arc::clone(seen)),
                    // Whoever does not answer here answers none of the others either.
                    Err(error) => Box::pin(future::ready(Err(same(error)))),
                };
                Box::pin(async move { (place, said.await) })
            };
            let work: Vec<_> = orders.iter().enumerate().map(one).collect();
            stream::iter(work).buffer_unordered(MOUNTS_AT_ONCE)
        })
        .boxed()
}

/// The same for another mount.
fn same(error: &Error) -> Error {
    match error {
        Error::Refused(why) => Error::Refused(why.clone()),
        Error::NotFound(what) => Error::NotFound(what.clone()),
        Error::Unavailable { doing, source } => Error::Unavailable {
            doing: doing.clone(),
            source: source.to_string().into(),
        },
    }
}

fn state(order: &MountOrder, phase: MountPhase, message: &str) -> MountState {
    MountState {
        phase,
        location: shown(order),
        message: message.to_owned(),
    }
}

fn shown(order: &MountOrder) -> String {
    format!("{}/{}", order.project.0, order.name)
}

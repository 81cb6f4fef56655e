//! What receiving projects get: a volume for the same storage, and a claim bound to it.
//!
//! The volume is reserved for the claim in the call that makes it, and carries all that is to be known
//! about it; what stands under the claim's name and is not bound to it is somebody else's.

use std::time::Duration;

use domain::{MountPhase, ShareMode};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

use super::KubernetesCluster;
use super::api_server::{Made, change, create, delete, get, list, uid_of};
use super::claims::{asks_for, claim_uid, names_volume};
use super::copies::{enforcement, is_copy_for, is_same_storage, is_using, receiving_claim};
use super::drivers::Copy;
use super::names::{copy_name, namespace};
use super::origin::is_held;
use crate::{MountOrder, MountState, Removal, Result};

/// A driver is told a path as text, and whoever writes to the volume could put a link in its place that
/// leads out of it. A `subPath` in a pod is safe from that, and no limit: the claim would still be whole.
const FOLDER_IS_NOT_MOUNTED: &str = "A folder of a volume is not mounted on Kubernetes, because nothing there would hold its users to it. Its files can be read here; for jobs, share the whole volume.";

/// The same holds for a data volume that is a folder itself.
const ORIGIN_IS_A_FOLDER: &str = "This data volume is one folder of a claim, and is not mounted in other projects, because nothing there would hold its users to the folder. Its files can be read here.";

/// How long a new volume is waited for: longer than the controller takes when it has nothing else to do.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(30);

pub(super) const BEING_BOUND: &str = "The claim is being bound.";
pub(super) const BEING_RELEASED: &str = "its volume is being released";

pub(super) const MODES: [ShareMode; 2] = [ShareMode::ReadOnly, ShareMode::ReadWrite];

/// A volume that gives the receiving project the storage.
enum Copied {
    /// It is there.
    There(Box<PersistentVolume>),
    /// It cannot be had now.
    Not(MountPhase, String),
}

impl KubernetesCluster {
    /// Gives a receiving project the volume, or finds it there.
    pub(super) async fn mount(&self, order: &MountOrder) -> Result<MountState> {
        let receiver = namespace(&order.project)?;
        let state = |phase, message: &str| MountState {
            phase,
            location: format!("{receiver}/{}", order.name),
            message: message.to_owned(),
        };
        if order.project == order.claim.project {
            return Ok(state(
                MountPhase::Failed,
                "This project is the volume's origin and has its claim already.",
            ));
        }
        let Some(claim) = self.claim_of(&order.claim).await? else {
            // A claim made anew under the same name must not be reached through an old share.
            Box::pin(self.unmount(order)).await?;
            return Ok(state(
                MountPhase::Failed,
                "The volume's own claim is gone, or another one took its place: see the data volume's conditions.",
            ));
        };
        if claim.metadata.deletion_timestamp.is_some() {
            return Ok(state(
                MountPhase::Failed,
                "The volume's own claim is being deleted on the cluster: see the data volume's conditions.",
            ));
        }
        let Some(volume) = self.volume_of(&claim).await? else {
            return Ok(state(
                MountPhase::Pending,
                "The volume's own claim is not bound to storage yet.",
            ));
        };
        let is_whole_claim = order.claim.sub_path.is_root();
        if !order.sub_path.is_root() || !is_whole_claim {
            let why = if is_whole_claim {
                FOLDER_IS_NOT_MOUNTED
            } else {
                ORIGIN_IS_A_FOLDER
            };
            // What it had of the whole volume before must not stay.
            return Ok(match Box::pin(self.unmount(order)).await? {
                Removal::Done => state(MountPhase::Failed, why),
                Removal::Waiting(why) => state(MountPhase::Pending, &older_mount(&why)),
            });
        }
        let copy = Copy {
            origin_claim_uid: &order.claim.uid,
            data_volume_id: order.claim.data_volume_id,
            namespace: receiver,
            claim: order.name.as_str(),
            mode: order.mode,
        };
        let wanted = match self.drivers.copy(&volume, &copy) {
            Ok(wanted) => wanted,
            Err(reason) => return Ok(state(MountPhase::Failed, &reason)),
        };
        if let Removal::Waiting(why) = self.remove_outdated(order).await? {
            return Ok(state(MountPhase::Pending, &older_mount(&why)));
        }
        if !is_held(&claim, &volume) {
            self.hold_origin(&order.claim, &claim, &volume).await?;
        }
        let (phase, message) = match self.ensure_copy(&wanted).await? {
            Copied::Not(phase, message) => (phase, message),
            Copied::There(copy) => self.ensure_receiving_claim(order, &copy).await?,
        };
        Ok(state(phase, &message))
    }

    /// Takes it away again: the receiving claim, then the copied volume, then what holds the origin.
    pub(super) async fn unmount(&self, order: &MountOrder) -> Result<Removal> {
        for mode in MODES {
            if let waiting @ Removal::Waiting(_) = self.take_away(order, mode).await? {
                return Ok(waiting);
            }
        }
        Box::pin(self.release_origin(&order.claim)).await?;
        Ok(Removal::Done)
    }

    /// The pods that use a claim and have not ended.
    pub(super) async fn pods_using(&self, namespace: &str, claim: &str) -> Result<Vec<String>> {
        let pods: Api<Pod> = self.api.within(namespace);
        let doing = format!("looking for pods that use {namespace}/{claim}");
        // What the server has at hand: for the very newest it waits for its database, a tenth of a second each time.
        let at_hand = ListParams::default().match_any();
        let pods = list(&pods, &at_hand, &doing).await?;
        let using = pods.into_iter().filter(|pod| is_using(pod, claim));
        Ok(using.filter_map(|pod| pod.metadata.name).collect())
    }

    /// Takes away what was mounted another way, or under another name.
    async fn remove_outdated(&self, order: &MountOrder) -> Result<Removal> {
        for mode in MODES {
            if mode == order.mode {
                let copy = self.copy_of(order, mode).await?;
                let is_outdated = copy.is_some_and(|copy| {
                    let claim = copy.spec.and_then(|spec| spec.claim_ref);
                    claim.and_then(|claim| claim.name).as_deref() != Some(order.name.as_str())
                });
                if !is_outdated {
                    continue;
                }
            }
            if let waiting @ Removal::Waiting(_) = self.take_away(order, mode).await? {
                return Ok(waiting);
            }
        }
        Ok(Removal::Done)
    }

    /// The volume of that mode, if it is the one that we would have made.
    async fn copy_of(
        &self,
        order: &MountOrder,
        mode: ShareMode,
    ) -> Result<Option<PersistentVolume>> {
        let name = copy_name(&order.claim.uid, &order.project.0, mode);
        let found = get(
            &self.volumes(),
            &name,
            &format!("looking at the volume {name}"),
        )
        .await?;
        Ok(found.filter(|copy| is_copy_for(copy, &order.claim.uid, &order.project.0)))
    }

    async fn ensure_copy(&self, wanted: &PersistentVolume) -> Result<Copied> {
        let name = wanted.metadata.name.clone().unwrap_or_default();
        let doing = format!("to make the volume {name}");
        let Some(found) = get(&self.volumes(), &name, &doing).await? else {
            return Ok(match create(&self.volumes(), wanted, &doing).await? {
                Made::New(made) => Copied::There(made),
                Made::There => {
                    Copied::Not(MountPhase::Pending, "The volume is being made.".to_owned())
                }
            });
        };
        if found.metadata.deletion_timestamp.is_some() {
            return Ok(Copied::Not(
                MountPhase::Pending,
                format!("The older volume {name} is being removed; then it is made anew."),
            ));
        }
        if !is_same_storage(&found, wanted) {
            return Ok(Copied::Not(
                MountPhase::Failed,
                format!(
                    "There is a volume {name} that Stowage did not make like this: an administrator of the cluster has to look at it."
                ),
            ));
        }
        if !takes_storage_along(&found) {
            return Ok(Copied::There(Box::new(found)));
        }
        // Somebody set it back.
        let kept = change(&self.volumes(), &name, uid_of(&found), &doing, |copy| {
            takes_storage_along(copy)
                .then(|| json!({"spec": {"persistentVolumeReclaimPolicy": "Retain"}}))
        })
        .await?;
        Ok(kept.map_or_else(
            || {
                Copied::Not(
                    MountPhase::Pending,
                    "The volume is being made anew.".to_owned(),
                )
            },
            |copy| Copied::There(Box::new(copy)),
        ))
    }

    async fn ensure_receiving_claim(
        &self,
        order: &MountOrder,
        copy: &PersistentVolume,
    ) -> Result<(MountPhase, String)> {
        let (receiver, name) = (order.project.0.as_str(), order.name.as_str());
        let shown = format!("{receiver}/{name}");
        let pending = |message: String| Ok((MountPhase::Pending, message));
        let Some(claim) = self.claim(receiver, name).await? else {
            self.forget_old_claim(copy, true).await?;
            return self.make_receiving_claim(order, copy).await;
        };
        if !asks_for(&claim, copy) {
            return Ok((
                MountPhase::Failed,
                format!(
                    "There is another claim {shown}: rename or remove it, and the volume appears there."
                ),
            ));
        }
        if claim.metadata.deletion_timestamp.is_some() {
            let pods = in_use_by(&self.pods_using(receiver, name).await?);
            return pending(format!(
                "Somebody deleted the claim {shown}: it is made anew when it is gone ({pods})."
            ));
        }
        match claim
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref())
        {
            Some("Bound") if claim_uid(copy) == Some(uid_of(&claim)) => {
                Ok((MountPhase::Ready, enforcement(order.mode, copy)))
            }
            Some("Lost") => {
                let doing = format!("to remove the claim {shown}, whose volume was lost");
                delete(&self.claims(receiver), name, uid_of(&claim), &doing).await?;
                pending("The claim had lost its volume and is made anew.".to_owned())
            }
            _ => {
                self.look_again(&claim, copy).await?;
                self.forget_old_claim(copy, false).await?;
                pending(BEING_BOUND.to_owned())
            }
        }
    }

    /// Makes the claim for a copied volume as soon as the cluster's controller knows of that.
    pub(super) async fn make_receiving_claim(
        &self,
        order: &MountOrder,
        copy: &PersistentVolume,
    ) -> Result<(MountPhase, String)> {
        if !self.is_available(copy).await? {
            let message = "The volume is being made ready.".to_owned();
            return Ok((MountPhase::Pending, message));
        }
        let receiver = order.project.0.as_str();
        let claim = receiving_claim(order, copy);
        let doing = format!("to make the claim {receiver}/{}", order.name);
        create(&self.claims(receiver), &claim, &doing).await?;
        Ok((MountPhase::Pending, BEING_BOUND.to_owned()))
    }

    /// Lets a volume be bound again whose claim was deleted by hand. Where the claim is known to be gone, what
    /// the volume says of it is old: a new claim that comes before that is told waits for long.
    async fn forget_old_claim(&self, copy: &PersistentVolume, is_gone: bool) -> Result<()> {
        let name = copy.metadata.name.clone().unwrap_or_default();
        let doing = format!("to let the volume {name} be bound again");
        let old = claim_uid(copy);
        let is_unbound = |copy: &PersistentVolume| {
            let status = copy.status.as_ref();
            let phase = status.and_then(|status| status.phase.as_deref());
            old.is_some() && claim_uid(copy) == old && (is_gone || phase != Some("Bound"))
        };
        if !is_unbound(copy) {
            return Ok(());
        }
        change(&self.volumes(), &name, uid_of(copy), &doing, |copy| {
            is_unbound(copy)
                .then(|| json!({"spec": {"claimRef": {"uid": Value::Null, "resourceVersion": Value::Null}}}))
        })
        .await?;
        Ok(())
    }

    /// Whether the cluster's controller knows a volume and that it is free, after a moment at most. A claim
    /// that is made before that is looked at again after a quarter of a minute.
    pub(super) async fn is_available(&self, copy: &PersistentVolume) -> Result<bool> {
        let name = copy.metadata.name.clone().unwrap_or_default();
        let doing = format!("looking at the volume {name}");
        for _ in 0..LOOKS {
            let found = get(&self.volumes(), &name, &doing).await?;
            let phase = found.and_then(|copy| copy.status?.phase);
            if phase.as_deref() == Some("Available") {
                return Ok(true);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(false)
    }

    async fn take_away(&self, order: &MountOrder, mode: ShareMode) -> Result<Removal> {
        let receiver = namespace(&order.project)?;
        let volume_name = copy_name(&order.claim.uid, receiver, mode);
        let copy = self.copy_of(order, mode).await?;
        let name = copy
            .as_ref()
            .and_then(|copy| copy.spec.as_ref()?.claim_ref.as_ref()?.name.clone())
            .unwrap_or_else(|| order.name.to_string());
        let is_ours = |claim: &PersistentVolumeClaim| names_volume(claim, &volume_name);
        if let Some(claim) = self.claim(receiver, &name).await?.filter(is_ours) {
            if claim.metadata.deletion_timestamp.is_none() {
                let doing = format!("to remove the claim {receiver}/{name}");
                delete(&self.claims(receiver), &name, uid_of(&claim), &doing).await?;
            }
            let left = self.claim(receiver, &name).await?;
            if left.as_ref().is_some_and(is_ours) {
                let pods = self.pods_using(receiver, &name).await?;
                return Ok(Removal::Waiting(in_use_by(&pods)));
            }
        }
        let Some(copy) = copy else {
            return Ok(Removal::Done);
        };
        if copy.metadata.deletion_timestamp.is_none() {
            let doing = format!("to remove the volume {volume_name}");
            delete(&self.volumes(), &volume_name, uid_of(&copy), &doing).await?;
        }
        Ok(match self.copy_of(order, mode).await? {
            Some(_) => Removal::Waiting(BEING_RELEASED.to_owned()),
            None => Removal::Done,
        })
    }
}

/// Whether the storage would go with a copy, which must never be.
pub(super) fn takes_storage_along(copy: &PersistentVolume) -> bool {
    let spec = copy.spec.as_ref();
    let policy = spec.and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    policy != Some("Retain")
}

fn older_mount(why: &str) -> String {
    format!("An older mount of this volume has to go first: {why}.")
}

/// What is waited for, by how many pods.
pub(super) fn in_use_by(pods: &[String]) -> String {
    match pods.len() {
        0 => "the claim is being removed".to_owned(),
        1 => "1 pod still reading".to_owned(),
        pods => format!("{pods} pods still reading"),
    }
}

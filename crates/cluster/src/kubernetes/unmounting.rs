//! Many mounts of one claim taken away together: two lists tell how far a thousand of them are, each look takes the
//! step of each that is due, and the storage is let go of once, after the last.
//!
//! A list is found by labels, which prove nothing: before a volume is removed the server is asked by name whether
//! its claim is gone. Whatever is not as it was made is looked after by itself.

use futures::stream::BoxStream;
use k8s_openapi::api::core::v1::PersistentVolume;

use super::KubernetesCluster;
use super::api_server::{delete, uid_of};
use super::claims::names_volume;
use super::copies::is_copy_for;
use super::many::{Listed, WORTH_LISTS, of_each};
use super::mounts::{BEING_RELEASED, MODES, in_use_by};
use super::names::{copy_name, namespace};
use crate::{ClaimKey, MountOrder, Removal, Result};

impl KubernetesCluster {
    /// Takes mounts away, each with its place among the orders as soon as it is known how far it is.
    pub(super) fn unmount_all<'a>(
        &'a self,
        key: &'a ClaimKey,
        orders: &'a [MountOrder],
    ) -> BoxStream<'a, (usize, Result<Removal>)> {
        let look = async move {
            if orders.len() < WORTH_LISTS {
                return Ok(None);
            }
            let mounts = self.mounts_of(key).await?;
            // Before it is told that they are gone: nobody would come back for it.
            if mounts.copies.is_empty() {
                Box::pin(self.release_origin(key)).await?;
            }
            Ok(Some(mounts))
        };
        of_each(look, orders, move |order, mounts| {
            Box::pin(async move {
                match &*mounts {
                    Some(mounts) => self.unmount_at_sight(order, mounts).await,
                    None => Box::pin(self.unmount(order)).await,
                }
            })
        })
    }

    async fn unmount_at_sight(&self, order: &MountOrder, mounts: &Listed) -> Result<Removal> {
        let receiver = namespace(&order.project)?;
        let names = MODES.map(|mode| copy_name(&order.claim.uid, receiver, mode));
        match names.each_ref().map(|name| mounts.copies.get(name)) {
            [None, None] => {
                let claim = self.claim(receiver, order.name.as_str()).await?;
                let is_left =
                    claim.is_some_and(|claim| names.iter().any(|name| names_volume(&claim, name)));
                if is_left {
                    return Box::pin(self.unmount(order)).await;
                }
                Ok(Removal::Done)
            }
            [Some(copy), None] | [None, Some(copy)]
                if is_copy_for(copy, &order.claim.uid, receiver) =>
            {
                self.next_step(order, copy, mounts).await
            }
            _ => Box::pin(self.unmount(order)).await,
        }
    }

    /// The claim first; when it is gone, its volume.
    async fn next_step(
        &self,
        order: &MountOrder,
        copy: &PersistentVolume,
        mounts: &Listed,
    ) -> Result<Removal> {
        let receiver = order.project.0.as_str();
        let volume_name = copy.metadata.name.as_deref().unwrap_or_default();
        let claim = copy.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
        let name = claim.and_then(|claim| claim.name.as_deref());
        let name = name.unwrap_or(order.name.as_str());
        let listed = mounts.claims.get(&(receiver.to_owned(), name.to_owned()));
        let found = match listed {
            Some(claim) => Some(claim.clone()),
            None => self.claim(receiver, name).await?,
        };
        if let Some(claim) = found.filter(|claim| names_volume(claim, volume_name)) {
            let mut pods = Vec::new();
            if claim.metadata.deletion_timestamp.is_none() {
                let doing = format!("to remove the claim {receiver}/{name}");
                delete(&self.claims(receiver), name, uid_of(&claim), &doing).await?;
            } else {
                pods = self.pods_using(receiver, name).await?;
            }
            return Ok(Removal::Waiting(in_use_by(&pods)));
        }
        if copy.metadata.deletion_timestamp.is_none() {
            let doing = format!("to remove the volume {volume_name}");
            delete(&self.volumes(), volume_name, uid_of(copy), &doing).await?;
        }
        Ok(Removal::Waiting(BEING_RELEASED.to_owned()))
    }
}

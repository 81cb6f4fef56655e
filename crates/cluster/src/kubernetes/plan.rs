//! What an order would come to; nothing here changes anything.
//!
//! The API server is asked itself, by a trial that it does not keep: quotas and admission policies answer
//! with their own words.

use domain::{OriginSource, PersistenceClass};
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim};
use kube::Api;

use super::api_server::{get, try_to_create};
use super::claims::name_of;
use super::copies::of_a_folder;
use super::drivers::is_network;
use super::names::namespace;
use super::offers::Offer;
use super::taking::{taken, there_is_none};
use super::{KubernetesCluster, persistence};
use crate::{ClaimOrder, ClaimPlan, Error, Result};

impl KubernetesCluster {
    /// What making or taking the claim would come to.
    pub(super) async fn plan(&self, order: &ClaimOrder) -> Result<ClaimPlan> {
        let (namespace, name) = (namespace(&order.project)?, name_of(order)?);
        let found = self.claim(namespace, name).await?;
        match &order.source {
            OriginSource::NewClaim { storage_class, .. } => {
                let offer = self.class_on_offer(storage_class).await?;
                if found.is_some_and(|claim| !self.is_made_for(&claim, order)) {
                    return Err(taken(namespace, name));
                }
                self.plan_new(order, name, &offer).await
            }
            OriginSource::OfferedVolume { volume, volume_uid } => {
                if found.is_some_and(|claim| !self.is_made_for(&claim, order)) {
                    return Err(taken(namespace, name));
                }
                self.plan_offered(order, name, volume, volume_uid).await
            }
            OriginSource::ExistingClaim { .. } => {
                let claim = found.ok_or_else(|| there_is_none(namespace, name))?;
                self.refuse_unfit(order, &claim).await?;
                self.plan_existing(order, name, &claim).await
            }
        }
    }

    async fn plan_new(&self, order: &ClaimOrder, name: &str, offer: &Offer) -> Result<ClaimPlan> {
        let namespace = order.project.0.as_str();
        let OriginSource::NewClaim { size, .. } = &order.source else {
            return Err(there_is_none(namespace, name));
        };
        let mut warnings = Vec::new();
        if self.has_namespace(namespace).await? {
            let claim = self.claim_to_make(order, name, offer, *size);
            let doing = format!("to make the claim {namespace}/{name}");
            try_to_create(&self.claims(namespace), &claim, &doing).await?;
            warnings = self.quota_left(namespace, offer.name()).await?;
        }
        let persistence = offer.persistence();
        warnings.extend(notes(offer, persistence.class));
        let shown = format!("{namespace}/{name}");
        let deletion = match offer.class.reclaim_policy.as_deref() {
            Some("Retain") => format!(
                "Deleting the data volume in Stowage deletes the claim {shown}. Its storage stays as a Released volume until an administrator removes it."
            ),
            _ => format!(
                "Deleting the data volume in Stowage deletes the claim {shown}, and that destroys every file in it."
            ),
        };
        Ok(ClaimPlan {
            makes: format!(
                "Makes the claim {shown} of {size}, of the storage class {}, mode {}.",
                offer.name(),
                self.access_mode(offer).as_str()
            ),
            persistence,
            sharing: self.sharing_of_class(offer),
            deletion,
            warnings,
        })
    }

    async fn plan_existing(
        &self,
        order: &ClaimOrder,
        name: &str,
        claim: &PersistentVolumeClaim,
    ) -> Result<ClaimPlan> {
        let namespace = order.project.0.as_str();
        let class = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.storage_class_name.as_deref());
        let (persistence, sharing) = if let Some(volume) = self.volume_of(claim).await? {
            (
                persistence::of_volume(&volume),
                self.drivers.sharing_of(&volume),
            )
        } else {
            let class = self.class_on_offer(class.unwrap_or_default()).await.map_err(|_| {
                Error::Refused(format!(
                    "The claim {namespace}/{name} has no volume and no storage class that could make one: choose another claim."
                ))
            })?;
            (class.persistence(), self.sharing_of_class(&class))
        };
        let sub_path = order.source.sub_path();
        if !sub_path.is_root() {
            return Ok(ClaimPlan {
                makes: format!(
                    "Takes the folder {sub_path} of the claim {namespace}/{name}, with what lies in it, and makes it if it is not there; an annotation on the claim says so."
                ),
                persistence,
                sharing: of_a_folder(),
                deletion: format!(
                    "Deleting the data volume keeps the claim {namespace}/{name} and its files."
                ),
                warnings: vec![format!(
                    "Pods of this project that mount the claim {name} reach all of it, and not the folder {sub_path} alone. Nobody else gets more than the folder."
                )],
            });
        }
        Ok(ClaimPlan {
            makes: format!(
                "Takes the claim {namespace}/{name} as it is, with what lies in it; an annotation on it says so."
            ),
            persistence,
            sharing,
            deletion: format!(
                "Deleting the data volume keeps the claim {namespace}/{name} and its files."
            ),
            warnings: Vec::new(),
        })
    }

    pub(super) async fn has_namespace(&self, name: &str) -> Result<bool> {
        let namespaces: Api<Namespace> = self.api.everywhere();
        let doing = format!("looking at the namespace {name}");
        Ok(get(&namespaces, name, &doing).await?.is_some())
    }
}

/// What to know about a class before.
fn notes(offer: &Offer, class: PersistenceClass) -> Vec<String> {
    let mut notes = Vec::new();
    match (offer.waits_for_a_pod(), class == PersistenceClass::NodeLocal) {
        (true, true) => notes.push("The storage is made on the node where the first pod that uses it runs, and it stays there: every later pod has to run on that node, and the files are lost with it.".to_owned()),
        (true, false) => notes.push("The storage is made when the first pod uses it: until then the claim waits, which is normal.".to_owned()),
        (false, true) => notes.push("The files lie on one node: every pod that uses them has to run there, and they are lost with it.".to_owned()),
        (false, false) => {}
    }
    let provisioner = &offer.class.provisioner;
    if matches!(
        provisioner.as_str(),
        "nfs.csi.k8s.io" | "smb.csi.k8s.io" | "rancher.io/local-path"
    ) {
        notes.push("The size is not enforced on this storage: the volume can grow until the storage is full.".to_owned());
    } else if !is_network(provisioner) && class != PersistenceClass::NodeLocal {
        notes.push(format!("Stowage does not know the provisioner {provisioner}: whether sizes are enforced is up to it."));
    }
    notes
}

//! Origin claims: made or taken once, and known by their UID from then on.
//!
//! A claim with another UID is another claim, whatever its name and labels say. What was lost is not made
//! anew: an empty claim in its place would look like the dataset.

use domain::{AccessMode, Bytes, Condition, ConditionStatus, OriginSource, Persistence};
use k8s_openapi::api::core::v1::{
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::api::ObjectMeta;

use super::api_server::{Made, create, get, uid_of};
use super::copies::of_a_folder;
use super::explain::WAITS_FOR_A_POD;
use super::names::{MADE_FOR, claim_name, labels, namespace};
use super::offers::{Offer, capacity, existing, is_mount};
use super::taking::{taken, there_is_none};
use super::{KubernetesCluster, growth, persistence};
use crate::{ClaimKey, ClaimOrder, ClaimState, ClaimWish, ExistingClaim, Result};

impl KubernetesCluster {
    /// Makes a claim, or finds it there.
    pub(super) async fn bring_claim_up(&self, order: &ClaimOrder) -> Result<ClaimState> {
        let (namespace, name) = (namespace(&order.project)?, name_of(order)?);
        let listed = self.first_list.take_claim(&format!("{namespace}/{name}"));
        let found = match listed.filter(|_| order.uid.is_some()) {
            Some(claim) => Some(claim),
            None => self.claim(namespace, name).await?,
        };
        if let Some(uid) = &order.uid {
            return match found {
                Some(claim) if uid_of(&claim) == uid => self.bring_on(order, claim).await,
                found => Ok(self.lost(order, name, uid, found.is_some())),
            };
        }
        let claim = match &order.source {
            OriginSource::NewClaim {
                storage_class,
                size,
            } => match found {
                Some(claim) if self.is_made_for(&claim, order) => claim,
                Some(_) => return Err(taken(namespace, name)),
                None => {
                    let offer = self.class_on_offer(storage_class).await?;
                    self.make_claim_of(order, name, &offer, *size).await?
                }
            },
            OriginSource::OfferedVolume { volume, volume_uid } => match found {
                Some(claim) if self.is_made_for(&claim, order) && names_volume(&claim, volume) => {
                    claim
                }
                Some(_) => return Err(taken(namespace, name)),
                None => self.claim_offered(order, name, volume, volume_uid).await?,
            },
            OriginSource::ExistingClaim { .. } => {
                let claim = found.ok_or_else(|| there_is_none(namespace, name))?;
                self.refuse_unfit(order, &claim).await?;
                self.take(order, claim).await?
            }
        };
        self.bring_on(order, claim).await
    }

    /// How a claim stands; one that waits for its first pod gets it.
    async fn bring_on(
        &self,
        order: &ClaimOrder,
        claim: PersistentVolumeClaim,
    ) -> Result<ClaimState> {
        let state = Box::pin(self.state(order, &claim)).await?;
        if state
            .conditions
            .iter()
            .any(|condition| condition.reason == WAITS_FOR_A_POD)
        {
            let key = ClaimKey {
                data_volume_id: order.data_volume_id,
                project: order.project.clone(),
                name: state.name.clone(),
                uid: uid_of(&claim).to_owned(),
                is_ours: false,
                sub_path: order.source.sub_path(),
            };
            self.be_first_consumer(&key, &claim).await?;
        }
        Ok(state)
    }

    /// Makes a claim that is no data volume's yet, or finds it there.
    pub(super) async fn make_wished(&self, wish: &ClaimWish) -> Result<ExistingClaim> {
        let (namespace, name) = (namespace(&wish.project)?, claim_name(&wish.name)?);
        let offer = self.class_on_offer(&wish.storage_class).await?;
        let doing = format!("to make the claim {namespace}/{name}");
        self.make_namespace(&wish.project).await?;
        let claim = self.new_claim(name, &offer, wish.size);
        match create(&self.claims(namespace), &claim, &doing).await? {
            Made::New(claim) => Ok(existing(&claim)),
            Made::There => {
                let claim = self.claim(namespace, name).await?;
                let claim = claim.filter(|claim| !is_mount(claim));
                claim
                    .as_ref()
                    .map(existing)
                    .ok_or_else(|| taken(namespace, name))
            }
        }
    }

    /// A claim by its name.
    pub(super) async fn claim(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<PersistentVolumeClaim>> {
        let doing = format!("looking at the claim {namespace}/{name}");
        get(&self.claims(namespace), name, &doing).await
    }

    /// The claim of a key, if it is still the same one.
    pub(super) async fn claim_of(&self, key: &ClaimKey) -> Result<Option<PersistentVolumeClaim>> {
        let found = self
            .claim(namespace(&key.project)?, claim_name(&key.name)?)
            .await?;
        Ok(found.filter(|claim| uid_of(claim) == key.uid))
    }

    /// The volume that a claim is bound to; both must say so.
    pub(super) async fn volume_of(
        &self,
        claim: &PersistentVolumeClaim,
    ) -> Result<Option<PersistentVolume>> {
        let Some(name) = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.volume_name.as_deref())
        else {
            return Ok(None);
        };
        let volume = get(
            &self.volumes(),
            name,
            &format!("looking at the volume {name}"),
        )
        .await?;
        Ok(volume.filter(|volume| claim_uid(volume) == Some(uid_of(claim))))
    }

    /// The same, as the first list told it.
    fn volume_as_listed(&self, claim: &PersistentVolumeClaim) -> Option<PersistentVolume> {
        let name = claim.spec.as_ref()?.volume_name.as_deref()?;
        let volume = self.first_list.take_volume(&format!("/{name}"))?;
        (claim_uid(&volume) == Some(uid_of(claim))).then_some(volume)
    }

    /// Whether an earlier call made a claim for this order.
    pub(super) fn is_made_for(&self, claim: &PersistentVolumeClaim, order: &ClaimOrder) -> bool {
        let seal = annotation(claim, MADE_FOR).unwrap_or_default();
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        self.seal_key
            .is_seal(seal, order.data_volume_id, &order.project.0, name)
    }

    /// What is to be made for an order.
    pub(super) fn claim_to_make(
        &self,
        order: &ClaimOrder,
        name: &str,
        offer: &Offer,
        size: Bytes,
    ) -> PersistentVolumeClaim {
        self.sealed(order, name, self.new_claim(name, offer, size))
    }

    /// The same claim with the proof that it was made for an order.
    pub(super) fn sealed(
        &self,
        order: &ClaimOrder,
        name: &str,
        mut claim: PersistentVolumeClaim,
    ) -> PersistentVolumeClaim {
        let seal = self
            .seal_key
            .seal(order.data_volume_id, &order.project.0, name);
        claim.metadata.labels = Some(labels(order.data_volume_id).collect());
        claim.metadata.annotations = Some([(MADE_FOR.to_owned(), seal)].into());
        claim
    }

    async fn make_claim_of(
        &self,
        order: &ClaimOrder,
        name: &str,
        offer: &Offer,
        size: Bytes,
    ) -> Result<PersistentVolumeClaim> {
        let namespace = namespace(&order.project)?;
        let claim = self.claim_to_make(order, name, offer, size);
        let doing = format!("to make the claim {namespace}/{name}");
        self.make_namespace(&order.project).await?;
        match create(&self.claims(namespace), &claim, &doing).await? {
            Made::New(claim) => Ok(*claim),
            Made::There => self
                .claim(namespace, name)
                .await?
                .filter(|claim| self.is_made_for(claim, order))
                .ok_or_else(|| taken(namespace, name)),
        }
    }

    fn new_claim(&self, name: &str, offer: &Offer, size: Bytes) -> PersistentVolumeClaim {
        let request = ("storage".to_owned(), Quantity(size.0.to_string()));
        PersistentVolumeClaim {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                ..ObjectMeta::default()
            },
            spec: Some(PersistentVolumeClaimSpec {
                access_modes: Some(vec![self.access_mode(offer).as_str().to_owned()]),
                resources: Some(VolumeResourceRequirements {
                    requests: Some([request].into()),
                    limits: None,
                }),
                storage_class_name: Some(offer.name().to_owned()),
                volume_mode: Some("Filesystem".to_owned()),
                ..PersistentVolumeClaimSpec::default()
            }),
            status: None,
        }
    }

    /// How a claim that was found stands.
    async fn state(&self, order: &ClaimOrder, claim: &PersistentVolumeClaim) -> Result<ClaimState> {
        let namespace = order.project.0.as_str();
        let volume = match self.volume_as_listed(claim) {
            Some(volume) => Some(volume),
            None => self.volume_of(claim).await?,
        };
        let spec = claim.spec.clone().unwrap_or_default();
        let class_name = spec.storage_class_name.unwrap_or_default();
        let offer = match &volume {
            Some(_) => None,
            None => self.class_on_offer(&class_name).await.ok(),
        };
        if let Some(volume) = &volume {
            self.look_again(claim, volume).await?;
        }
        let standing = self.standing(namespace, claim, volume.as_ref()).await?;
        let is_whole = order.source.sub_path().is_root();
        // Whoever takes a volume back gets all of it, which was more than the data volume here.
        if let Some(volume) = volume.as_ref().filter(|_| standing.is_ready && is_whole) {
            Box::pin(self.mark_origin(order.data_volume_id, volume)).await?;
        }
        let grown = growth::condition(claim, self.clock.now());
        let (persistence, sharing) = match (&volume, &offer) {
            (Some(volume), _) => (
                Some(self.persistence_of(&class_name, volume)),
                Some(self.drivers.sharing_of(volume)),
            ),
            (None, Some(offer)) => (
                Some(offer.persistence()),
                Some(self.sharing_of_class(offer)),
            ),
            (None, None) => (None, None),
        };
        let sharing = sharing.map(|sharing| if is_whole { sharing } else { of_a_folder() });
        let name = claim.metadata.name.clone().unwrap_or_default();
        Ok(ClaimState {
            location: format!("{namespace}/{name}"),
            uid: Some(uid_of(claim).to_owned()),
            is_ready: standing.is_ready,
            capacity: capacity(claim),
            storage_class: class_name,
            access_modes: access_modes(spec.access_modes.as_deref().unwrap_or_default()),
            persistence,
            sharing,
            conditions: [self.condition(standing.status, standing.reason, standing.message)]
                .into_iter()
                .chain(grown)
                .collect(),
            name,
        })
    }

    pub(super) fn persistence_of(&self, class: &str, volume: &PersistentVolume) -> Persistence {
        let declared = self
            .settings
            .storage_classes
            .iter()
            .find(|known| known.name == class);
        match declared.and_then(|known| known.persistence.as_ref()) {
            Some(declared) => Persistence {
                class: declared.class,
                reason: format!("declared by the administrator: {}", declared.reason),
            },
            None => persistence::of_volume(volume),
        }
    }

    fn lost(&self, order: &ClaimOrder, name: &str, uid: &str, is_another: bool) -> ClaimState {
        let shown = format!("{}/{name}", order.project.0);
        let (reason, message) = if is_another {
            (
                "AnotherClaim",
                format!(
                    "The claim {shown} is not the one of this data volume any more: it was deleted and made anew. Delete this data volume and make a new one of the claim."
                ),
            )
        } else {
            (
                "ClaimLost",
                format!(
                    "The claim {shown} is gone. If its volume was kept, an administrator finds it among the Released volumes of the cluster; otherwise delete this data volume."
                ),
            )
        };
        let why = self.condition(ConditionStatus::False, reason, message);
        ClaimState::lost(order, uid, shown, why)
    }

    fn condition(&self, status: ConditionStatus, reason: &str, message: String) -> Condition {
        Condition {
            kind: "ClaimBound".to_owned(),
            status,
            reason: reason.to_owned(),
            message,
            last_transition_time: self.clock.now(),
        }
    }
}

/// The claim's name of an order.
pub(super) fn name_of(order: &ClaimOrder) -> Result<&str> {
    claim_name(order.claim_name())
}

/// The UID of the claim that a volume is bound to.
pub(super) fn claim_uid(volume: &PersistentVolume) -> Option<&str> {
    volume.spec.as_ref()?.claim_ref.as_ref()?.uid.as_deref()
}

/// An annotation of a claim.
pub(super) fn annotation<'a>(claim: &'a PersistentVolumeClaim, key: &str) -> Option<&'a str> {
    claim
        .metadata
        .annotations
        .as_ref()?
        .get(key)
        .map(String::as_str)
}

/// A claim that binds this volume and no other, with its modes and all of its size.
pub(super) fn claim_on(
    volume: &PersistentVolume,
    metadata: ObjectMeta,
    storage_class: String,
) -> PersistentVolumeClaim {
    let spec = volume.spec.clone().unwrap_or_default();
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: spec.access_modes,
            resources: Some(VolumeResourceRequirements {
                requests: spec.capacity,
                limits: None,
            }),
            storage_class_name: Some(storage_class),
            volume_mode: spec.volume_mode,
            volume_name: volume.metadata.name.clone(),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}

/// Whether a claim asks for a volume by its name.
pub(super) fn names_volume(claim: &PersistentVolumeClaim, volume: &str) -> bool {
    claim
        .spec
        .as_ref()
        .and_then(|spec| spec.volume_name.as_deref())
        == Some(volume)
}

/// Whether a claim asks for this volume.
pub(super) fn asks_for(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    names_volume(claim, volume.metadata.name.as_deref().unwrap_or_default())
}

pub(super) fn access_modes(modes: &[String]) -> Vec<AccessMode> {
    modes.iter().filter_map(|mode| mode.parse().ok()).collect()
}

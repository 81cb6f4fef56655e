//! What a cluster offers: storage classes, and claims that are there.

use domain::{AccessMode, Bytes, Persistence, Sharing};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass as Class;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::api::ListParams;

use super::api_server::list;
use super::names::{is_copy_name, namespace};
use super::settings::StorageClassSettings;
use super::{KubernetesCluster, persistence};
use crate::{Error, ExistingClaim, ProjectFolder, Result, StorageClass};

const IS_DEFAULT: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];
const DESCRIPTION: &str = "kubernetes.io/description";

/// A storage class, and what the configuration says about it.
pub(super) struct Offer {
    pub(super) class: Class,
    pub(super) declared: Option<StorageClassSettings>,
}

impl Offer {
    pub(super) fn name(&self) -> &str {
        self.class.metadata.name.as_deref().unwrap_or_default()
    }

    /// What becomes of the bytes of its volumes.
    pub(super) fn persistence(&self) -> Persistence {
        let declared = self
            .declared
            .as_ref()
            .and_then(|declared| declared.persistence.as_ref());
        declared.map_or_else(
            || persistence::of_class(&self.class),
            |declared| Persistence {
                class: declared.class,
                reason: format!("declared by the administrator: {}", declared.reason),
            },
        )
    }

    /// Whether the storage is made only when the first pod uses it.
    pub(super) fn waits_for_a_pod(&self) -> bool {
        self.class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
    }

    fn is_default(&self) -> bool {
        let annotations = self.class.metadata.annotations.as_ref();
        annotations.is_some_and(|annotations| {
            IS_DEFAULT
                .iter()
                .any(|key| annotations.get(*key).is_some_and(|value| value == "true"))
        })
    }

    fn description(&self) -> String {
        let declared = self
            .declared
            .as_ref()
            .and_then(|declared| declared.description.clone());
        let annotations = self.class.metadata.annotations.as_ref();
        declared
            .or_else(|| annotations?.get(DESCRIPTION).cloned())
            .unwrap_or_else(|| format!("Volumes of {}", self.class.provisioner))
    }
}

impl KubernetesCluster {
    /// The storage classes on offer.
    pub(super) async fn offers(&self) -> Result<Vec<StorageClass>> {
        let offers = self.all_offers().await?;
        // Where an administrator marked several, the cluster itself takes the youngest.
        let default = offers
            .iter()
            .filter(|offer| offer.is_default())
            .max_by_key(|offer| offer.class.metadata.creation_timestamp.clone())
            .map(|offer| offer.name().to_owned());
        Ok(offers
            .iter()
            .map(|offer| StorageClass {
                name: offer.name().to_owned(),
                description: offer.description(),
                is_default: default.as_deref() == Some(offer.name()),
                persistence: offer.persistence(),
                sharing: self.sharing_of_class(offer),
                available: None,
            })
            .collect())
    }

    /// The storage class of that name.
    ///
    /// # Errors
    /// [`Error::Refused`] with the names of those that there are.
    pub(super) async fn class_on_offer(&self, name: &str) -> Result<Offer> {
        let offers = self.all_offers().await?;
        let names: Vec<&str> = offers.iter().map(Offer::name).collect();
        let refused = Error::Refused(format!(
            "There is no storage class “{name}” here; there is: {}.",
            names.join(", ")
        ));
        offers
            .into_iter()
            .find(|offer| offer.name() == name)
            .ok_or(refused)
    }

    /// Whether and how volumes of a class can be shared.
    pub(super) fn sharing_of_class(&self, offer: &Offer) -> Sharing {
        self.drivers
            .sharing_of_provisioner(&offer.class.provisioner)
    }

    /// How a new claim of a class is to be opened: from many nodes where that is known to work.
    pub(super) fn access_mode(&self, offer: &Offer) -> AccessMode {
        let declared = offer
            .declared
            .as_ref()
            .and_then(|declared| declared.access_mode);
        let provisioner = &offer.class.provisioner;
        declared.unwrap_or_else(|| {
            if self.drivers.is_of_many_nodes(provisioner)
                && !super::drivers::is_node_folder(provisioner)
            {
                AccessMode::ReadWriteMany
            } else {
                AccessMode::ReadWriteOnce
            }
        })
    }

    /// The claims of a project, without those by which it uses other projects' volumes.
    pub(super) async fn claims_of(&self, project: &ProjectFolder) -> Result<Vec<ExistingClaim>> {
        let namespace = namespace(project)?;
        let doing = format!("listing the claims of {namespace}");
        let claims = list(&self.claims(namespace), &ListParams::default(), &doing).await?;
        let mut found: Vec<ExistingClaim> = claims
            .iter()
            .filter(|claim| !is_mount(claim))
            .map(existing)
            .collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    async fn all_offers(&self) -> Result<Vec<Offer>> {
        let classes: Vec<Class> = list(
            &self.api.everywhere(),
            &ListParams::default(),
            "listing the storage classes",
        )
        .await?;
        let declared = &self.settings.storage_classes;
        Ok(classes
            .into_iter()
            .filter_map(|class| {
                let name = class.metadata.name.as_deref();
                let found = declared
                    .iter()
                    .find(|declared| Some(declared.name.as_str()) == name);
                (found.is_some() || declared.is_empty()).then(|| Offer {
                    declared: found.cloned(),
                    class,
                })
            })
            .collect())
    }
}

/// Whether a claim is one by which a project uses another project's volume.
pub(super) fn is_mount(claim: &PersistentVolumeClaim) -> bool {
    let volume = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.volume_name.as_deref());
    volume.is_some_and(is_copy_name)
}

/// A claim that is there, for a list.
pub(super) fn existing(claim: &PersistentVolumeClaim) -> ExistingClaim {
    ExistingClaim {
        name: claim.metadata.name.clone().unwrap_or_default(),
        capacity: capacity(claim),
    }
}

/// How much a claim has got.
pub(super) fn capacity(claim: &PersistentVolumeClaim) -> Option<Bytes> {
    bytes(claim.status.as_ref()?.capacity.as_ref()?.get("storage")?)
}

/// An amount in Kubernetes' spelling, rounded to whole bytes.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts with a fraction or a power of ten are rounded; the range is checked"
)]
pub(super) fn bytes(quantity: &Quantity) -> Option<Bytes> {
    let text = quantity.0.trim();
    if let Ok(bytes) = text.parse() {
        return Some(bytes);
    }
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        _ => 10_f64.powi(unit.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    let amount = number.parse::<f64>().ok()? * factor;
    (0.0..=u64::MAX as f64 / 2.0)
        .contains(&amount)
        .then(|| Bytes(amount.ceil() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_every_spelling_of_kubernetes() {
        for (text, amount) in [
            ("1Gi", 1 << 30),
            ("1048576", 1 << 20),
            ("5G", 5_000_000_000),
            ("1500m", 2),
            ("2e3", 2000),
            ("128k", 128_000),
        ] {
            assert_eq!(
                bytes(&Quantity(text.to_owned())),
                Some(Bytes(amount)),
                "{text}"
            );
        }
        for text in ["", "x", "1Q", "-1"] {
            assert_eq!(bytes(&Quantity(text.to_owned())), None, "{text}");
        }
    }
}

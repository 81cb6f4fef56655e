//! What is on offer, and what an order would come to; nothing here changes anything.

use domain::{Bytes, OriginSource, VolumePath};

use super::claims::{name_of, no_static_volumes, only_whole_folders};
use super::folder::{Doing, Entry, Folder};
use super::names::{SHARED, claim_name};
use super::settings::Class;
use super::storage::Storage;
use crate::{ClaimOrder, ClaimPlan, ExistingClaim, ProjectFolder, Result, StorageClass};

/// More entries than this are not counted for a warning.
const MOST_COUNTED: usize = 10_000;

impl Storage {
    /// The storage classes on offer; one whose storage is not mounted is left out.
    pub(super) fn storage_classes(&self) -> Result<Vec<StorageClass>> {
        let mut offered = Vec::new();
        for class in &self.classes {
            let folder = match self.class_folder(class) {
                Ok(folder) => folder,
                Err(error) => {
                    tracing::warn!(%error, class = class.name, "a storage class is away");
                    continue;
                }
            };
            offered.push(StorageClass {
                name: class.name.clone(),
                description: class.description.clone(),
                is_default: class.is_default,
                persistence: Self::persistence(Some(class), &folder)?,
                sharing: self.mounting.sharing(),
                available: folder.available().ok(),
            });
        }
        Ok(offered)
    }

    /// The folders of a project that a data volume could be made of, those of data volumes included.
    pub(super) fn existing_claims(&self, project: &ProjectFolder) -> Result<Vec<ExistingClaim>> {
        let listing = || format!("listing {}", self.shown(project, ""));
        let Some(folder) = self.project(project)? else {
            return Ok(Vec::new());
        };
        let mut claims = Vec::new();
        for name in folder.names().doing(listing)? {
            if name == SHARED || claim_name(&name).is_err() {
                continue;
            }
            let entry = folder.entry(&name).doing(listing)?;
            if entry == Some(Entry::Folder)
                || self.is_link_to_claim(entry.as_ref(), &project.0, &name)
            {
                claims.push(ExistingClaim {
                    name,
                    capacity: None,
                });
            }
        }
        Ok(claims)
    }

    /// What [`Storage::ensure_claim`] would make.
    pub(super) fn plan_claim(&self, order: &ClaimOrder) -> Result<ClaimPlan> {
        let name = name_of(order)?;
        let shown = self.shown(&order.project, name);
        match &order.source {
            OriginSource::NewClaim {
                storage_class,
                size,
            } => {
                let class = self.class_on_offer(storage_class)?;
                let folder = self.class_folder(class)?;
                if self.made_before(order, name)?.is_none() {
                    self.refuse_taken(order, class, name)?;
                }
                let mut warnings =
                    vec!["The size is not enforced on this storage: the volume can grow until the storage is full.".to_owned()];
                let available = folder
                    .available()
                    .doing(|| format!("reading the free space for {shown}"))?;
                warnings.extend(shortage(available, *size));
                Ok(ClaimPlan {
                    makes: match &class.base {
                        None => format!("Makes the folder {shown}."),
                        Some(base) => format!(
                            "Makes the folder {} and a link to it, {shown}.",
                            base.shown.join(&order.project.0).join(name).display()
                        ),
                    },
                    persistence: Self::persistence(Some(class), &folder)?,
                    sharing: self.mounting.sharing(),
                    deletion: format!(
                        "Deleting the data volume in Stowage destroys the folder {shown} and every file in it."
                    ),
                    warnings,
                })
            }
            OriginSource::OfferedVolume { .. } => Err(no_static_volumes()),
            OriginSource::ExistingClaim { sub_path, .. } if !sub_path.is_root() => {
                Err(only_whole_folders())
            }
            OriginSource::ExistingClaim { .. } => {
                let place = self.existing_place(order, name)?;
                Ok(ClaimPlan {
                    makes: format!(
                        "Takes the folder {shown} as it is; only a hidden folder {} is added to it.",
                        VolumePath::STAGING
                    ),
                    persistence: Self::persistence(None, &place.claim)?,
                    sharing: self.mounting.sharing(),
                    deletion: format!(
                        "Deleting the data volume keeps the folder {shown} and its files; only {} in it is removed.",
                        VolumePath::STAGING
                    ),
                    warnings: contents(&place.claim, &shown)?.into_iter().collect(),
                })
            }
        }
    }

    fn class_folder(&self, class: &Class) -> Result<Folder> {
        match &class.base {
            Some(base) => Self::base(class, base),
            None => self.projects(),
        }
    }
}

fn shortage(available: Bytes, asked: Bytes) -> Option<String> {
    (available < asked).then(|| {
        format!("Only {available} are free on this storage now, and {asked} are asked for.")
    })
}

fn contents(claim: &Folder, shown: &str) -> Result<Option<String>> {
    let names = claim
        .raw_names(MOST_COUNTED + 1)
        .doing(|| format!("listing {shown}"))?;
    let count = names
        .iter()
        .filter(|name| name.as_bytes() != VolumePath::STAGING.as_bytes())
        .count();
    Ok(match count {
        0 => None,
        1 => Some(
            "The folder is not empty: what lies in it becomes part of the data volume (1 entry)."
                .to_owned(),
        ),
        _ if names.len() > MOST_COUNTED => Some(format!(
            "The folder is not empty: what lies in it becomes part of the data volume (more than {MOST_COUNTED} entries)."
        )),
        count => Some(format!(
            "The folder is not empty: what lies in it becomes part of the data volume ({count} entries)."
        )),
    })
}

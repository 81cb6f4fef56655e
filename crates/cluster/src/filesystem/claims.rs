//! Claims: folders that hold the bytes of data volumes.
//!
//! A new claim is made whole under a hidden name, marker included, and then given its own name: what
//! stands under a claim's name without a marker is therefore never Stowage's.

use domain::{Condition, ConditionStatus, OriginSource, VolumePath};
use rustix::fs::StatVfsMountFlags;

use super::file_system::FileSystem;
use super::folder::{Doing, Entry, Folder, is_no_folder};
use super::marker::Marker;
use super::names::claim_name;
use super::removal::draft_name;
use super::settings::Class;
use super::storage::{FOLDER_MODE, Place, Storage};
use crate::{ClaimOrder, ClaimState, ClaimWish, Error, ExistingClaim, ProjectFolder, Result};

impl Storage {
    /// Makes a claim, or finds it there.
    pub(super) fn ensure_claim(&self, order: &ClaimOrder) -> Result<ClaimState> {
        let name = name_of(order)?;
        if let Some(uid) = &order.uid {
            return match self.find(&order.project, name, uid)? {
                Some(place) => self.state(order, name, &place),
                None => self.lost(order, name, uid),
            };
        }
        let place = match &order.source {
            OriginSource::NewClaim { storage_class, .. } => match self.made_before(order, name)? {
                Some(place) => place,
                None => self.make(order, self.class_on_offer(storage_class)?, name)?,
            },
            OriginSource::OfferedVolume { .. } => return Err(no_static_volumes()),
            OriginSource::ExistingClaim { sub_path, .. } if !sub_path.is_root() => {
                return Err(only_whole_folders());
            }
            OriginSource::ExistingClaim { .. } => {
                let mut place = self.existing_place(order, name)?;
                if place.marker.is_none() {
                    let shown = self.shown(&order.project, name);
                    let marker = Marker::new(order.data_volume_id, None, self.clock.now())
                        .write(&place.claim, &shown)?;
                    refuse_foreign(&marker, order, &shown)?;
                    place.marker = Some(marker);
                }
                place
            }
        };
        self.state(order, name, &place)
    }

    /// Makes a folder that is no data volume's yet, or finds it there. It carries no marker: whoever works
    /// in the project could have made it.
    pub(super) fn make_claim(&self, wish: &ClaimWish) -> Result<ExistingClaim> {
        let name = claim_name(&wish.name)?;
        let shown = self.shown(&wish.project, name);
        if self.class_on_offer(&wish.storage_class)?.base.is_some() {
            return Err(Error::Refused(format!(
                "Volumes of the storage class “{}” lie outside the projects' folders: make the data volume itself of it.",
                wish.storage_class
            )));
        }
        let project = self.ensure_project(&wish.project)?;
        self.refuse_nested(&project, &wish.project)?;
        match project.child_or_make(name, FOLDER_MODE) {
            Err(error) if is_no_folder(&error) => return Err(taken(&shown)),
            claim => claim.doing(|| format!("making {shown}"))?,
        };
        project.sync().doing(|| format!("making {shown}"))?;
        Ok(ExistingClaim {
            name: name.to_owned(),
            capacity: None,
        })
    }

    /// A claim that an earlier call made for the same data volume.
    pub(super) fn made_before(&self, order: &ClaimOrder, name: &str) -> Result<Option<Place>> {
        let (places, _) = self.places(&order.project, name)?;
        let is_ours = |place: &Place| {
            place.marker.as_ref().is_some_and(|marker| {
                marker.is_made_here && marker.data_volume_id == order.data_volume_id
            })
        };
        Ok(places.into_iter().find(is_ours))
    }

    fn make(&self, order: &ClaimOrder, class: &Class, name: &str) -> Result<Place> {
        let shown = self.shown(&order.project, name);
        let making = || format!("making {shown}");
        let project = self.ensure_project(&order.project)?;
        self.refuse_taken(order, class, name)?;
        let (parent, real) = match &class.base {
            None => (project, self.real(&order.project.0, name)),
            Some(base) => {
                let parent = Self::base(class, base)?
                    .child_or_make(&order.project.0, FOLDER_MODE)
                    .doing(making)?;
                (parent, base.real.join(&order.project.0).join(name))
            }
        };
        let draft = draft_name(order.data_volume_id);
        let claim = parent.child_or_make(&draft, FOLDER_MODE).doing(making)?;
        let marker = Marker::new(order.data_volume_id, Some(&class.name), self.clock.now())
            .write(&claim, &shown)?;
        if !parent.rename_to_free(&draft, name).doing(making)? {
            return Err(taken(&shown));
        }
        parent.sync().doing(making)?;
        Ok(Place {
            claim,
            parent,
            marker: Some(marker),
            real,
        })
    }

    /// Refuses a name that something else stands at, where people look and where the bytes would lie.
    pub(super) fn refuse_taken(&self, order: &ClaimOrder, class: &Class, name: &str) -> Result<()> {
        let shown = self.shown(&order.project, name);
        let looking = || format!("looking at {shown}");
        let project = &order.project;
        if let Some(folder) = self.project(project)? {
            self.refuse_nested(&folder, project)?;
            let entry = folder.entry(name).doing(looking)?;
            let is_our_link =
                class.base.is_some() && self.is_link_to_claim(entry.as_ref(), &project.0, name);
            if entry.is_some() && !is_our_link {
                return Err(taken(&shown));
            }
        }
        let Some(base) = &class.base else {
            return Ok(());
        };
        let parent = match Self::base(class, base)?.child(&project.0) {
            Err(error) if is_no_folder(&error) => {
                return Err(taken(&base.shown.join(&project.0).display().to_string()));
            }
            answer => answer.doing(looking)?,
        };
        match parent
            .map(|parent| parent.entry(name))
            .transpose()
            .doing(looking)?
            .flatten()
        {
            Some(_) => Err(taken(
                &base.shown.join(&project.0).join(name).display().to_string(),
            )),
            None => Ok(()),
        }
    }

    /// The folder that an order wants to take as it is.
    pub(super) fn existing_place(&self, order: &ClaimOrder, name: &str) -> Result<Place> {
        let shown = self.shown(&order.project, name);
        let parent = self.project(&order.project)?.ok_or_else(|| {
            Error::Refused(format!(
                "There is no folder {}.",
                self.shown(&order.project, "")
            ))
        })?;
        self.refuse_nested(&parent, &order.project)?;
        let claim = match parent.child(name) {
            Ok(Some(claim)) => claim,
            Ok(None) => {
                return Err(Error::Refused(format!(
                    "There is no folder {shown}: make it first, or choose a new one."
                )));
            }
            Err(error) if is_no_folder(&error) => {
                return Err(Error::Refused(format!(
                    "{shown} is a link or a file: a data volume must be a folder of its own. Choose the folder itself."
                )));
            }
            Err(error) => return Err(error).doing(|| format!("opening {shown}")),
        };
        let marker = Marker::read(&claim, &shown)?;
        if let Some(marker) = &marker {
            refuse_foreign(marker, order, &shown)?;
        }
        Ok(Place {
            claim,
            parent,
            marker,
            real: self.real(&order.project.0, name),
        })
    }

    fn refuse_nested(&self, folder: &Folder, project: &ProjectFolder) -> Result<()> {
        let shown = self.shown(project, "");
        match Marker::read(folder, &shown)? {
            Some(marker) => Err(Error::Refused(format!(
                "{shown} is itself the folder of the data volume {}: one volume cannot lie inside another.",
                marker.data_volume_id
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn class_on_offer(&self, name: &str) -> Result<&Class> {
        self.class(name).ok_or_else(|| {
            let offered: Vec<&str> = self
                .classes
                .iter()
                .map(|class| class.name.as_str())
                .collect();
            Error::Refused(format!(
                "There is no storage class “{name}” here; there is: {}.",
                offered.join(", ")
            ))
        })
    }

    /// How a claim that was found stands; makes its link in the project's folder if that is missing.
    fn state(&self, order: &ClaimOrder, name: &str, place: &Place) -> Result<ClaimState> {
        let shown = self.shown(&order.project, name);
        let looking = || format!("looking at {shown}");
        let marker = place.marker.as_ref();
        let class = marker.and_then(|marker| self.class(&marker.storage_class));
        let mut conditions = vec![self.condition(
            ConditionStatus::True,
            "Bound",
            format!("The folder {shown} is there and is this data volume's."),
        )];
        if place.real != self.real(&order.project.0, name) {
            conditions.extend(self.ensure_link(order, name, place)?);
        }
        let is_read_only = place
            .claim
            .mount_flags()
            .doing(looking)?
            .contains(StatVfsMountFlags::RDONLY);
        if is_read_only {
            let message =
                format!("The storage of {shown} is mounted read-only: mount it with write access.");
            conditions.push(Condition {
                kind: "Writable".to_owned(),
                ..self.condition(ConditionStatus::False, "ReadOnlyStorage", message)
            });
        }
        Ok(ClaimState {
            name: name.to_owned(),
            uid: marker.map(|marker| marker.uid.clone()),
            is_ready: !is_read_only,
            capacity: None,
            storage_class: class.map(|class| class.name.clone()).unwrap_or_default(),
            access_modes: FileSystem::of(&place.claim).doing(looking)?.access_modes(),
            persistence: Some(Self::persistence(class, &place.claim)?),
            sharing: Some(self.mounting.sharing()),
            location: shown,
            conditions,
        })
    }

    /// Makes the link by which people find a claim that lies elsewhere; tells if something is in its way.
    fn ensure_link(
        &self,
        order: &ClaimOrder,
        name: &str,
        place: &Place,
    ) -> Result<Option<Condition>> {
        let shown = self.shown(&order.project, name);
        let linking = || format!("linking {shown}");
        let folder = self.ensure_project(&order.project)?;
        let target = super::storage::relative(&self.real(&order.project.0, ""), &place.real);
        if folder.link(name, &target).doing(linking)?
            || folder.entry(name).doing(linking)? == Some(Entry::Link(target))
        {
            return Ok(None);
        }
        let message = format!(
            "Something else stands at {shown}, so that the project does not find the volume there; the files lie in {}. Move it away.",
            place.real.display()
        );
        Ok(Some(Condition {
            kind: "Linked".to_owned(),
            ..self.condition(ConditionStatus::False, "NameTaken", message)
        }))
    }

    /// How a claim that is not there any more stands. It is never made anew: what was in it is gone or
    /// elsewhere, and an empty folder in its place would look like the dataset.
    fn lost(&self, order: &ClaimOrder, name: &str, uid: &str) -> Result<ClaimState> {
        let shown = self.shown(&order.project, name);
        let (places, _) = self.places(&order.project, name)?;
        let (reason, message) = if places.is_empty() {
            (
                "ClaimLost",
                format!(
                    "The folder {shown} is gone. If its storage is not mounted, mount it; if it was moved, move it back; otherwise delete this data volume."
                ),
            )
        } else {
            (
                "AnotherClaim",
                format!(
                    "The folder {shown} is not the one of this data volume any more: its marker is missing or another's. Put the old folder back, or delete this data volume and make a new one of the folder."
                ),
            )
        };
        let why = self.condition(ConditionStatus::False, reason, message);
        Ok(ClaimState::lost(order, uid, shown, why))
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

pub(super) fn name_of(order: &ClaimOrder) -> Result<&str> {
    claim_name(order.claim_name())
}

/// The refusal of a folder in a folder of the project.
pub(super) fn only_whole_folders() -> Error {
    Error::Refused(
        "On this cluster a data volume is a folder of the project as a whole: leave the folder inside it out."
            .to_owned(),
    )
}

/// The refusal of volumes that only other clusters have.
pub(super) fn no_static_volumes() -> Error {
    Error::Refused(
        "This cluster has folders and no volumes that could be offered: choose a folder."
            .to_owned(),
    )
}

fn taken(shown: &str) -> Error {
    Error::Refused(format!(
        "{shown} is there already: choose another name, or take the folder as an existing one."
    ))
}

fn refuse_foreign(marker: &Marker, order: &ClaimOrder, shown: &str) -> Result<()> {
    if marker.data_volume_id == order.data_volume_id {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "{shown} belongs to the data volume {} already: choose another folder. If that data volume is gone for good, delete {}/{} in the folder first.",
        marker.data_volume_id,
        VolumePath::STAGING,
        super::marker::FILE
    )))
}

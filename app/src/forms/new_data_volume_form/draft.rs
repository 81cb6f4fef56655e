//! What has been entered so far, and what is still missing.

use domain::{Bytes, ClusterKind, OriginSource, ScopeId, VolumeName};
use leptos::prelude::*;
use wire::{NewDataVolume, StaticVolumeView, StorageChoices};

use crate::components::sentence::sentence;
use crate::forms::tags;

/// The storage is made by Stowage.
pub(super) const NEW_STORAGE: &str = "new";
/// The storage is there already.
pub(super) const EXISTING_STORAGE: &str = "existing";

/// The storage is a volume that an administrator offers.
pub(super) const OFFERED_STORAGE: &str = "offered";

/// The fields.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// The id of the origin project; empty while none is chosen.
    pub(super) project: RwSignal<String>,
    /// [`NEW_STORAGE`], [`EXISTING_STORAGE`] or [`OFFERED_STORAGE`].
    pub(super) storage: RwSignal<String>,
    /// The storage class for new storage.
    pub(super) storage_class: RwSignal<String>,
    /// How much of it, as text.
    pub(super) size: RwSignal<String>,
    /// The claim for existing storage.
    pub(super) claim: RwSignal<String>,
    /// The folder of that claim, as text; empty for all of it.
    pub(super) folder: RwSignal<String>,
    /// The offered volume, as [`offered_value`] writes it.
    pub(super) offered: RwSignal<String>,
    /// The name.
    pub(super) name: RwSignal<String>,
    /// The description.
    pub(super) description: RwSignal<String>,
    /// The tags, with commas between them.
    pub(super) tags: RwSignal<String>,
}

impl Draft {
    /// An empty form.
    pub(super) fn new(project: String, storage: Option<&StorageChoices>) -> Self {
        let draft = Self {
            project: RwSignal::new(project),
            storage: RwSignal::new(NEW_STORAGE.to_owned()),
            storage_class: RwSignal::new(String::new()),
            size: RwSignal::new("100 GiB".to_owned()),
            claim: RwSignal::new(String::new()),
            folder: RwSignal::new(String::new()),
            offered: RwSignal::new(String::new()),
            name: RwSignal::new(String::new()),
            description: RwSignal::new(String::new()),
            tags: RwSignal::new(String::new()),
        };
        if let Some(storage) = storage {
            draft.fit(storage);
        }
        draft
    }

    /// Lets go of choices that a project does not offer, and takes its usual storage class.
    pub(super) fn fit(self, storage: &StorageChoices) {
        let classes = &storage.storage_classes;
        if !classes.iter().any(|class| {
            self.storage_class
                .with_untracked(|chosen| *chosen == class.name)
        }) {
            let usual = classes
                .iter()
                .find(|class| class.is_default)
                .or_else(|| classes.first());
            self.storage_class
                .set(usual.map(|class| class.name.clone()).unwrap_or_default());
        }
        if storage.cluster_kind == ClusterKind::Filesystem {
            self.folder.set(String::new());
        }
        let claims = &storage.existing_claims;
        if !claims
            .iter()
            .any(|claim| self.claim.with_untracked(|chosen| *chosen == claim.name))
        {
            self.claim.set(String::new());
        }
        let offered = &storage.offered_volumes;
        if !offered.iter().any(|volume| {
            let value = offered_value(volume);
            self.offered.with_untracked(|chosen| *chosen == value)
        }) {
            self.offered.set(String::new());
        }
    }

    /// What decides about the storage: all but the words about it.
    ///
    /// # Errors
    /// What is missing or wrong first, as a sentence.
    pub(super) fn order(self) -> Result<NewDataVolume, String> {
        let project_id = self.project.get();
        if project_id.is_empty() {
            return Err("Choose a project first.".to_owned());
        }
        let storage = self.origin()?;
        let name = self.name.get();
        if name.is_empty() {
            return Err("Give it a name first.".to_owned());
        }
        name.parse::<VolumeName>().map_err(sentence)?;
        Ok(NewDataVolume {
            project_id: ScopeId(project_id),
            name,
            description: String::new(),
            tags: Vec::new(),
            storage,
        })
    }

    /// Everything, to be sent.
    ///
    /// # Errors
    /// As for [`Draft::order`].
    pub(super) fn whole(self) -> Result<NewDataVolume, String> {
        Ok(NewDataVolume {
            description: self.description.get().trim().to_owned(),
            tags: tags::read(&self.tags.get()),
            ..self.order()?
        })
    }

    fn origin(self) -> Result<OriginSource, String> {
        if self.storage.with(|storage| storage == EXISTING_STORAGE) {
            let claim = self.claim.get();
            return if claim.is_empty() {
                Err("Choose what is there already, or take new storage.".to_owned())
            } else {
                let sub_path = self.folder.with(|folder| folder.trim().parse());
                Ok(OriginSource::ExistingClaim {
                    claim,
                    sub_path: sub_path.map_err(sentence)?,
                })
            };
        }
        if self.storage.with(|storage| storage == OFFERED_STORAGE) {
            return self.offered.with(|offered| match offered.split_once(' ') {
                Some((volume, volume_uid)) => Ok(OriginSource::OfferedVolume {
                    volume: volume.to_owned(),
                    volume_uid: volume_uid.to_owned(),
                }),
                None => Err("Choose a volume that is offered.".to_owned()),
            });
        }
        let storage_class = self.storage_class.get();
        if storage_class.is_empty() {
            return Err("Choose a storage class first.".to_owned());
        }
        let size: Bytes = self.size.with(|size| size.parse()).map_err(sentence)?;
        Ok(OriginSource::NewClaim {
            storage_class,
            size,
        })
    }
}

/// What stands for an offered volume in the list: its name and its UID, neither of which has a space.
pub(super) fn offered_value(volume: &StaticVolumeView) -> String {
    format!("{} {}", volume.volume_name, volume.volume_uid)
}

/// A valid name close to what was typed, if there is one and it is another.
pub(super) fn suggestion(typed: &str) -> Option<String> {
    let mut name = String::new();
    for c in typed.trim().chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(VolumeName::MAX_LENGTH);
    let name = name.trim_end_matches('-').to_owned();
    (name != typed && name.parse::<VolumeName>().is_ok()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn a_valid_name_close_to_what_was_typed_is_offered() {
        assert_eq!(
            suggestion("ImageNet 1k (2026)").as_deref(),
            Some("imagenet-1k-2026")
        );
        assert_eq!(suggestion("-a_b-").as_deref(), Some("a-b"));
        assert_eq!(suggestion("imagenet"), None);
        assert_eq!(suggestion("数据"), None);
    }
}

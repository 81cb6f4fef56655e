//! What is sent to make a data volume.

use domain::{Bytes, OriginSource, PathError, VolumePath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Refused;
use crate::problem::bad_request;

/// A data volume to make. One of `originPvcName`, `storage` and `offeredVolume` says of what.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewDataVolume {
    /// A name that is free in the cluster: a label of a–z, 0–9 and hyphens.
    #[schema(max_length = 63)]
    name: String,
    /// One line about it.
    #[schema(max_length = 127)]
    description: Option<String>,
    /// The claim (or folder) of the project that is to hold the bytes. Deleting the data volume keeps it.
    origin_pvc_name: Option<String>,
    /// The folder of that claim that is to be the data volume; all of it, if absent. It is made if it is missing.
    origin_sub_path: Option<String>,
    /// The origin project's id.
    project_id: String,
    /// `true` is refused.
    should_delete_original_volume: Option<bool>,
    /// `false` is refused: nothing is ever copied.
    use_original_volume: Option<bool>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// A new claim, instead of one that is there. Deleting the data volume destroys it.
    storage: Option<NewStorage>,
    /// A claim on a volume that is offered to the project, instead of either. Deleting the data volume keeps the
    /// volume and its files.
    offered_volume: Option<OfferedVolume>,
}

/// A volume that is offered to the project.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OfferedVolume {
    /// Its name on the cluster.
    volume_name: String,
    /// Its UID: another one of that name was not offered.
    volume_uid: String,
}

/// A new claim.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewStorage {
    /// The storage class to take it from.
    storage_class: String,
    /// How much is asked for.
    size_bytes: u64,
}

impl NewDataVolume {
    /// The same for the service, if it asks for nothing that is never done.
    pub(super) fn checked(self) -> Result<wire::NewDataVolume, Refused> {
        if self.should_delete_original_volume == Some(true) {
            return Err(bad_request(
                "shouldDeleteOriginalVolume",
                "The original volume is never deleted.",
            ));
        }
        if self.use_original_volume == Some(false) {
            return Err(bad_request(
                "useOriginalVolume",
                "The original volume itself is used; nothing is copied.",
            ));
        }
        let sub_path: VolumePath =
            self.origin_sub_path
                .unwrap_or_default()
                .parse()
                .map_err(|error: PathError| {
                    bad_request("originSubPath", format!("This is no folder: {error}."))
                })?;
        if self.origin_pvc_name.is_none() && !sub_path.is_root() {
            return Err(bad_request(
                "originSubPath",
                "A folder is one of a claim that is there: name that as originPvcName.",
            ));
        }
        let storage = match (self.origin_pvc_name, self.storage, self.offered_volume) {
            (None, None, Some(offered)) => OriginSource::OfferedVolume {
                volume: offered.volume_name,
                volume_uid: offered.volume_uid,
            },
            (Some(claim), None, None) => OriginSource::ExistingClaim { claim, sub_path },
            (None, Some(storage), None) => OriginSource::NewClaim {
                storage_class: storage.storage_class,
                size: Bytes(storage.size_bytes),
            },
            (None, None, None) => {
                return Err(bad_request(
                    "originPvcName",
                    "Name the claim that is to hold the bytes.",
                ));
            }
            _ => {
                return Err(bad_request(
                    "storage",
                    "Name a claim that is there, ask for a new one or take an offered volume: one of them.",
                ));
            }
        };
        Ok(wire::NewDataVolume {
            project_id: self.project_id.as_str().into(),
            name: self.name,
            description: self.description.unwrap_or_default(),
            tags: self.tags.unwrap_or_default(),
            storage,
        })
    }
}

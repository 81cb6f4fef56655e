//! The marker of a claim, `.stowage/claim.json`: which data volume a folder belongs to.
//!
//! It is written once and never changed. A folder of the same name without it, or with another one,
//! is another claim and inherits nothing.

use domain::{DataVolumeId, VolumePath};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::folder::{Doing, Folder, is_no_folder};
use super::names::unique;
use crate::{Error, Result};

/// The file's name in [`VolumePath::STAGING`].
pub(super) const FILE: &str = "claim.json";
const MOST_BYTES: u64 = 64 * 1024;

/// What is written in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marker {
    /// The claim's UID.
    pub(super) uid: String,
    /// The data volume.
    pub(super) data_volume_id: DataVolumeId,
    /// Whether Stowage made the folder; one that was there before is never destroyed.
    pub(super) is_made_here: bool,
    /// The storage class of a folder that Stowage made; empty otherwise.
    pub(super) storage_class: String,
    /// When it was taken.
    pub(super) claimed_at: Timestamp,
}

impl Marker {
    /// A marker with a UID that nothing else has.
    pub(super) fn new(
        data_volume_id: DataVolumeId,
        made_in_class: Option<&str>,
        claimed_at: Timestamp,
    ) -> Self {
        Self {
            uid: unique().to_string(),
            data_volume_id,
            is_made_here: made_in_class.is_some(),
            storage_class: made_in_class.unwrap_or_default().to_owned(),
            claimed_at,
        }
    }

    /// The marker of a folder, if it has one; `shown` is the folder for people.
    pub(super) fn read(claim: &Folder, shown: &str) -> Result<Option<Self>> {
        let staging = match claim.child(VolumePath::STAGING) {
            Ok(Some(staging)) => staging,
            Ok(None) => return Ok(None),
            Err(error) if is_no_folder(&error) => return Err(unreadable(shown)),
            Err(error) => {
                return Err(error).doing(|| format!("opening {shown}/{}", VolumePath::STAGING));
            }
        };
        let bytes = staging
            .read_file(FILE, MOST_BYTES)
            .doing(|| format!("reading the marker of {shown}"))?;
        match bytes {
            None => Ok(None),
            Some(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|_| unreadable(shown)),
        }
    }

    /// Writes it into a folder that has none; answers the one that stands there afterwards, which is
    /// another's if another was faster.
    pub(super) fn write(self, claim: &Folder, shown: &str) -> Result<Self> {
        let writing = || format!("writing the marker of {shown}");
        // Uploads lie beside it before they are whole: nobody else's to read.
        let staging = match claim.child_or_make(VolumePath::STAGING, 0o700) {
            Err(error) if is_no_folder(&error) => return Err(unreadable(shown)),
            answer => answer.doing(writing)?,
        };
        let bytes = serde_json::to_vec_pretty(&self)
            .map_err(std::io::Error::other)
            .doing(writing)?;
        if staging.publish_file(FILE, &bytes).doing(writing)? {
            claim.sync().doing(writing)?;
            return Ok(self);
        }
        Self::read(claim, shown)?.ok_or_else(|| unreadable(shown))
    }
}

fn unreadable(shown: &str) -> Error {
    Error::Refused(format!(
        "{shown}/{}/{FILE} is not a marker that Stowage wrote: restore it, or delete the folder {} if no data volume uses it",
        VolumePath::STAGING,
        VolumePath::STAGING
    ))
}

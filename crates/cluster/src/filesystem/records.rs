//! Records of mounts: what was made in a receiving project, or was about to be.
//!
//! They lie where projects cannot reach. What stands in a project and has no record is somebody else's.

use std::io;

use domain::{DataVolumeId, ShareMode, VolumePath};
use serde::{Deserialize, Serialize};

use super::folder::{Doing, Folder};
use super::names::project_name;
use super::storage::Storage;
use crate::{MountOrder, Result};

const RECORDS: &str = "mounts";
const MOST_BYTES: u64 = 64 * 1024;

/// What was made, or was about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) data_volume_id: DataVolumeId,
    pub(super) claim_uid: String,
    pub(super) mode: ShareMode,
    #[serde(default)]
    pub(super) sub_path: VolumePath,
}

impl Storage {
    /// The record of a mount, if there is one that can be read.
    pub(super) fn record(&self, order: &MountOrder) -> Result<Option<Record>> {
        let (records, file) = self.records(order)?;
        let bytes = records
            .read_file(&file, MOST_BYTES)
            .doing(|| format!("reading the record of {}", order.name))?;
        // A record that cannot be read is none: what it was about is then treated as somebody else's.
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Writes it, whole or not at all.
    pub(super) fn write_record(&self, order: &MountOrder, record: &Record) -> Result<()> {
        let writing = || format!("writing the record of {}", order.name);
        let (records, file) = self.records(order)?;
        let bytes = serde_json::to_vec_pretty(record)
            .map_err(io::Error::other)
            .doing(writing)?;
        records.replace_file(&file, &bytes).doing(writing)
    }

    /// Removes it.
    pub(super) fn forget_record(&self, order: &MountOrder) -> Result<()> {
        let (records, file) = self.records(order)?;
        records
            .remove_file(&file)
            .doing(|| format!("removing the record of {}", order.name))
    }

    fn records(&self, order: &MountOrder) -> Result<(Folder, String)> {
        let project = project_name(&order.project)?;
        let records = self
            .own()?
            .child_or_make(RECORDS, 0o700)
            .and_then(|records| records.child_or_make(project, 0o700))
            .doing(|| format!("opening the records of {project}"))?;
        Ok((records, format!("{}.json", order.name)))
    }
}

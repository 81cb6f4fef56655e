//! Claims that programs know by an id: Run:ai's PVC assets.

use jiff::Timestamp;

use crate::{Bytes, ClaimAssetId, Description, Placed, ScopePath, Standing, UserId, VolumeName};

/// A claim of a project, noted under an id. It holds no data volume's bytes until a data volume is made
/// of it by the claim's name; forgetting the asset leaves the claim as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimAsset {
    /// Its id.
    pub id: ClaimAssetId,
    /// Its name, unique in the project.
    pub name: VolumeName,
    /// One line about it.
    pub description: Description,
    /// The claim's name in the project's namespace or folder.
    pub claim_name: String,
    /// Where it was made; `None` for a claim that was there before.
    pub made: Option<MadeClaim>,
    /// Where workloads are to find it: kept for programs, of no use here.
    pub path: String,
    /// Whether workloads are to read only: kept for programs, of no use here.
    pub is_read_only: bool,
    /// Who noted it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// What a claim was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeClaim {
    /// The storage class.
    pub storage_class: String,
    /// How much was asked for.
    pub size: Bytes,
}

impl Standing for Placed<ClaimAsset> {
    fn place(&self) -> &ScopePath {
        &self.place
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.thing.created_by)
    }
}

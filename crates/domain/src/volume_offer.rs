//! Static volumes that an administrator offers: who may make a data volume of which.

use jiff::Timestamp;

use crate::{EventObject, ObjectType, ScopeId, ScopePath, ScopeType, UserId, VolumeOfferId};

/// A volume that was made by hand on a cluster, for the projects of one scope. The first data volume that is
/// made of it ends the offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeOffer {
    /// Its id.
    pub id: VolumeOfferId,
    /// The volume's name on the cluster.
    pub volume_name: String,
    /// What the cluster knows it by: a volume made anew under the same name was never offered.
    pub volume_uid: String,
    /// Whose projects may take it: a cluster, a department or a project.
    pub scope: ScopePath,
    /// Who offered it.
    pub offered_by: UserId,
    /// When.
    pub offered_at: Timestamp,
}

impl VolumeOffer {
    /// The cluster that the volume is on.
    pub fn cluster_id(&self) -> Option<&ScopeId> {
        self.scope.at(ScopeType::Cluster)
    }
}

impl From<&VolumeOffer> for EventObject {
    fn from(offer: &VolumeOffer) -> Self {
        Self {
            object_type: ObjectType::StaticVolume,
            id: offer.volume_uid.clone(),
            name: offer.volume_name.clone(),
            place: Some(offer.scope.clone()),
        }
    }
}

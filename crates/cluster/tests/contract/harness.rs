//! What the suite needs of a cluster besides its verbs: the hands of people who work on it.

use std::sync::Mutex;

use async_trait::async_trait;
use cluster::{ClaimKey, ClaimOrder, ClaimState, Cluster, MountOrder, ProjectFolder};
use domain::{Bytes, Clock, DataVolumeId, OriginSource, ShareMode, VolumePath};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// People's hands on one cluster. Each harness is a cluster of its own, empty at first.
#[async_trait]
pub(crate) trait Harness: Send + Sync {
    /// The cluster.
    fn cluster(&self) -> &dyn Cluster;

    /// A storage class that it has.
    fn storage_class(&self) -> &str;

    /// Makes a claim in a project, with one file, without Stowage.
    async fn make_claim(&self, project: &str, name: &str, file: &str, text: &str);

    /// Deletes a claim behind Stowage's back.
    async fn delete_claim(&self, project: &str, name: &str);

    /// Writes a file into a claim, as people of its project do.
    async fn write(&self, project: &str, claim: &str, file: &str, text: &str);

    /// A file of a claim.
    async fn read(&self, project: &str, claim: &str, file: &str) -> Option<String>;

    /// A file, as a project that a volume was mounted in sees it.
    async fn read_mounted(&self, project: &str, volume: &str, file: &str) -> Option<String>;

    /// Everything that there is, as text, to compare before and after.
    async fn everything(&self) -> String;
}

/// A clock that stands still until it is moved.
pub(crate) struct Stopped(Mutex<Timestamp>);

impl Stopped {
    pub(crate) fn new() -> Self {
        Self(Mutex::new("2025-06-01T12:00:00Z".parse().unwrap()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The data volume with that number.
pub(crate) fn volume(number: u128) -> DataVolumeId {
    DataVolumeId(Uuid::from_u128(number))
}

/// An order for a new claim.
pub(crate) fn new_claim(
    id: DataVolumeId,
    name: &str,
    project: &str,
    storage_class: &str,
) -> ClaimOrder {
    ClaimOrder {
        data_volume_id: id,
        name: name.parse().unwrap(),
        project: ProjectFolder(project.to_owned()),
        source: OriginSource::NewClaim {
            storage_class: storage_class.to_owned(),
            size: Bytes(1 << 20),
        },
        uid: None,
    }
}

/// An order for a claim that is there.
pub(crate) fn existing_claim(id: DataVolumeId, claim: &str, project: &str) -> ClaimOrder {
    ClaimOrder {
        data_volume_id: id,
        name: "a-volume".parse().unwrap(),
        project: ProjectFolder(project.to_owned()),
        source: OriginSource::ExistingClaim {
            claim: claim.to_owned(),
            sub_path: VolumePath::root(),
        },
        uid: None,
    }
}

/// The same order, by somebody who knows the claim already.
pub(crate) fn knowing(order: &ClaimOrder, uid: Option<String>) -> ClaimOrder {
    ClaimOrder {
        uid,
        ..order.clone()
    }
}

/// The key of a claim that was made by an order.
pub(crate) fn key(order: &ClaimOrder, state: &ClaimState) -> ClaimKey {
    ClaimKey {
        data_volume_id: order.data_volume_id,
        project: order.project.clone(),
        name: state.name.clone(),
        uid: state.uid.clone().unwrap(),
        is_ours: order.source.makes_claim(),
        sub_path: order.source.sub_path(),
    }
}

/// An order for a mount.
pub(crate) fn mount(claim: &ClaimKey, name: &str, project: &str, mode: ShareMode) -> MountOrder {
    MountOrder {
        claim: claim.clone(),
        name: name.parse().unwrap(),
        project: ProjectFolder(project.to_owned()),
        mode,
        sub_path: VolumePath::root(),
    }
}

/// A claim in the project `vision` with one file in it, and its key.
pub(crate) async fn filled_claim(harness: &dyn Harness, name: &str) -> ClaimKey {
    let order = new_claim(volume(1), name, "vision", harness.storage_class());
    let state = harness.cluster().ensure_claim(&order).await.unwrap();
    harness
        .write("vision", &state.name, "labels.csv", "cat,1")
        .await;
    key(&order, &state)
}

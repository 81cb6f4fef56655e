//! What the first lists of a watch told, for the first look at each claim after a start: ten thousand looks would
//! ask the server for what it has just said.
//!
//! It is used once and not for long, and what an event was told of is not used at all: then the look asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};

/// How long the first looks may take: what is not used by then is dropped.
const KEPT_FOR: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
pub(super) struct FirstList(Arc<Mutex<Listed>>);

/// By namespace and name.
#[derive(Default)]
struct Listed {
    claims: HashMap<String, PersistentVolumeClaim>,
    volumes: HashMap<String, PersistentVolume>,
}

impl FirstList {
    pub(super) fn add_claim(&self, key: String, mut claim: PersistentVolumeClaim) {
        claim.metadata.managed_fields = None;
        self.listed().claims.insert(key, claim);
    }

    pub(super) fn add_volume(&self, key: String, mut volume: PersistentVolume) {
        volume.metadata.managed_fields = None;
        self.listed().volumes.insert(key, volume);
    }

    pub(super) fn take_claim(&self, key: &str) -> Option<PersistentVolumeClaim> {
        self.listed().claims.remove(key)
    }

    pub(super) fn take_volume(&self, key: &str) -> Option<PersistentVolume> {
        self.listed().volumes.remove(key)
    }

    pub(super) fn clear(&self) {
        *self.listed() = Listed::default();
    }

    pub(super) fn clear_soon(&self) {
        let first = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            first.clear();
        });
    }

    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

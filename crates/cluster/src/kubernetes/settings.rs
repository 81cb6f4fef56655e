//! What an administrator sets for a Kubernetes cluster.
//!
//! Nothing but how to reach it is needed; storage classes and drivers are described by the cluster, and
//! named here only to choose among them or to say what nothing on the cluster tells.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::{AccessMode, Persistence};
use serde::Deserialize;

/// A Kubernetes cluster, as the configuration describes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The kubeconfig; absent: the service account of the pod that the console runs in.
    #[serde(default)]
    pub kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig; absent: its current one.
    #[serde(default)]
    pub context: Option<String>,
    /// The storage classes on offer; none given means every one that the cluster has.
    #[serde(default)]
    pub storage_classes: Vec<StorageClassSettings>,
    /// How volumes of drivers that Stowage does not know can be reached a second time, by the driver's name.
    #[serde(default)]
    pub drivers: BTreeMap<String, DriverSharing>,
    /// The data agent, without which the files of volumes cannot be opened.
    #[serde(default)]
    pub agent: Option<AgentSettings>,
    /// The secret with `userID` and `userKey` with which nodes mount shared `CephFS` volumes; absent: the one
    /// that the origin is mounted with.
    #[serde(default)]
    pub cephfs_secret: Option<SecretName>,
}

/// A storage class that is on offer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageClassSettings {
    /// Its name on the cluster.
    pub name: String,
    /// One line about it; absent: what the cluster says.
    #[serde(default)]
    pub description: Option<String>,
    /// How new claims may be opened; absent: from many nodes where the driver is known for that.
    #[serde(default)]
    pub access_mode: Option<AccessMode>,
    /// What becomes of the bytes, where the class would tell it wrongly.
    #[serde(default)]
    pub persistence: Option<Persistence>,
}

/// The pod by which the files of one volume are opened.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// The image that has this program as its entry point.
    pub image: String,
    /// How the console reaches it.
    #[serde(default)]
    pub reach: AgentReach,
    /// The user that it writes files as.
    #[serde(default = "nobody_special")]
    pub user: i64,
    /// The group that it writes files as; pods of the project that are in it can read and write them.
    #[serde(default = "nobody_special")]
    pub group: i64,
    /// After how many minutes without a request it ends.
    #[serde(default = "ten")]
    pub idle_minutes: u32,
}

/// How the console reaches a data agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentReach {
    /// At its address where the console runs in the cluster, through the API server elsewhere.
    #[default]
    Auto,
    /// At its address.
    PodAddress,
    /// Through the API server.
    PortForward,
}

/// The number of a user without any rights, as in images without a shell.
fn nobody_special() -> i64 {
    65532
}

fn ten() -> u32 {
    10
}

/// How a second volume reaches the same storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriverSharing {
    /// Two volumes may have one handle.
    SameHandle,
    /// The place is in the attributes, and the handle has to differ.
    UniqueHandle,
}

/// A secret of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_an_error() {
        assert!(serde_json::from_str::<Settings>(r#"{"kubeconfg": "/k"}"#).is_err());
        let text = r#"{"kubeconfig": "/k", "context": "a", "drivers": {"csi.example.com": "unique-handle"},
            "storage_classes": [{"name": "nfs", "access_mode": "ReadWriteMany"}]}"#;
        let settings: Settings = serde_json::from_str(text).unwrap();
        assert_eq!(
            settings.drivers["csi.example.com"],
            DriverSharing::UniqueHandle
        );
        assert_eq!(
            settings.storage_classes[0].access_mode,
            Some(AccessMode::ReadWriteMany)
        );
    }
}

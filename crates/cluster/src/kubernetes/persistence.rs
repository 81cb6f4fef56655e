//! What becomes of the bytes, told from a class or a volume, each time with the facts it was told from.
//!
//! The node comes first: a reclaim policy `Retain` does not save what lies on one node's disk.

use domain::{Persistence, PersistenceClass};
use k8s_openapi::api::core::v1::PersistentVolume;
use k8s_openapi::api::storage::v1::StorageClass;

use super::drivers::{is_network, is_node_folder};
use super::names::POLICY_BEFORE;

/// Drivers that keep bytes on the node that they were written on.
const NODE_DRIVERS: [&str; 4] = [
    "hostpath.csi.k8s.io",
    "local.csi.openebs.io",
    "topolvm.io",
    "zfs.csi.openebs.io",
];

/// Of volumes that a class will make.
pub(super) fn of_class(class: &StorageClass) -> Persistence {
    let provisioner = class.provisioner.as_str();
    if is_node_folder(provisioner) || NODE_DRIVERS.contains(&provisioner) {
        return persistence(
            PersistenceClass::NodeLocal,
            format!("on the disk of one node ({provisioner}): lost with that node"),
        );
    }
    let policy = class.reclaim_policy.as_deref().unwrap_or("Delete");
    by_policy(policy, provisioner)
}

/// Of a volume that is there.
pub(super) fn of_volume(volume: &PersistentVolume) -> Persistence {
    let Some(spec) = &volume.spec else {
        return persistence(
            PersistenceClass::Ephemeral,
            "the volume says nothing about itself".to_owned(),
        );
    };
    let source = match (&spec.csi, &spec.nfs) {
        (Some(csi), _) => csi.driver.clone(),
        (_, Some(nfs)) => format!("NFS, {}", nfs.server),
        _ if spec.host_path.is_some() => "hostPath".to_owned(),
        _ if spec.local.is_some() => "local".to_owned(),
        _ => "a volume without a driver".to_owned(),
    };
    if let Some(node) = node_of(volume) {
        return persistence(
            PersistenceClass::NodeLocal,
            format!("on the disk of the node {node} ({source}): lost with that node"),
        );
    }
    if spec.host_path.is_some() || spec.local.is_some() || NODE_DRIVERS.contains(&source.as_str()) {
        return persistence(
            PersistenceClass::NodeLocal,
            format!("on the disk of a node ({source}): lost with that node"),
        );
    }
    let before = volume
        .metadata
        .annotations
        .as_ref()
        .and_then(|annotations| annotations.get(POLICY_BEFORE));
    match before {
        Some(before) => persistence(
            PersistenceClass::Durable,
            format!(
                "kept when the claim goes, because it is shared (reclaim policy Retain; without shares it is {before} again; {source})"
            ),
        ),
        None => by_policy(
            spec.persistent_volume_reclaim_policy
                .as_deref()
                .unwrap_or("Retain"),
            &source,
        ),
    }
}

/// The node that a volume lies on, if it lies on one.
pub(super) fn node_of(volume: &PersistentVolume) -> Option<String> {
    let required = volume
        .spec
        .as_ref()?
        .node_affinity
        .as_ref()?
        .required
        .as_ref()?;
    required
        .node_selector_terms
        .iter()
        .flat_map(|term| term.match_expressions.iter().flatten())
        .find(|rule| {
            rule.operator == "In"
                && (rule.key.ends_with("/hostname") || rule.key.ends_with("/node"))
        })
        .and_then(|rule| rule.values.as_ref()?.first().cloned())
}

fn by_policy(policy: &str, source: &str) -> Persistence {
    if policy == "Delete" {
        return persistence(
            PersistenceClass::DeletedWithItsClaim,
            format!("destroyed when its claim is deleted (reclaim policy Delete; {source})"),
        );
    }
    let place = if is_network(source) || source.starts_with("NFS") {
        "on network storage, "
    } else {
        ""
    };
    persistence(
        PersistenceClass::Durable,
        format!("{place}kept when its claim is deleted (reclaim policy {policy}; {source})"),
    )
}

fn persistence(class: PersistenceClass, reason: String) -> Persistence {
    Persistence { class, reason }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn volume(annotations: &Value, spec: &Value) -> PersistentVolume {
        serde_json::from_value(json!({"metadata": {"annotations": annotations}, "spec": spec}))
            .unwrap()
    }

    #[test]
    fn the_facts_decide_and_are_named() {
        let csi = |policy: &str| json!({"persistentVolumeReclaimPolicy": policy, "csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": "h"}});
        let on_node = json!({
            "persistentVolumeReclaimPolicy": "Retain", "local": {"path": "/x"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": ["n7"]}]}]}},
        });
        let in_zone = json!({
            "persistentVolumeReclaimPolicy": "Retain", "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "h"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z"]}]}]}},
        });
        for (annotations, spec, class, fact) in [
            (
                json!({}),
                csi("Delete"),
                PersistenceClass::DeletedWithItsClaim,
                "reclaim policy Delete",
            ),
            (
                json!({}),
                csi("Retain"),
                PersistenceClass::Durable,
                "network storage",
            ),
            (
                json!({POLICY_BEFORE: "Delete"}),
                csi("Retain"),
                PersistenceClass::Durable,
                "is Delete again",
            ),
            (
                json!({}),
                on_node,
                PersistenceClass::NodeLocal,
                "the node n7",
            ),
            (
                json!({}),
                in_zone,
                PersistenceClass::Durable,
                "ebs.csi.aws.com",
            ),
            (
                json!({}),
                json!({"hostPath": {"path": "/x"}}),
                PersistenceClass::NodeLocal,
                "hostPath",
            ),
        ] {
            let told = of_volume(&volume(&annotations, &spec));
            assert_eq!(told.class, class, "{}", told.reason);
            assert!(told.reason.contains(fact), "{}", told.reason);
        }
    }

    #[test]
    fn a_class_tells_before_there_is_a_volume() {
        let class = |provisioner: &str, policy: Option<&str>| {
            let class = json!({"provisioner": provisioner, "reclaimPolicy": policy});
            of_class(&serde_json::from_value(class).unwrap()).class
        };
        assert_eq!(
            class("nfs.csi.k8s.io", None),
            PersistenceClass::DeletedWithItsClaim
        );
        assert_eq!(
            class("nfs.csi.k8s.io", Some("Retain")),
            PersistenceClass::Durable
        );
        assert_eq!(
            class("rancher.io/local-path", Some("Retain")),
            PersistenceClass::NodeLocal
        );
        assert_eq!(class("topolvm.io", None), PersistenceClass::NodeLocal);
    }
}

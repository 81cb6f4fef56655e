//! Every family by a table: what the copy is, and what is refused.

use domain::ShareMode::{ReadOnly, ReadWrite};
use serde_json::{Value, json};

use super::*;

fn volume(spec: &Value) -> PersistentVolume {
    serde_json::from_value(json!({
        "metadata": {
            "name": "pvc-1", "uid": "u", "resourceVersion": "7", "finalizers": ["kubernetes.io/pv-protection"],
            "annotations": {"pv.kubernetes.io/provisioned-by": "x", "pv.kubernetes.io/bound-by-controller": "yes"},
        },
        "spec": spec,
        "status": {"phase": "Bound"},
    }))
    .unwrap()
}

fn to(mode: ShareMode) -> Copy<'static> {
    Copy {
        origin_claim_uid: "0b9b0e30-6c1e-4f0a-a3b4-0d7c7a5f0001",
        data_volume_id: DataVolumeId(uuid::Uuid::from_u128(1)),
        namespace: "speech",
        claim: "imagenet",
        mode,
    }
}

fn copied(spec: &Value, mode: ShareMode) -> Result<Value, String> {
    let copy = Drivers::default().copy(&volume(spec), &to(mode))?;
    Ok(serde_json::to_value(copy).unwrap())
}

fn refused(spec: &Value, mode: ShareMode) -> String {
    copied(spec, mode).unwrap_err()
}

fn csi(driver: &str, attributes: &Value) -> Value {
    json!({
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": "fast",
        "persistentVolumeReclaimPolicy": "Delete", "mountOptions": ["hard", "rw"],
        "claimRef": {"namespace": "vision", "name": "imagenet", "uid": "c"},
        "csi": {"driver": driver, "volumeHandle": "handle", "volumeAttributes": attributes},
    })
}

#[test]
fn a_copy_is_reserved_kept_and_carries_nothing_of_the_origins_life() {
    let copy = copied(&csi("efs.csi.aws.com", &json!({})), ReadOnly).unwrap();
    let suffix = copy["metadata"]["name"].as_str().unwrap();
    assert!(suffix.starts_with("stowage-copy-"));
    assert_eq!(
        copy["metadata"],
        json!({"name": suffix, "labels": {
            "app.kubernetes.io/managed-by": "stowage",
            "stowage.dev/data-volume": "00000000-0000-0000-0000-000000000001",
            "stowage.dev/origin-claim": "0b9b0e30-6c1e-4f0a-a3b4-0d7c7a5f0001",
        }})
    );
    assert_eq!(
        copy["spec"],
        json!({
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadOnlyMany"],
            "persistentVolumeReclaimPolicy": "Retain", "mountOptions": ["hard", "ro"],
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "speech", "name": "imagenet"},
            "csi": {"driver": "efs.csi.aws.com", "volumeHandle": "handle", "volumeAttributes": {}, "readOnly": true},
        })
    );
    assert_eq!(copy.get("status"), None);
}

#[test]
fn same_handle_drivers_keep_the_handle() {
    for driver in SAME_HANDLE {
        let copy = copied(&csi(driver, &json!({})), ReadWrite).unwrap();
        assert_eq!(copy["spec"]["csi"]["volumeHandle"], "handle", "{driver}");
        assert_eq!(copy["spec"]["csi"].get("readOnly"), None);
        assert_eq!(copy["spec"]["mountOptions"], json!(["hard"]));
        assert_eq!(copy["spec"]["accessModes"], json!(["ReadWriteMany"]));
    }
}

#[test]
fn unique_handle_drivers_get_another_handle_and_keep_the_place() {
    let place = json!({"server": "10.0.0.1", "share": "/x", "source": "//s/x", "subdir": "pvc-1"});
    for (driver, _) in UNIQUE_HANDLE {
        let copy = copied(&csi(driver, &place), ReadOnly).unwrap();
        let handle = copy["spec"]["csi"]["volumeHandle"].as_str().unwrap();
        assert!(
            handle.starts_with("handle-") && handle.len() == "handle-".len() + 12,
            "{handle}"
        );
        assert_eq!(copy["spec"]["csi"]["volumeAttributes"], place);
        assert_eq!(copy["spec"]["csi"]["readOnly"], true);
    }
    assert!(refused(&csi("nfs.csi.k8s.io", &json!({"server": "s"})), ReadOnly).contains("“share”"));
}

#[test]
fn cephfs_becomes_a_static_volume_at_the_sub_volumes_path() {
    let attributes = json!({
        "clusterID": "c", "fsName": "f", "subvolumeName": "csi-vol-1", "subvolumePath": "/volumes/csi/1",
        "storage.kubernetes.io/csiProvisionerIdentity": "1-2",
    });
    let mut spec = csi("rook-ceph.cephfs.csi.ceph.com", &attributes);
    assert!(refused(&spec, ReadOnly).contains("cephfs_secret"));
    spec["csi"]["nodeStageSecretRef"] = json!({"name": "node", "namespace": "rook-ceph"});
    let copy = copied(&spec, ReadOnly).unwrap();
    assert_eq!(
        copy["spec"]["csi"]["volumeAttributes"],
        json!({"clusterID": "c", "fsName": "f", "staticVolume": "true", "rootPath": "/volumes/csi/1"})
    );
    assert_ne!(copy["spec"]["csi"]["volumeHandle"], "handle");
    assert_eq!(copy["spec"]["csi"]["nodeStageSecretRef"]["name"], "node");

    let declared = Drivers {
        cephfs_secret: Some(SecretName {
            namespace: "ceph".into(),
            name: "shares".into(),
        }),
        ..Drivers::default()
    };
    let copy = declared.copy(&volume(&spec), &to(ReadOnly)).unwrap();
    let secret = copy
        .spec
        .unwrap()
        .csi
        .unwrap()
        .node_stage_secret_ref
        .unwrap();
    assert_eq!(secret.name.as_deref(), Some("shares"));

    spec["csi"]["volumeAttributes"] = json!({"clusterID": "c"});
    assert!(refused(&spec, ReadOnly).contains("subvolumePath"));
    spec["csi"]["volumeAttributes"] = json!({"subvolumePath": "/x", "backingSnapshot": "true"});
    assert!(refused(&spec, ReadOnly).contains("snapshot"));
}

#[test]
fn nfs_without_a_driver_keeps_server_and_path() {
    let spec = |read_only| json!({"accessModes": ["ReadWriteOnce"], "nfs": {"server": "s", "path": "/x", "readOnly": read_only}});
    let copy = copied(&spec(false), ReadOnly).unwrap();
    assert_eq!(
        copy["spec"]["nfs"],
        json!({"server": "s", "path": "/x", "readOnly": true})
    );
    assert_eq!(copy["spec"]["mountOptions"], json!(["ro"]));
    assert!(copied(&spec(false), ReadWrite).is_ok());
    assert!(refused(&spec(true), ReadWrite).contains("read-only"));
}

#[test]
fn folders_of_a_node_stay_on_that_node() {
    let node = json!({"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}]}]}});
    for source in ["hostPath", "local"] {
        let mut spec = json!({"accessModes": ["ReadWriteOnce"], "nodeAffinity": node});
        spec[source] = json!({"path": "/data/1"});
        let copy = copied(&spec, ReadOnly).unwrap();
        assert_eq!(copy["spec"]["nodeAffinity"], node);
        assert_eq!(copy["spec"]["local"], json!({"path": "/data/1"}));
        assert_eq!(copy["spec"].get("hostPath"), None);
        assert_eq!(copy["spec"]["mountOptions"], json!(["ro"]));
        assert_eq!(copy["spec"]["accessModes"], json!(["ReadOnlyMany"]));
    }
    let everywhere = json!({"accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}});
    assert!(refused(&everywhere, ReadOnly).contains("every node has of its own"));
}

#[test]
fn what_cannot_be_shared_is_refused_with_the_reason() {
    for (spec, reason) in [
        (csi("ebs.csi.aws.com", &json!({})), "block devices"),
        (
            csi("rook-ceph.rbd.csi.ceph.com", &json!({})),
            "block devices",
        ),
        (csi("csi.example.com", &json!({})), "does not know"),
        (
            json!({"accessModes": ["ReadWriteMany"], "iscsi": {"targetPortal": "p", "iqn": "i", "lun": 0}}),
            "does not know",
        ),
        (
            json!({"volumeMode": "Block", "csi": {"driver": "efs.csi.aws.com", "volumeHandle": "h"}}),
            "block device",
        ),
        (
            json!({"accessModes": ["ReadWriteOncePod"], "csi": {"driver": "efs.csi.aws.com", "volumeHandle": "h"}}),
            "one single pod",
        ),
    ] {
        for mode in [ReadOnly, ReadWrite] {
            let told = refused(&spec, mode);
            assert!(told.contains(reason), "{told}");
        }
        let sharing = Drivers::default().sharing_of(&volume(&spec));
        assert!(matches!(sharing, Sharing::Refused { .. }));
    }
    let mut read_only = csi("efs.csi.aws.com", &json!({}));
    read_only["csi"]["readOnly"] = json!(true);
    assert!(refused(&read_only, ReadWrite).contains("share it for reading"));
}

#[test]
fn an_administrator_can_declare_a_driver() {
    let declared = Drivers {
        declared: [("csi.example.com".to_owned(), DriverSharing::UniqueHandle)].into(),
        ..Drivers::default()
    };
    let copy = declared
        .copy(&volume(&csi("csi.example.com", &json!({}))), &to(ReadWrite))
        .unwrap();
    assert_ne!(copy.spec.unwrap().csi.unwrap().volume_handle, "handle");
    assert!(matches!(
        declared.sharing_of_provisioner("csi.example.com"),
        Sharing::Possible { .. }
    ));
}

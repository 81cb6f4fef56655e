//! The API server, with the rights and checks of an ordinary cluster.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::kubeconfig;
use super::namespaces::NODE_ADDRESS;
use super::place::Place;
use crate::setup::KubernetesPrograms;

/// Nobody is sent there: pods do not talk to the API server.
const SERVICE_ADDRESSES: &str = "198.19.0.0/24";

/// What is noted: the writes of service accounts outside `kube-system`, so that a test can count them. The cluster's
/// own programs write all the time.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  userGroups: [\"system:serviceaccounts:kube-system\"]
- level: Metadata
  userGroups: [\"system:serviceaccounts\"]
  verbs: [create, update, patch, delete, deletecollection]
- level: None
";

/// Where that is noted.
pub(super) fn audit_log(folder: &Path) -> PathBuf {
    folder.join("audit.log")
}

/// On loopback. It makes its certificate itself on the first start; service accounts are signed with the
/// same key, which saves a second one.
pub(super) fn command(
    programs: &KubernetesPrograms,
    place: &Place,
    folder: &Path,
    port: u16,
    etcd_port: u16,
) -> Result<Command> {
    let audit_policy = folder.join("audit-policy.yaml");
    fs::write(&audit_policy, AUDIT_POLICY)?;
    let tls = folder.join("tls");
    let key = kubeconfig::key(folder);
    let mut command = place.command(&programs.path("kube-apiserver"));
    command
        .arg(format!("--etcd-servers=http://127.0.0.1:{etcd_port}"))
        .args(["--bind-address=127.0.0.1", &format!("--secure-port={port}")])
        .arg(format!("--advertise-address={NODE_ADDRESS}"))
        .arg("--endpoint-reconciler-type=none")
        .arg(format!("--service-cluster-ip-range={SERVICE_ADDRESSES}"))
        .arg("--cert-dir")
        .arg(tls)
        .arg("--token-auth-file")
        .arg(kubeconfig::tokens(folder))
        .arg("--authorization-mode=Node,RBAC")
        .arg("--enable-admission-plugins=NodeRestriction")
        .arg("--kubelet-preferred-address-types=InternalIP")
        .arg("--allow-privileged=true")
        .arg("--service-account-issuer=https://kubernetes.default.svc.cluster.local")
        .arg("--service-account-signing-key-file")
        .arg(&key)
        .arg("--service-account-key-file")
        .arg(key)
        .arg("--audit-policy-file")
        .arg(audit_policy)
        .arg("--audit-log-path")
        .arg(audit_log(folder))
        .arg("--profiling=false");
    Ok(command)
}

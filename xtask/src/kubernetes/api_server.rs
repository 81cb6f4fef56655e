//! The API server, with the rights and checks of an ordinary cluster.

use std::path::Path;
use std::process::Command;

use super::kubeconfig;
use super::namespaces::NODE_ADDRESS;
use super::place::Place;
use crate::setup::KubernetesPrograms;

/// Nobody is sent there: pods do not talk to the API server.
const SERVICE_ADDRESSES: &str = "198.19.0.0/24";

/// On loopback. It makes its certificate itself on the first start; service accounts are signed with the
/// same key, which saves a second one.
pub(super) fn command(
    programs: &KubernetesPrograms,
    place: &Place,
    folder: &Path,
    port: u16,
    etcd_port: u16,
) -> Command {
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
        .arg("--profiling=false");
    command
}

//! The programs that make what is asked for true: bound claims, accounts of namespaces, quotas, places for pods.

use std::path::Path;
use std::process::Command;

use super::kubeconfig::{self, Account};
use super::place::Place;
use crate::setup::KubernetesPrograms;

pub(super) const MANAGER: Account = Account {
    name: "controllers",
    user: "system:kube-controller-manager",
    group: None,
};

pub(super) const SCHEDULER: Account = Account {
    name: "scheduler",
    user: "system:kube-scheduler",
    group: None,
};

/// Requests in a second, and at once. The defaults of 20 and 30 are for clusters with many neighbours, and
/// a measurement of a thousand claims would measure them.
const RATE: [&str; 2] = ["--kube-api-qps=500", "--kube-api-burst=1000"];

/// Neither listens anywhere: each is asked through what it does.
pub(super) fn commands(
    programs: &KubernetesPrograms,
    place: &Place,
    folder: &Path,
) -> [(&'static str, Command); 2] {
    let mut manager = place.command(&programs.path("kube-controller-manager"));
    manager
        .arg("--kubeconfig")
        .arg(kubeconfig::path(folder, &MANAGER))
        .args(["--secure-port=0", "--leader-elect=false"])
        .args(RATE)
        .arg("--use-service-account-credentials=true")
        .arg("--enable-hostpath-provisioner=true")
        .arg("--service-account-private-key-file")
        .arg(kubeconfig::key(folder))
        .arg("--root-ca-file")
        .arg(kubeconfig::certificate(folder));
    let mut scheduler = place.command(&programs.path("kube-scheduler"));
    scheduler
        .arg("--kubeconfig")
        .arg(kubeconfig::path(folder, &SCHEDULER))
        .args(["--secure-port=0", "--leader-elect=false"])
        .args(RATE);
    [
        ("kube-controller-manager", manager),
        ("kube-scheduler", scheduler),
    ]
}

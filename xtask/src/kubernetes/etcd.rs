//! Where the API server keeps its objects.

use std::path::Path;
use std::process::Command;

use super::place::Place;
use crate::setup::KubernetesPrograms;

/// One member, on loopback, that does not wait for the disk.
pub(super) fn command(
    programs: &KubernetesPrograms,
    place: &Place,
    folder: &Path,
    client_port: u16,
    peer_port: u16,
) -> Command {
    let clients = format!("http://127.0.0.1:{client_port}");
    let peers = format!("http://127.0.0.1:{peer_port}");
    let mut command = place.command(&programs.path("etcd"));
    command
        .arg("--data-dir")
        .arg(folder.join("etcd"))
        .args(["--listen-client-urls", &clients])
        .args(["--advertise-client-urls", &clients])
        .args(["--listen-peer-urls", &peers])
        .args(["--initial-advertise-peer-urls", &peers])
        .args(["--initial-cluster", &format!("default={peers}")])
        .args(["--unsafe-no-fsync", "--log-level", "warn"]);
    command
}

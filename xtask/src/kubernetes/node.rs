//! A node: containerd and the kubelet, so that pods really start and really mount volumes.
//!
//! Images are imported, never pulled: there is no registry.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::kubeconfig::{self, Account};
use super::namespaces::NODE_ADDRESS;
use super::place::Place;
use crate::setup::{KubernetesPrograms, NodePrograms};

/// Its name in the cluster.
pub(super) const NAME: &str = "node-1";

/// The kubelet may touch what belongs to its own pods.
pub(super) const ACCOUNT: Account = Account {
    name: "node",
    user: "system:node:node-1",
    group: Some("system:nodes"),
};

/// Pods get addresses of this range, on a bridge inside the node's network.
const POD_ADDRESSES: &str = "198.18.1.0/24";

/// Inside the node, where `/run` is its own.
const SOCKET: &str = "/run/containerd/containerd.sock";

/// The process that holds the namespaces of a pod.
pub(super) const PAUSE_IMAGE: &str = "docker.io/library/toolbox:test";

/// The console, and with it the data agent.
pub(super) const SERVER_IMAGE: &str = "docker.io/library/stowage:test";

/// containerd with its configuration.
pub(super) fn containerd(programs: &NodePrograms, place: &Place, folder: &Path) -> Result<Command> {
    let networks = folder.join("networks");
    fs::create_dir_all(&networks)?;
    fs::write(networks.join("10-pods.conflist"), network())?;
    let configuration = folder.join("containerd.toml");
    fs::write(
        &configuration,
        containerd_configuration(programs, &networks),
    )?;
    let mut command = place.command(&programs.path("containerd"));
    command.arg("--config").arg(configuration);
    // It looks for its shim there.
    command.env("PATH", programs.search_path()?);
    Ok(command)
}

/// A call of containerd's own client.
pub(super) fn ctr(programs: &NodePrograms, place: &Place) -> Command {
    let mut command = place.command(&programs.path("ctr"));
    command.args(["--address", SOCKET, "--namespace", "k8s.io"]);
    command
}

/// The kubelet with its configuration.
pub(super) fn kubelet(
    programs: &KubernetesPrograms,
    place: &Place,
    folder: &Path,
    control_group: &str,
) -> Result<Command> {
    let configuration = folder.join("kubelet.yaml");
    fs::write(&configuration, kubelet_configuration(control_group))?;
    let mut command = place.command(&programs.path("kubelet"));
    command
        .arg("--config")
        .arg(configuration)
        .arg("--kubeconfig")
        .arg(kubeconfig::path(folder, &ACCOUNT))
        .arg(format!("--hostname-override={NAME}"))
        .arg(format!("--node-ip={NODE_ADDRESS}"));
    Ok(command)
}

fn network() -> String {
    format!(
        r#"{{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [{{
    "type": "bridge",
    "bridge": "pods0",
    "isGateway": true,
    "hairpinMode": true,
    "ipam": {{
      "type": "host-local",
      "ranges": [[{{ "subnet": "{POD_ADDRESSES}" }}]],
      "routes": [{{ "dst": "0.0.0.0/0" }}]
    }}
  }}]
}}
"#
    )
}

fn containerd_configuration(programs: &NodePrograms, networks: &Path) -> String {
    format!(
        r#"version = 2
oom_score = 0
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  # Lowering the score takes a right that containers of build machines do not have.
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{networks}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "{runc}"
"#,
        plugins = programs.network_plugins().display(),
        networks = networks.display(),
        runc = programs.path("runc").display(),
    )
}

/// It guards nothing: the node ends with the test, and a machine whose disk is full would only evict pods.
fn kubelet_configuration(control_group: &str) -> String {
    format!(
        r#"apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {NODE_ADDRESS}
authentication:
  anonymous: {{ enabled: true }}
  webhook: {{ enabled: false }}
authorization: {{ mode: AlwaysAllow }}
cgroupDriver: cgroupfs
cgroupRoot: {control_group}
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix://{SOCKET}
oomScoreAdj: 0
makeIPTablesUtilChains: false
resolvConf: ""
imageGCHighThresholdPercent: 100
evictionHard:
  memory.available: "0%"
  nodefs.available: "0%"
  nodefs.inodesFree: "0%"
  imagefs.available: "0%"
"#
    )
}

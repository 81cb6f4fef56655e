//! What the console does on a Kubernetes, measured on one that is started for it: one for each part, so that none meets
//! what another left behind.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::kubernetes::{Cluster, node_is_possible};
use crate::setup::{self, KubernetesPrograms};
use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{process, serving};

/// What can be asked for, and whether it needs pods that run.
const PARTS: [(&str, bool); 4] = [
    ("sharing", false),
    ("watching", false),
    ("uploads", true),
    ("first-byte", true),
];

/// Measures the part that is named first, with the numbers behind it, or each.
pub(super) fn kubernetes(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let (toolchain, server) = super::build_release(workspace)?;
    let bench = "bench_kubernetes";
    let bench = serving::build_program(workspace, &toolchain, bench, Purpose::Shipping)?;
    let programs = setup::kubernetes_programs(workspace)?;
    let named = arguments.first();
    let is_asked = |name: &str| named.is_none_or(|asked| asked == name);
    let numbers = arguments.get(1..).unwrap_or_default();
    for (name, needs_node) in PARTS {
        if !is_asked(name) {
            continue;
        }
        if needs_node
            && let Err(why) = node_is_possible()
            && named.is_none()
        {
            println!("\n{name} is left out: {why}");
            continue;
        }
        let cluster = start(workspace, &programs, needs_node, &server)?;
        process::announce(&format!("Measuring {name}"));
        let mut measuring = match cluster.inside() {
            None => Command::new(&bench),
            // Pods have addresses in there only.
            Some(entrance) => within(&entrance, &bench),
        };
        measuring
            .arg(name)
            .args(numbers)
            .env("STOWAGE_BIN", &server)
            .env(crate::kubernetes::KUBECONFIG, cluster.kubeconfig())
            .env("STOWAGE_TEST_KUBECTL", programs.path("kubectl"))
            .env("STOWAGE_TEST_AUDIT_LOG", cluster.audit_log())
            .envs(serving::site_settings(workspace));
        process::run(&mut measuring)?;
    }
    Ok(())
}

fn start(
    workspace: &Workspace,
    programs: &KubernetesPrograms,
    with_node: bool,
    server: &Path,
) -> Result<Cluster> {
    process::announce(&format!("Starting Kubernetes {}", programs.version()));
    if with_node {
        let node = setup::node_programs(workspace)?;
        Cluster::start_with_node(programs, &node, server)
    } else {
        Cluster::start(programs)
    }
}

fn within(entrance: &str, program: &Path) -> Command {
    let mut words = entrance.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("nsenter"));
    command.args(words).arg(program);
    command
}

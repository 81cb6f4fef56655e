//! `cargo xtask cluster`: a Kubernetes to try things out on.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::kubernetes::Cluster;
use crate::site::Purpose;
use crate::workspace::Workspace;
use crate::{interrupt, process, serving, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// With a node, on which pods run: needs root
    #[arg(long)]
    node: bool,
    /// The binary for the image stowage:test, instead of one that is built for it
    #[arg(long, value_name = "FILE", requires = "node")]
    stowage: Option<PathBuf>,
}

/// Starts one, says how it is reached, and stays with it until it is stopped.
pub(crate) fn cluster(workspace: &Workspace, options: &Options) -> Result<()> {
    let programs = setup::kubernetes_programs(workspace)?;
    let (mut cluster, with) = if options.node {
        let node = setup::node_programs(workspace)?;
        let server = match &options.stowage {
            Some(binary) => std::path::absolute(binary)?,
            None => serving::build_server(
                workspace,
                &setup::wasm_toolchain(workspace)?,
                Purpose::Serving,
            )?,
        };
        process::announce(&format!(
            "Starting Kubernetes {} and a node",
            programs.version()
        ));
        let cluster = Cluster::start_with_node(&programs, &node, &server)?;
        (cluster, "with the images stowage:test and toolbox:test")
    } else {
        process::announce(&format!("Starting Kubernetes {}", programs.version()));
        (Cluster::start(&programs)?, "without nodes")
    };
    println!(
        "\nKubernetes {} is ready, {with}. Ctrl-C deletes it.\n\n  export KUBECONFIG={}\n  {} get namespaces\n\nLogs: {}\n",
        programs.version(),
        cluster.kubeconfig().display(),
        programs.path("kubectl").display(),
        cluster.folder().join("*.log").display(),
    );
    if let Some(inside) = cluster.inside() {
        println!("Pods are reached at their addresses by: {inside} COMMAND\n");
    }
    while !interrupt::is_interrupted() {
        if let Err(error) = cluster.check()
            && !interrupt::is_interrupted()
        {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

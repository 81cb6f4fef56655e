//! `cargo xtask cluster`: a Kubernetes to try things out on.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::kubernetes::ControlPlane;
use crate::workspace::Workspace;
use crate::{interrupt, process, setup};

/// Starts one, says how it is reached, and stays with it until it is stopped.
pub(crate) fn cluster(workspace: &Workspace) -> Result<()> {
    let programs = setup::kubernetes_programs(workspace)?;
    process::announce(&format!("Starting Kubernetes {}", programs.version()));
    let mut control_plane = ControlPlane::start(&programs)?;
    println!(
        "\nKubernetes {} is ready, without nodes. Ctrl-C deletes it.\n\n  export KUBECONFIG={}\n  {} get namespaces\n\nLogs: {}\n",
        programs.version(),
        control_plane.kubeconfig().display(),
        programs.path("kubectl").display(),
        control_plane.folder().join("*.log").display(),
    );
    while !interrupt::is_interrupted() {
        if let Err(error) = control_plane.check()
            && !interrupt::is_interrupted()
        {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

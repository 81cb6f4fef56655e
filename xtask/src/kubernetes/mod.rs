//! A Kubernetes for one run of the tests, on a temporary folder and ports of its own.
//!
//! It is a real one. Without a node claims are bound, rights and quotas hold and namespaces end, but no pod
//! starts; with one, pods run and mount. It keeps nothing safe on the disk and is deleted at the end.

mod api_server;
mod control_groups;
mod controllers;
mod etcd;
mod images;
mod kubeconfig;
mod namespaces;
mod node;
mod place;
mod program;
mod provisioned;
mod relay;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail};

use crate::kubernetes::control_groups::ControlGroups;
use crate::kubernetes::kubeconfig::Account;
use crate::kubernetes::namespaces::Namespaces;
pub(crate) use crate::kubernetes::namespaces::are_possible as node_is_possible;
use crate::kubernetes::place::Place;
use crate::kubernetes::program::Program;
use crate::setup::{self, KubernetesPrograms, NodePrograms};
use crate::workspace::Workspace;
use crate::{interrupt, process};

/// The environment variable that names a cluster for the tests.
pub(crate) const KUBECONFIG: &str = "STOWAGE_TEST_KUBECONFIG";

/// A machine that compiles at the same time takes its time.
const START_LIMIT: Duration = Duration::from_mins(3);

/// A cluster for the tests.
pub(crate) enum Kubernetes {
    /// One that is there already; nothing is started, and it stays.
    Given(PathBuf),
    Started(Cluster),
}

impl Kubernetes {
    /// The cluster that `STOWAGE_TEST_KUBECONFIG` names, or a new one.
    pub(crate) fn for_tests(workspace: &Workspace) -> Result<Self> {
        if let Some(given) = env::var_os(KUBECONFIG) {
            return Ok(Self::Given(given.into()));
        }
        let programs = setup::kubernetes_programs(workspace)?;
        Cluster::start(&programs).map(Self::Started)
    }

    /// How an administrator reaches it.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        match self {
            Self::Given(path) => path.clone(),
            Self::Started(cluster) => cluster.kubeconfig(),
        }
    }
}

/// etcd, the API server, the controllers and the scheduler; all are ended and deleted when this is dropped.
pub(crate) struct Cluster {
    /// In the order in which they started.
    running: Vec<Program>,
    programs: KubernetesPrograms,
    place: Place,
    control_groups: Option<ControlGroups>,
    folder: PathBuf,
}

impl Cluster {
    /// Starts one without nodes and waits until the API answers and the controllers work.
    pub(crate) fn start(programs: &KubernetesPrograms) -> Result<Self> {
        let mut cluster = Self::make(programs)?;
        cluster
            .start_control_plane()
            .inspect_err(|_| cluster.show_logs())?;
        Ok(cluster)
    }

    /// Starts one with a node that has the images `toolbox:test` and, of the server, `stowage:test`.
    pub(crate) fn start_with_node(
        programs: &KubernetesPrograms,
        node: &NodePrograms,
        server: &Path,
    ) -> Result<Self> {
        let mut cluster = Self::make(programs)?;
        cluster.place = Place::Inside(Namespaces::make(&cluster.folder)?);
        provisioned::open_to_pods(namespaces::own_folder(&cluster.folder, provisioned::FOLDER));
        let group = format!("stowage-kubernetes-{}", std::process::id());
        cluster.control_groups = Some(ControlGroups::make(&group)?);
        cluster
            .start_control_plane()
            .and_then(|()| cluster.start_node(node, server))
            .inspect_err(|_| cluster.show_logs())?;
        Ok(cluster)
    }

    fn make(programs: &KubernetesPrograms) -> Result<Self> {
        let folder = env::temp_dir().join(format!("stowage-kubernetes-{}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("{}", folder.display()))?;
        Ok(Self {
            running: Vec::new(),
            programs: programs.clone(),
            place: Place::Machine,
            control_groups: None,
            folder,
        })
    }

    /// How an administrator reaches it.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// What one writes before a command that is to reach pods at their addresses.
    pub(crate) fn inside(&self) -> Option<String> {
        match &self.place {
            Place::Machine => None,
            Place::Inside(namespaces) => Some(namespaces.entrance()),
        }
    }

    /// Who changed what, one JSON object in a line: the writes of people and programs that are no part of it.
    pub(crate) fn audit_log(&self) -> PathBuf {
        api_server::audit_log(&self.folder)
    }

    /// Where each program writes its log.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// An error when one of the programs has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.running.iter_mut().try_for_each(Program::check)
    }

    fn start_control_plane(&mut self) -> Result<()> {
        let [client_port, peer_port, api_port] = free_ports()?;
        let folder = self.folder.clone();
        let programs = self.programs.clone();
        let etcd = etcd::command(&programs, &self.place, &folder, client_port, peer_port);
        self.running.push(Program::start("etcd", etcd, &folder)?);

        let accounts = [
            Account::ADMINISTRATOR,
            controllers::MANAGER,
            controllers::SCHEDULER,
            node::ACCOUNT,
        ];
        if let Place::Inside(namespaces) = &self.place {
            relay::open(api_port, namespaces.network()?)?;
        }
        kubeconfig::write(&folder, api_port, &accounts)?;
        let api_server =
            api_server::command(&programs, &self.place, &folder, api_port, client_port)?;
        self.running
            .push(Program::start("kube-apiserver", api_server, &folder)?);
        self.wait_for(
            "the API server",
            self.kubectl().args(["get", "--raw", "/readyz"]),
        )?;

        for (name, command) in controllers::commands(&programs, &self.place, &folder) {
            self.running.push(Program::start(name, command, &folder)?);
        }
        // Whoever makes a pod needs it, and a controller makes it.
        let account = ["get", "serviceaccount", "default", "--namespace", "default"];
        self.wait_for("the controllers", self.kubectl().args(account))?;
        provisioned::make_storage_class(self.kubectl())
    }

    fn start_node(&mut self, node: &NodePrograms, server: &Path) -> Result<()> {
        let folder = self.folder.clone();
        let containerd = node::containerd(node, &self.place, &folder)?;
        self.running
            .push(Program::start("containerd", containerd, &folder)?);
        let mut version = node::ctr(node, &self.place);
        self.wait_for("containerd", version.arg("version"))?;

        let archives = folder.join("images");
        for archive in [
            images::toolbox(&node.path("busybox"), &archives, node::PAUSE_IMAGE)?,
            images::of_program(server, &archives, node::SERVER_IMAGE)?,
        ] {
            let mut ctr = node::ctr(node, &self.place);
            process::run(
                ctr.args(["images", "import"])
                    .arg(&archive)
                    .stdout(Stdio::null()),
            )?;
            fs::remove_file(archive)?;
        }

        let group = self
            .control_groups
            .as_ref()
            .map_or("/", ControlGroups::name);
        let kubelet = node::kubelet(&self.programs, &self.place, &folder, group)?;
        self.running
            .push(Program::start("kubelet", kubelet, &folder)?);
        let ready = ["wait", "--for=condition=Ready", "--timeout=1s"];
        let node = format!("node/{}", node::NAME);
        self.wait_for("the node", self.kubectl().args(ready).arg(node))
    }

    /// A call as administrator.
    fn kubectl(&self) -> Command {
        let mut command = Command::new(self.programs.path("kubectl"));
        command
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(["--request-timeout", "5s"])
            // It keeps what it learned of an API, under the home folder if nobody says otherwise.
            .env("KUBECACHEDIR", self.folder.join("kubectl"));
        command
    }

    fn wait_for(&mut self, what: &str, question: &mut Command) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if interrupt::is_interrupted() {
                bail!("stopped");
            }
            self.check()?;
            if process::succeeds(question) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("{what} of Kubernetes did not start")
    }

    fn show_logs(&self) {
        for program in &self.running {
            program.show_log();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        provisioned::delete_folders(self.kubectl());
        // The last one first, so that none complains of one that is gone.
        while let Some(program) = self.running.pop() {
            drop(program);
        }
        self.place = Place::Machine;
        self.control_groups = None;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Ports that are free now and differ from each other.
fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT]> {
    let mut held = Vec::with_capacity(COUNT);
    let mut ports = [0; COUNT];
    for port in &mut ports {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

//! People's hands on the cluster.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What the console may do; the shares are made under it.
const CONSOLE_RIGHTS: &str = include_str!("../../../deploy/kubernetes/access.yaml");

/// An administrator of the cluster.
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    /// The name of the node whose disk is this machine's.
    node: String,
    files: TempDir,
}

impl Kubectl {
    pub(crate) fn new(kubeconfig: PathBuf) -> Result<Self> {
        let program = env::var_os("STOWAGE_TEST_KUBECTL").context("STOWAGE_TEST_KUBECTL")?;
        let mut kubectl = Self {
            program: program.into(),
            kubeconfig,
            node: String::new(),
            files: tempfile::tempdir()?,
        };
        let nodes = kubectl.run(&[
            "get",
            "nodes",
            "--output=jsonpath={.items[0].metadata.name}",
        ])?;
        ensure!(!nodes.is_empty(), "the cluster has no node");
        kubectl.node = nodes;
        kubectl.apply(CONSOLE_RIGHTS)?;
        fs::write(kubectl.console(), kubectl.console_kubeconfig()?)?;
        Ok(kubectl)
    }

    /// The kubeconfig of the console.
    pub(crate) fn console(&self) -> PathBuf {
        self.files.path().join("console.json")
    }

    /// What a call prints; an error when it fails.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "kubectl {}: {errors}",
            arguments.join(" ")
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What a call prints to say why it fails; an error when it does not.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        ensure!(
            !output.status.success(),
            "kubectl {} succeeded",
            arguments.join(" ")
        );
        Ok(String::from_utf8(output.stderr)?)
    }

    /// Makes objects, or changes them.
    pub(crate) fn apply(&self, objects: &str) -> Result<()> {
        let mut child = self
            .call(&["apply", "--filename=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        input.write_all(objects.as_bytes())?;
        drop(input);
        ensure!(child.wait()?.success(), "kubectl apply:\n{objects}");
        Ok(())
    }

    /// Makes a namespace with a claim `data` on a new, empty folder, and answers the folder.
    pub(crate) fn make_claim(&self, namespace: &str) -> Result<PathBuf> {
        let folder = self.files.path().join(namespace);
        fs::create_dir(&folder)?;
        open_to_everybody(&folder)?;
        let claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": "data", "namespace": namespace },
            "spec": {
                "accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": namespace,
                "resources": { "requests": { "storage": "1Gi" } },
            },
        });
        self.apply(
            &json!({ "apiVersion": "v1", "kind": "List", "items": [
                { "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } },
                self.volume(namespace, &folder),
                claim,
            ]})
            .to_string(),
        )?;
        self.run(&[
            "wait",
            "--for=jsonpath={.status.phase}=Bound",
            "--namespace",
            namespace,
            "pvc/data",
        ])?;
        Ok(folder)
    }

    /// Starts a pod that has the namespace's claim at `/data`, and waits until it runs.
    pub(crate) fn start_pod(&self, namespace: &str, claim: &str) -> Result<()> {
        self.start(namespace, &pod(namespace, claim))
    }

    /// Starts a pod that serves the namespace's claim `data` to whoever reaches it; answers its address, without the
    /// port, which is 8080.
    pub(crate) fn start_web_server(&self, namespace: &str) -> Result<String> {
        let mut pod = pod(namespace, "data");
        pod["spec"]["containers"][0]["command"] =
            json!(["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/data"]);
        self.start(namespace, &pod)?;
        let address = "--output=jsonpath={.status.podIP}";
        self.run(&["get", "pod", "user", "--namespace", namespace, address])
    }

    fn start(&self, namespace: &str, pod: &Value) -> Result<()> {
        self.apply(&pod.to_string())?;
        self.run(&[
            "wait",
            "--for=condition=Ready",
            "--timeout=60s",
            "--namespace",
            namespace,
            "pod/user",
        ])?;
        Ok(())
    }

    /// The words of a call inside that pod.
    pub(crate) fn inside<'a>(namespace: &'a str, words: &[&'a str]) -> Vec<&'a str> {
        [&["exec", "--namespace", namespace, "user", "--"], words].concat()
    }

    /// A folder of the node's disk, offered to the claim `data` of the namespace.
    fn volume(&self, namespace: &str, folder: &Path) -> Value {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": { "name": namespace },
            "spec": {
                "capacity": { "storage": "1Gi" },
                "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "",
                "claimRef": { "namespace": namespace, "name": "data" },
                "local": { "path": folder },
                "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                    { "key": "kubernetes.io/hostname", "operator": "In", "values": [self.node] },
                ]}]}},
            },
        })
    }

    fn console_kubeconfig(&self) -> Result<String> {
        let token = self.run(&[
            "create",
            "token",
            "stowage",
            "--namespace=stowage",
            "--duration=24h",
        ])?;
        let view = self.run(&["config", "view", "--raw", "--minify", "--output=json"])?;
        let mut view: Value = serde_json::from_str(&view)?;
        view["users"][0]["user"] = json!({ "token": token.trim() });
        Ok(view.to_string())
    }

    fn output(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.call(arguments).stdin(Stdio::null()).output()?)
    }

    fn call(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(arguments)
            .env("KUBECACHEDIR", self.files.path().join("kubectl"));
        command
    }
}

/// Somebody who is not root and has no rights on the node.
pub(crate) fn unprivileged() -> (Value, Value) {
    let pod = json!({
        "runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 1000,
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    let container = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
        "capabilities": { "drop": ["ALL"] },
    });
    (pod, container)
}

fn pod(namespace: &str, claim: &str) -> Value {
    let (of_pod, of_container) = unprivileged();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "user", "namespace": namespace },
        "spec": {
            "securityContext": of_pod,
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "user", "image": "toolbox:test", "securityContext": of_container,
                "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
            }],
            "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": claim } }],
        },
    })
}

fn open_to_everybody(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(
        folder,
        fs::Permissions::from_mode(0o777),
    )?)
}

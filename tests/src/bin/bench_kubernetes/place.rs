//! The cluster that is measured on, in the hands of its administrator, and consoles that reach it with the rights that
//! they ship with.

use std::collections::HashSet;
use std::env;
use std::fmt::{Debug, Write as _};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::{Namespace, PersistentVolume, PersistentVolumeClaim};
use kube::api::{ObjectMeta, PostParams, WatchEvent, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::console::Console;

const RIGHTS: &str = include_str!("../../../../deploy/kubernetes/access.yaml");
/// Who the console is to the API server.
const CONSOLE: &str = "system:serviceaccount:stowage:stowage";
/// How many objects are made side by side while a measurement is prepared.
const AT_ONCE: usize = 32;

/// A system administrator of the consoles.
pub(crate) const PERSON: &str = "katherine";

pub(crate) struct Place {
    pub(crate) client: Client,
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    audit: PathBuf,
    files: TempDir,
    /// How many were made.
    claims: AtomicUsize,
}

impl Place {
    /// The one that the environment names: see `docs/testing-on-kubernetes.md`.
    pub(crate) async fn new() -> Result<Self> {
        let path = |name: &str| -> Result<PathBuf> {
            let path = env::var_os(name).with_context(|| format!("{name} is not set"))?;
            Ok(path.into())
        };
        let kubeconfig = path("STOWAGE_TEST_KUBECONFIG")?;
        let read = Kubeconfig::read_from(&kubeconfig)?;
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?;
        let place = Self {
            client: Client::try_from(config)?,
            kubectl: path("STOWAGE_TEST_KUBECTL")?,
            kubeconfig,
            audit: path("STOWAGE_TEST_AUDIT_LOG")?,
            files: TempDir::new()?,
            claims: AtomicUsize::new(0),
        };
        let rights = place.file("access.yaml");
        fs::write(&rights, RIGHTS)?;
        place.run(&["apply", "--filename", text(&rights)?])?;
        Ok(place)
    }

    /// A file that is deleted at the end.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// A call as administrator.
    pub(crate) fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .env("KUBECACHEDIR", self.file("kubectl"))
            .stdin(Stdio::null());
        command
    }

    /// What a call prints; an error when it fails.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.kubectl().args(arguments).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "kubectl {}: {errors}",
            arguments.join(" ")
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A console whose departments have these projects, each with a namespace of its name; with data agents that are
    /// reached like this.
    pub(crate) async fn console(
        &self,
        departments: &[(&str, &[String])],
        reach: Option<&str>,
    ) -> Result<Console> {
        let arguments = ["create", "token", "stowage", "--namespace=stowage"];
        let token = self.run(&[&arguments[..], &["--duration=24h"]].concat())?;
        let view = self.run(&["config", "view", "--raw", "--minify", "--output=json"])?;
        let mut view: Value = serde_json::from_str(&view)?;
        view["users"][0]["user"] = json!({ "token": token.trim() });
        let kubeconfig = self.file("console.json");
        fs::write(&kubeconfig, view.to_string())?;
        let server = env::var_os("STOWAGE_BIN").context("STOWAGE_BIN is not set")?;
        let config = configuration(&kubeconfig, departments, reach)?;
        Console::start_from(Path::new(&server), Some(&config), None).await
    }

    pub(crate) async fn make_namespaces(&self, names: &[String]) -> Result<()> {
        let namespaces: &Api<Namespace> = &Api::all(self.client.clone());
        let made = names.iter().map(|name| async move {
            let namespace = serde_json::from_value(json!({ "metadata": { "name": name } }))?;
            namespaces
                .create(&PostParams::default(), &namespace)
                .await?;
            anyhow::Ok(())
        });
        all(made).await
    }

    /// Makes claims with their volumes, and waits until each is bound.
    pub(crate) async fn make_claims(&self, pairs: &[Pair]) -> Result<()> {
        let made = self.claims.fetch_add(pairs.len(), Ordering::Relaxed);
        let bound = self.bound("", made + pairs.len());
        all(pairs.iter().map(|pair| self.make(pair))).await?;
        bound.await?;
        Ok(())
    }

    async fn make(&self, pair: &Pair) -> Result<()> {
        let volumes: Api<PersistentVolume> = Api::all(self.client.clone());
        let claims: Api<PersistentVolumeClaim> =
            Api::namespaced(self.client.clone(), &pair.namespace);
        let how = PostParams::default();
        let volume = serde_json::from_value(pair.volume())?;
        volumes.create(&how, &volume).await?;
        let claim = serde_json::from_value(pair.claim())?;
        claims.create(&how, &claim).await?;
        Ok(())
    }

    /// When each of so many claims with these labels was bound, the last one last; watched from the call on.
    pub(crate) fn bound(
        &self,
        labels: &str,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Instant>>> + Send + use<> {
        let claims: Api<PersistentVolumeClaim> = Api::all(self.client.clone());
        times_of(claims, labels, count, |event| match event {
            WatchEvent::Added(claim) | WatchEvent::Modified(claim) => {
                let phase = claim.status.and_then(|status| status.phase);
                (phase.as_deref() == Some("Bound")).then_some(claim.metadata)
            }
            _ => None,
        })
    }

    /// When each of so many objects of a kind with these labels was gone, in the same way.
    pub(crate) fn gone<K: Watched>(
        &self,
        labels: &str,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Instant>>> + Send + use<K> {
        let objects: Api<K> = Api::all(self.client.clone());
        times_of(objects, labels, count, |event| match event {
            WatchEvent::Deleted(object) => Some(object.meta().clone()),
            _ => None,
        })
    }

    /// How many writes the console has made until now, as the API server counted them.
    pub(crate) fn writes(&self) -> Result<Vec<String>> {
        let log = fs::read_to_string(&self.audit)?;
        let mut found = Vec::new();
        for line in log.lines() {
            let entry: Value = serde_json::from_str(line).context("the audit log")?;
            if entry["user"]["username"] == CONSOLE {
                let what = ["/verb", "/objectRef/resource", "/objectRef/subresource"];
                let what = what.map(|at| entry.pointer(at).and_then(Value::as_str).unwrap_or(""));
                found.push(what.join(" ").trim_end().to_owned());
            }
        }
        Ok(found)
    }

    /// A folder of the node's disk that everybody may write to.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.file(name);
        fs::create_dir(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
        Ok(folder)
    }
}

/// Watches until so many objects were met by an event.
fn times_of<K: Watched>(
    objects: Api<K>,
    labels: &str,
    count: usize,
    met: fn(WatchEvent<K>) -> Option<ObjectMeta>,
) -> impl Future<Output = Result<Vec<Instant>>> + Send + use<K> {
    let which = WatchParams::default().labels(labels).timeout(290);
    let watching = tokio::spawn(async move {
        let mut seen = HashSet::new();
        let mut times = Vec::with_capacity(count);
        while times.len() < count {
            let mut events = objects.watch(&which, "0").await?.boxed();
            while let Some(event) = events.try_next().await? {
                if let Some(object) = met(event)
                    && seen.insert((object.namespace, object.name))
                {
                    times.push(Instant::now());
                }
                if times.len() >= count {
                    break;
                }
            }
        }
        Ok(times)
    });
    async { watching.await? }
}

/// A kind of object that can be watched.
pub(crate) trait Watched:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static
{
}
impl<K> Watched for K where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static
{
}

/// A claim and the volume that is kept for it.
pub(crate) struct Pair {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// A folder of the node; without one, somewhere on a file server that nobody asks.
    pub(crate) folder: Option<PathBuf>,
}

impl Pair {
    pub(crate) fn on_server(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            folder: None,
        }
    }

    fn volume_name(&self) -> String {
        format!("{}-{}", self.namespace, self.name)
    }

    pub(crate) fn volume(&self) -> Value {
        let mut spec = json!({
            "capacity": { "storage": "8Gi" }, "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "",
            "claimRef": { "namespace": self.namespace, "name": self.name },
        });
        if let Some(folder) = &self.folder {
            spec["local"] = json!({ "path": folder });
            let node = json!({ "key": "kubernetes.io/os", "operator": "Exists" });
            spec["nodeAffinity"] = json!({ "required": { "nodeSelectorTerms":
                [{ "matchExpressions": [node] }] } });
        } else {
            spec["csi"] = json!({
                "driver": "nfs.csi.k8s.io", "volumeHandle": self.volume_name(),
                "volumeAttributes": { "server": "127.0.0.1", "share": "/srv" },
            });
        }
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": { "name": self.volume_name() }, "spec": spec,
        })
    }

    pub(crate) fn claim(&self) -> Value {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": self.name, "namespace": self.namespace },
            "spec": {
                "accessModes": ["ReadWriteMany"], "storageClassName": "",
                "volumeName": self.volume_name(),
                "resources": { "requests": { "storage": "8Gi" } },
            },
        })
    }
}

/// Does several at once.
pub(crate) async fn all(
    work: impl Iterator<Item = impl Future<Output = Result<()>>>,
) -> Result<()> {
    stream::iter(work)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Asks again until it is so.
pub(crate) async fn until(
    limit: Duration,
    what: &str,
    mut is_so: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    let since = Instant::now();
    while !is_so().await? {
        ensure!(since.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

pub(crate) fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

/// One figure of a table.
pub(crate) fn print(name: &str, figure: &str) {
    println!("{name:<66}{figure:>12}");
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// The demonstration's people, and an organisation on this cluster.
fn configuration(
    kubeconfig: &Path,
    departments: &[(&str, &[String])],
    reach: Option<&str>,
) -> Result<String> {
    let mut config = format!(
        r#"[demonstration]
people = [{{ id = "{PERSON}", name = "{PERSON}", email = "{PERSON}@acme.example", groups = ["administrators"] }}]
[limits]
requests_per_minute = 0
[clusters.gpu-a]
kind = "kubernetes"
kubeconfig = "{}"
"#,
        text(kubeconfig)?
    );
    if let Some(reach) = reach {
        let agent = "[clusters.gpu-a.agent]\nimage = \"stowage:test\"";
        writeln!(config, "{agent}\nreach = \"{reach}\"")?;
    }
    config.push_str("[organisation]\nname = \"Acme\"\n");
    config.push_str("[[organisation.clusters]]\nname = \"gpu-a\"\nkind = \"kubernetes\"\n");
    for (name, projects) in departments {
        let department = "[[organisation.clusters.departments]]";
        writeln!(config, "{department}\nname = \"{name}\"\nprojects = [")?;
        for project in *projects {
            writeln!(
                config,
                "  {{ name = \"{project}\", folder = \"{project}\" }},"
            )?;
        }
        config.push_str("]\n");
    }
    config.push_str("[[organisation.access_rules]]\n");
    config.push_str("group = \"administrators\"\nrole = \"system-administrator\"\n");
    Ok(config)
}

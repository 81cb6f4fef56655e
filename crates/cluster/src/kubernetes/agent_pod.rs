//! The pod that opens one volume's files: what it is made of.
//!
//! It runs in the project's namespace under the strictest rules that Kubernetes knows (“restricted”), without
//! a service account's token: what it may do is told by tickets alone, and its key opens this volume only.

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::{Value, json};

use super::names::{DATA_VOLUME, MADE_FOR, MANAGED_BY};
use super::settings::AgentSettings;
use crate::{ClaimKey, Error, Result};

/// The label by which a policy finds the pod.
const AGENT: &str = "stowage.dev/agent";
/// The port that it listens on.
pub(super) const PORT: u16 = 8080;

/// How the pod, its secret and its policy are called.
pub(super) fn name(claim_uid: &str) -> String {
    format!("stowage-agent-{claim_uid}")
}

/// What the pod is made from.
pub(super) struct Blueprint<'a> {
    pub(super) settings: &'a AgentSettings,
    pub(super) key: &'a ClaimKey,
    /// The proof that the console made it.
    pub(super) seal: String,
    /// The node that the claim is in use on, where only one may use it.
    pub(super) node: Option<String>,
    /// The namespace that the console runs in; `None` where it reaches the pod by port-forward.
    pub(super) console_namespace: Option<&'a str>,
}

impl Blueprint<'_> {
    /// The pod.
    pub(super) fn pod(&self) -> Result<Pod> {
        let AgentSettings {
            image,
            user,
            group,
            idle_minutes,
            ..
        } = self.settings;
        let affinity = self.node.as_ref().map(|node| {
            json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}})
        });
        let mut args = vec![
            "agent".to_owned(),
            "--volume".to_owned(),
            self.key.uid.clone(),
            "--root".to_owned(),
            "/volume".to_owned(),
            "--key-file".to_owned(),
            "/key/key".to_owned(),
            "--listen".to_owned(),
            format!("0.0.0.0:{PORT}"),
            "--idle-minutes".to_owned(),
            idle_minutes.to_string(),
        ];
        // Not the pod's `subPath`: that would be made by root, and could be led astray within the claim.
        if !self.key.sub_path.is_root() {
            args.push(format!("--folder={}", self.key.sub_path));
        }
        let mut metadata = self.metadata();
        metadata["annotations"] = json!({MADE_FOR: self.seal});
        made(json!({
            "metadata": metadata,
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "terminationGracePeriodSeconds": 20,
                "affinity": affinity,
                "securityContext": {
                    "runAsNonRoot": true, "runAsUser": user, "runAsGroup": group, "fsGroup": group,
                    "fsGroupChangePolicy": "OnRootMismatch",
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [{
                    "name": "agent",
                    "image": image,
                    "args": args,
                    "ports": [{"name": "files", "containerPort": PORT}],
                    "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                    "resources": {
                        "requests": {"cpu": "50m", "memory": "64Mi"},
                        "limits": {"cpu": "2", "memory": "512Mi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [
                        {"name": "volume", "mountPath": "/volume"},
                        {"name": "key", "mountPath": "/key", "readOnly": true},
                    ],
                }],
                "volumes": [
                    {"name": "volume", "persistentVolumeClaim": {"claimName": self.key.name}},
                    {"name": "key", "secret": {"secretName": name(&self.key.uid), "defaultMode": 0o440}},
                ],
            },
        }))
    }

    /// The secret with the key that opens this volume's pod, and nothing else.
    pub(super) fn secret(&self, key: &[u8; 32]) -> Secret {
        let mut secret: Secret = Secret::default();
        secret.metadata.name = Some(name(&self.key.uid));
        secret.metadata.labels = serde_json::from_value(self.metadata()["labels"].clone()).ok();
        secret.immutable = Some(true);
        secret.data = Some([("key".to_owned(), k8s_openapi::ByteString(key.to_vec()))].into());
        secret
    }

    /// Who may reach the pod over the network: the console, and nobody where it comes by port-forward.
    pub(super) fn policy(&self) -> Result<NetworkPolicy> {
        let from = self.console_namespace.map(|namespace| {
            json!({
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}],
                "ports": [{"protocol": "TCP", "port": PORT}],
            })
        });
        made(json!({
            "metadata": self.metadata(),
            "spec": {
                "podSelector": {"matchLabels": {AGENT: self.key.uid}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": from.into_iter().collect::<Vec<_>>(),
            },
        }))
    }

    fn metadata(&self) -> Value {
        json!({
            "name": name(&self.key.uid),
            "labels": {
                MANAGED_BY.0: MANAGED_BY.1,
                DATA_VOLUME: self.key.data_volume_id.to_string(),
                AGENT: self.key.uid,
            },
        })
    }
}

/// Whether only one pod may ever use a claim.
pub(super) fn is_for_one_pod(claim: &PersistentVolumeClaim) -> bool {
    has_only(claim, "ReadWriteOncePod")
}

/// Whether only one node may use a claim at a time.
pub(super) fn is_for_one_node(claim: &PersistentVolumeClaim) -> bool {
    has_only(claim, "ReadWriteOnce")
}

fn has_only(claim: &PersistentVolumeClaim, mode: &str) -> bool {
    let modes = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.access_modes.as_deref());
    modes.is_some_and(|modes| modes.len() == 1 && modes[0] == mode)
}

/// Whether a pod has ended, or is about to.
pub(super) fn is_over(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    pod.metadata.deletion_timestamp.is_some() || matches!(phase, Some("Succeeded" | "Failed"))
}

/// Why a pod ended that should have gone on, in the words of who ran it; `None` if it has not failed.
pub(super) fn failure(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    if status.phase.as_deref() != Some("Failed") {
        return None;
    }
    let mut containers = status.container_statuses.iter().flatten();
    let ended = containers.find_map(|container| container.state.as_ref()?.terminated.as_ref());
    Some(match ended {
        Some(ended) => {
            let message = ended.message.as_deref().or(ended.reason.as_deref());
            let message = message.unwrap_or_default().trim();
            format!("it ended with code {}: {message}", ended.exit_code)
        }
        None => status
            .message
            .clone()
            .unwrap_or_else(|| "it ended at once".to_owned()),
    })
}

/// The address of a pod that answers.
pub(super) fn address(pod: &Pod) -> Option<&str> {
    let status = pod.status.as_ref()?;
    let is_ready = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    is_ready.then_some(status.pod_ip.as_deref()?)
}

/// Why a pod does not run, if the cluster says so.
pub(super) fn obstacle(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let scheduled = status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    let waiting = status
        .container_statuses
        .iter()
        .flatten()
        .find_map(|container| {
            let waiting = container.state.as_ref()?.waiting.as_ref()?;
            let reason = waiting
                .reason
                .as_deref()
                .filter(|reason| *reason != "ContainerCreating")?;
            Some(format!(
                "{reason}: {}",
                waiting.message.as_deref().unwrap_or_default()
            ))
        });
    scheduled
        .and_then(|condition| condition.message.clone())
        .or(waiting)
}

fn made<K: serde::de::DeserializeOwned>(object: Value) -> Result<K> {
    serde_json::from_value(object).map_err(|source| Error::Unavailable {
        doing: "describing the data agent's pod".to_owned(),
        source: source.into(),
    })
}

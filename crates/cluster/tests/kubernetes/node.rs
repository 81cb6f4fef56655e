//! What stands in for a node: it runs the data agents' pods, each at a loopback address of its own, with the
//! key of the pod's secret and the folder of the pod's claim.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use agent::{Limits, TicketKey, Volume};
use domain::Clock;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;
use tokio::net::TcpListener;

use crate::hands::mounted;

/// The last part of the next pod's address.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// Runs what is to run in a namespace, for as long as it is waited for.
pub(crate) async fn run(client: &Client, namespace: &str, clock: Arc<dyn Clock>) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    loop {
        let which = ListParams::default().labels("stowage.dev/agent");
        for pod in pods.list(&which).await.unwrap() {
            let status = pod.status.clone().unwrap_or_default();
            if status.pod_ip.is_none() && pod.metadata.deletion_timestamp.is_none() {
                start(client, namespace, &pods, &pod, Arc::clone(&clock)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn start(
    client: &Client,
    namespace: &str,
    pods: &Api<Pod>,
    pod: &Pod,
    clock: Arc<dyn Clock>,
) {
    let spec = serde_json::to_value(&pod.spec).unwrap();
    let container = &spec["containers"][0];
    let uid = container["args"][2].as_str().unwrap();
    let port = u16::try_from(container["ports"][0]["containerPort"].as_u64().unwrap()).unwrap();
    let claim = spec["volumes"][0]["persistentVolumeClaim"]["claimName"]
        .as_str()
        .unwrap();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets
        .get(spec["volumes"][1]["secret"]["secretName"].as_str().unwrap())
        .await
        .unwrap();
    let key: [u8; 32] = secret.data.unwrap()["key"].0.clone().try_into().unwrap();
    let folder = mounted(client, namespace, claim).await.unwrap();

    let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let address = Ipv4Addr::new(127, 77, number[2], number[3]);
    let listener = TcpListener::bind((address, port)).await.unwrap();
    let arguments = container["args"].as_array().unwrap().iter();
    let mut within = arguments.filter_map(|argument| argument.as_str()?.strip_prefix("--folder="));
    let volume = match within.next() {
        None => Volume::open(uid, &folder, Limits::default()),
        Some(within) => {
            Volume::open_folder(uid, &folder, &within.parse().unwrap(), Limits::default())
        }
    };
    let Ok(volume) = volume.map(Arc::new) else {
        let failed = Patch::Merge(json!({"status": {"phase": "Failed", "message": "a link"}}));
        let name = pod.metadata.name.as_deref().unwrap();
        let _ = pods
            .patch_status(name, &PatchParams::default(), &failed)
            .await;
        return;
    };
    let router = agent::router(volume, TicketKey::new(key), clock);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let running = Patch::Merge(json!({"status": {
        "phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
        "conditions": [{"type": "Ready", "status": "True"}],
    }}));
    let name = pod.metadata.name.as_deref().unwrap();
    pods.patch_status(name, &PatchParams::default(), &running)
        .await
        .unwrap();
}

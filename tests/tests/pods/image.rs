//! The image that the console and the data agent start from.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::kubectl::{Kubectl, unprivileged};

pub(crate) fn the_console_starts_from_its_image_without_any_rights(
    kubectl: &Kubectl,
) -> Result<()> {
    let (of_pod, of_container) = unprivileged();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "console" },
        "spec": {
            "securityContext": of_pod,
            "automountServiceAccountToken": false,
            "restartPolicy": "Never",
            "containers": [{
                "name": "console", "image": "stowage:test", "args": ["--help"],
                "securityContext": of_container,
            }],
        },
    });
    kubectl.apply(&pod.to_string())?;
    kubectl.run(&[
        "wait",
        "--for=jsonpath={.status.phase}=Succeeded",
        "--timeout=60s",
        "pod/console",
    ])?;
    let said = kubectl.run(&["logs", "console"])?;
    ensure!(said.contains("serve"), "{said}");
    Ok(())
}

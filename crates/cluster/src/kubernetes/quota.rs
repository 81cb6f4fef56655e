//! What a namespace may still ask for.

use domain::Bytes;
use k8s_openapi::api::core::v1::ResourceQuota;
use kube::Api;
use kube::api::ListParams;

use super::KubernetesCluster;
use super::api_server::list;
use super::offers::bytes;
use crate::Result;

const STORAGE: &str = "requests.storage";
const CLAIMS: &str = "persistentvolumeclaims";

impl KubernetesCluster {
    /// What the quotas of a namespace leave, one sentence for each that counts storage.
    pub(super) async fn quota_left(&self, namespace: &str, class: &str) -> Result<Vec<String>> {
        let quotas: Api<ResourceQuota> = self.api.within(namespace);
        let doing = format!("reading the quotas of {namespace}");
        let quotas = list(&quotas, &ListParams::default(), &doing).await?;
        Ok(quotas.iter().flat_map(|quota| left(quota, class)).collect())
    }
}

fn left(quota: &ResourceQuota, class: &str) -> Vec<String> {
    let name = quota.metadata.name.as_deref().unwrap_or_default();
    let of_class = format!("{class}.storageclass.storage.k8s.io/{STORAGE}");
    let status = quota.status.clone().unwrap_or_default();
    let (hard, used) = (
        status.hard.unwrap_or_default(),
        status.used.unwrap_or_default(),
    );
    let amount = |key: &str| {
        let hard = bytes(hard.get(key)?)?;
        let used = used.get(key).and_then(bytes).unwrap_or_default();
        Some((hard.0.saturating_sub(used.0), hard.0))
    };
    let storage = [(STORAGE, "storage"), (&of_class, "storage of this class")]
        .into_iter()
        .filter_map(|(key, what)| {
            let (left, hard) = amount(key)?;
            Some(format!(
                "The project's quota {name} leaves {} of {} of {what}.",
                Bytes(left),
                Bytes(hard)
            ))
        });
    let claims = amount(CLAIMS)
        .map(|(left, hard)| format!("The project's quota {name} leaves {left} of {hard} claims."));
    storage.chain(claims).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_is_told_for_each_amount_that_counts() {
        let quota = serde_json::from_value(json!({
            "metadata": {"name": "small"},
            "status": {
                "hard": {STORAGE: "10Gi", CLAIMS: "3", "pods": "7",
                    "nfs.storageclass.storage.k8s.io/requests.storage": "4Gi"},
                "used": {STORAGE: "4Gi", CLAIMS: "3"},
            },
        }))
        .unwrap();
        assert_eq!(
            left(&quota, "nfs"),
            [
                "The project's quota small leaves 6.00 GiB of 10.0 GiB of storage.",
                "The project's quota small leaves 4.00 GiB of 4.00 GiB of storage of this class.",
                "The project's quota small leaves 0 of 3 claims.",
            ]
        );
    }
}

//! The account that the console runs as: made from the manifest that is shipped, so that a right that is
//! missing there fails a test.

use anyhow::{Context, Result};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Patch, PatchParams, PostParams};
use kube::config::Kubeconfig;
use kube::{Api, Client};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const MANIFEST: &str = include_str!("../../../../deploy/kubernetes/access.yaml");
const NAME: &str = "stowage";

/// Applies the manifest and answers a token of the account.
pub(crate) async fn token(client: &Client) -> Result<String> {
    for document in MANIFEST.split("\n---\n") {
        let object: Value = serde_saphyr::from_str(document)?;
        match object["kind"].as_str().context("a kind")? {
            "Namespace" => apply::<Namespace>(Api::all(client.clone()), object).await?,
            "ServiceAccount" => {
                apply::<ServiceAccount>(Api::namespaced(client.clone(), NAME), object).await?;
            }
            "ClusterRole" => apply::<ClusterRole>(Api::all(client.clone()), object).await?,
            "ClusterRoleBinding" => {
                apply::<ClusterRoleBinding>(Api::all(client.clone()), object).await?;
            }
            kind => anyhow::bail!("the tests do not know how to apply a {kind}"),
        }
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), NAME);
    let wish = TokenRequest {
        spec: Some(TokenRequestSpec {
            expiration_seconds: Some(24 * 60 * 60),
            ..TokenRequestSpec::default()
        }),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request(NAME, &PostParams::default(), &wish)
        .await?;
    answer
        .status
        .and_then(|status| status.token)
        .context("a token")
}

/// A kubeconfig for the same cluster with that token.
pub(crate) fn kubeconfig(administrator: &Kubeconfig, token: &str) -> Result<String> {
    let cluster = administrator.clusters.first().context("a cluster")?;
    Ok(json!({
        "apiVersion": "v1", "kind": "Config", "current-context": NAME,
        "contexts": [{"name": NAME, "context": {"cluster": cluster.name, "user": NAME}}],
        "clusters": [cluster],
        "users": [{"name": NAME, "user": {"token": token}}],
    })
    .to_string())
}

/// Makes an object what the manifest says.
pub(crate) async fn apply<K>(api: Api<K>, object: Value) -> Result<()>
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + Serialize,
{
    let name = object["metadata"]["name"]
        .as_str()
        .context("a name")?
        .to_owned();
    api.patch(
        &name,
        &PatchParams::apply("tests").force(),
        &Patch::Apply(object),
    )
    .await?;
    Ok(())
}

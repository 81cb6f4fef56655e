//! What is asked for: one's own, somebody else's, and what is not there. Nothing is changed by asking.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Client;
use serde_json::{Value, json};
use tests::console::Console;

use crate::callers::SETUP;

/// The ids that stand for the placeholders of a door.
#[derive(Debug, Clone)]
pub(super) struct Thing(Vec<(&'static str, String)>);

impl Thing {
    /// A text with its placeholders filled.
    pub(super) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| {
            text.replace(&format!("{{{name}}}"), id)
        })
    }

    /// An answer without the ids that were asked for, so that it can be compared with another's.
    pub(super) fn forget(&self, text: &str) -> String {
        self.0
            .iter()
            .filter(|(_, id)| id.len() > 3)
            .fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }
}

pub(super) struct Things {
    client: Client,
    pub(super) own: Thing,
    pub(super) foreign: Thing,
    pub(super) missing: Thing,
}

impl Things {
    pub(super) async fn lay_out(console: &Console) -> Result<Self> {
        let client = console.signed_in(SETUP).await?;
        let missing = [
            ("data_volume_id", "00000000-0000-7000-8000-00000000dead"),
            ("asset_id", "00000000-0000-7000-8000-0000000a55e7"),
            ("upload_id", UPLOAD),
            ("project_id", "4711"),
            ("other_project_id", "4713"),
            ("department_id", "4712"),
            ("cluster_id", "00000000-0000-7000-8000-0000000c1057"),
            ("share_request_id", "00000000-0000-7000-8000-0000000a5ced"),
            ("access_rule_id", "00000000-0000-7000-8000-000000000a1e"),
            ("app_id", "00000000-0000-7000-8000-000000000a99"),
            ("access_key_id", "00000000-0000-7000-8000-000000000e75"),
            ("offer_id", OFFER),
            ("import_id", IMPORT),
        ];
        Ok(Self {
            own: thing(console, &client, "east", "imagenet", "segment").await?,
            foreign: thing(console, &client, "west", "asr", "tts").await?,
            missing: Thing(missing.map(|(name, id)| (name, id.to_owned())).to_vec()),
            client,
        })
    }

    /// One's own, with an access rule that nobody has taken away yet.
    pub(super) async fn own_with_another_rule(&self, console: &Console) -> Result<Thing> {
        let rule = access_rule(console, &self.client, &self.own.fill("{department_id}")).await?;
        let others = self.own.0.iter();
        let others = others.filter(|(name, _)| *name != "access_rule_id");
        let rule = std::iter::once(("access_rule_id", rule));
        Ok(Thing(others.cloned().chain(rule).collect()))
    }
}

/// Nobody here can make one: it takes a cluster with volumes.
const OFFER: &str = "00000000-0000-7000-8000-0000000000ff";

/// Nor this one: what can be done to an import hangs on how far it is.
const IMPORT: &str = "00000000-0000-7000-8000-000000000149";
const UPLOAD: &str = "00000000-0000-7000-8000-0000000b10b5";

async fn thing(
    console: &Console,
    client: &Client,
    cluster: &str,
    project: &str,
    other_project: &str,
) -> Result<Thing> {
    let project_folder = console
        .folder()
        .join(format!("clusters/{cluster}/projects/{project}/data"));
    std::fs::create_dir_all(&project_folder)?;
    std::fs::write(project_folder.join("a.txt"), "hello")?;
    let to = |address: &str| format!("{}/api/v1/{address}", console.origin());
    let projects: Value = client
        .get(to("org-unit/projects"))
        .send()
        .await?
        .json()
        .await?;
    let find = |name: &str| -> Result<Value> {
        let all = projects["projects"].as_array().context("projects")?;
        let one = all.iter().find(|project| project["name"] == name);
        Ok(one.context("the project")?.clone())
    };
    let (place, other) = (find(project)?, find(other_project)?);
    let id = |value: &Value| value.as_str().unwrap_or_default().to_owned();

    let number: u64 = id(&place["id"]).parse()?;
    let asset = json!({"meta": {"name": "data", "scope": "project", "projectId": number},
        "spec": {"existingPvc": true, "claimName": "data"}});
    let asset = send(client, to("asset/datasource/pvc"), "POST", &asset).await?;
    let new = json!({"name": format!("data-of-{project}"), "originPvcName": "data", "projectId": place["id"]});
    let volume = send(client, to("datavolumes"), "POST", &new).await?;
    let volume = id(&volume["id"]);
    wait_until_ready(client, &to(&format!("datavolumes/{volume}"))).await?;
    let share = json!({"add": [{"scopeType": "project", "scopeId": other["id"]}]});
    send(
        client,
        to(&format!("datavolumes/{volume}/sharedScopes")),
        "PATCH",
        &share,
    )
    .await?;
    let wanted = json!({"id": volume, "wanted": {"scopeId": place["parentId"]}});
    let address = format!("{}/fn/share-requests/ask", console.origin());
    let request = send(client, address, "POST", &wanted).await?;
    let new = json!({"name": format!("program-of-{project}")});
    let application = send(client, to("apps"), "POST", &new).await?;
    let access_key = send(client, to("access-keys"), "POST", &new).await?;
    let rule = access_rule(console, client, &id(&place["parentId"])).await?;
    Ok(Thing(vec![
        ("access_rule_id", rule),
        ("share_request_id", id(&request["id"])),
        ("app_id", id(&application["id"])),
        ("access_key_id", id(&access_key["id"])),
        ("data_volume_id", volume),
        ("asset_id", id(&asset["meta"]["id"])),
        ("upload_id", UPLOAD.to_owned()),
        ("offer_id", OFFER.to_owned()),
        ("import_id", IMPORT.to_owned()),
        ("project_id", id(&place["id"])),
        ("other_project_id", id(&other["id"])),
        ("department_id", id(&place["parentId"])),
        ("cluster_id", id(&place["clusterId"])),
    ]))
}

/// A rule for a group that nobody is in, and that no other rule names.
async fn access_rule(console: &Console, client: &Client, department: &str) -> Result<String> {
    static GROUPS: AtomicU32 = AtomicU32::new(0);
    let group = format!("group-{}", GROUPS.fetch_add(1, Ordering::Relaxed));
    let new = json!({"new": {"subject": {"type": "group", "name": group}, "role": "viewer", "scopeId": department}});
    let address = format!("{}/fn/access-rules/add", console.origin());
    let made = send(client, address, "POST", &new).await?;
    Ok(made["id"].as_str().context("an id")?.to_owned())
}

async fn send(client: &Client, address: String, method: &str, body: &Value) -> Result<Value> {
    let answer = client
        .request(method.parse()?, &address)
        .header("sec-fetch-site", "same-origin")
        .json(body)
        .send()
        .await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("{method} {address}: {status} {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

async fn wait_until_ready(client: &Client, address: &str) -> Result<()> {
    for _ in 0..300 {
        let shown: Value = client.get(address).send().await?.json().await?;
        if shown["status"]["phase"] == "Ready" {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the data volume does not become ready")
}

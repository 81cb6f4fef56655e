//! NVIDIA Run:ai's own Python client, `runapy`, against the running console: unchanged, and told nothing but
//! where the console is and who asks.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::console::Console;
use tokio::process::Command;

#[tokio::test]
async fn runapy_lists_creates_shares_unshares_and_deletes_a_data_volume() -> Result<()> {
    let python = std::env::var_os("STOWAGE_TEST_RUNAPY")
        .context("STOWAGE_TEST_RUNAPY names a Python with runapy; `cargo xtask test` sets it")?;
    let console = Console::start_from(Path::new(env!("CARGO_BIN_EXE_stowage")), None, None).await?;
    let (id, secret) = application(&console).await?;
    let asked = json!({
        "origin": console.origin(), "appId": id, "appSecret": secret,
        "project": "imagenet", "receiver": "segmentation",
    });
    let journey = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/runapy/journey.py");
    let ended = Command::new(python)
        .arg(journey)
        .arg(asked.to_string())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&ended.stdout);
    let complained = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "{said}{complained}");
    Ok(())
}

/// A program that is an editor of the department of both projects.
async fn application(console: &Console) -> Result<(String, String)> {
    let client = console.signed_in("katherine").await?;
    let to = |address: &str| format!("{}/api/v1/{address}", console.origin());
    let made = post(&client, to("apps"), &json!({"name": "trainer"})).await?;
    let projects: Value = client
        .get(to("org-unit/projects"))
        .send()
        .await?
        .json()
        .await?;
    let project = projects["projects"]
        .as_array()
        .and_then(|all| all.iter().find(|project| project["name"] == "imagenet"))
        .context("the project")?;
    let rule = json!({
        "subjectType": "app", "subjectId": made["id"], "roleId": 5,
        "scopeType": "department", "scopeId": project["parentId"],
    });
    post(&client, to("authorization/access-rules"), &rule).await?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (id, secret) = (text(&made["clientId"]), text(&made["secret"]));
    Ok((id.context("a client id")?, secret.context("a secret")?))
}

async fn post(client: &Client, address: String, body: &Value) -> Result<Value> {
    let answer = client
        .post(&address)
        .header("sec-fetch-site", "same-origin")
        .json(body)
        .send()
        .await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{address}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

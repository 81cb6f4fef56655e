//! Storage, the organisation and rights.

use anyhow::Result;
use domain::Role;
use serde_json::{Value, json};

use crate::fixture::Console;

fn asset(console: &Console, name: &str, spec: &Value) -> Value {
    let project: u64 = console.id("imagenet").parse().unwrap_or_default();
    // As Run:ai's own client sends it: every field, most of them null.
    json!({
        "meta": {"name": name, "description": null, "scope": "project", "projectId": project,
                 "autoDelete": false, "private": false, "workloadSupportedTypes": null},
        "spec": spec,
    })
}

#[tokio::test]
async fn a_claim_is_made_noted_used_and_forgotten() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    let address = "/api/v1/asset/datasource/pvc";
    let spec = json!({"path": "/data", "existingPvc": false, "claimName": "faces-claim",
        "readOnly": false, "ephemeral": false, "dataSharing": false,
        "claimInfo": {"size": "10Gi", "storageClass": "standard", "volumeMode": "Filesystem",
            "accessModes": {"readWriteOnce": false, "readOnlyMany": false, "readWriteMany": true}}});
    let made = console
        .ask(&ada, "POST", address, &asset(&console, "faces", &spec))
        .await?;
    assert_eq!(made.status, 202, "{}", made.json());
    let made = made.json();
    assert_eq!(
        made["meta"]["projectId"].to_string(),
        console.id("imagenet")
    );
    assert_eq!(
        made["spec"]["claimInfo"]["size"],
        (10_u64 << 30).to_string()
    );
    let again = console
        .ask(&ada, "POST", address, &asset(&console, "faces", &spec))
        .await?;
    assert_eq!(again.status, 409);

    let one = format!(
        "{address}/{}",
        made["meta"]["id"].as_str().unwrap_or_default()
    );
    let listed = console
        .get(&ada, &format!("{address}?name=faces&usageInfo=true"))
        .await?;
    assert_eq!(listed.json()["entries"], json!([made]));
    assert_eq!(console.get(&ada, &one).await?.json(), made);
    assert_eq!(
        console.get(&grace, address).await?.json(),
        json!({"entries": []})
    );
    assert_eq!(console.get(&grace, &one).await?.status, 404);
    assert_eq!(console.delete(&grace, &one).await?.status, 404);

    let id = console.volume(&ada, "imagenet", "faces-claim").await?;
    assert_eq!(console.delete(&ada, &one).await?.status, 409);
    assert_eq!(
        console
            .delete(&ada, &format!("/api/v1/datavolumes/{id}"))
            .await?
            .status,
        202
    );
    console.settle().await?;
    assert_eq!(console.delete(&ada, &one).await?.status, 202);
    assert_eq!(console.get(&ada, &one).await?.status, 404);
    assert!(
        console.claim("imagenet", "faces-claim")?.is_dir(),
        "the claim itself stays"
    );
    Ok(())
}

#[tokio::test]
async fn what_no_asset_can_be_is_refused_by_its_field() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let standard = json!({"size": "1Gi", "storageClass": "standard"});
    for (spec, field) in [
        (json!({"ephemeral": true}), "spec.ephemeral"),
        (json!({"dataSharing": true}), "spec.dataSharing"),
        (json!({"existingPvc": true}), "spec.claimName"),
        (
            json!({"existingPvc": true, "claimName": "nothing-there"}),
            "spec.claimName",
        ),
        (
            json!({"claimInfo": {"size": "1Gi"}}),
            "spec.claimInfo.storageClass",
        ),
        (
            json!({"claimInfo": {"size": "much", "storageClass": "standard"}}),
            "spec.claimInfo.size",
        ),
        (json!({"claimInfo": standard, "colour": 1}), "spec.colour"),
        (json!({"claimInfo": standard, "path": "a\nb"}), "spec.path"),
    ] {
        let answer = console
            .ask(
                &ada,
                "POST",
                "/api/v1/asset/datasource/pvc",
                &asset(&console, "x", &spec),
            )
            .await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["details"]),
            (400, &json!(field)),
            "{spec}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_organisation_is_shown_as_far_as_it_is_seen() -> Result<()> {
    let console = Console::start().await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let clusters = console.get(&grace, "/api/v1/clusters").await?.json();
    assert_eq!(clusters[0]["name"], "east");
    let projects = console
        .get(&grace, "/api/v1/org-unit/projects")
        .await?
        .json();
    assert_eq!(projects["projects"][0]["name"], "asr");
    assert_eq!(projects["projects"].as_array().map(Vec::len), Some(1));
    let departments = console
        .get(&grace, "/api/v1/org-unit/departments?search=SPE")
        .await?;
    assert_eq!(departments.json()["departments"][0]["name"], "Speech");
    let own = format!("/api/v1/org-unit/projects/{}", console.id("asr"));
    assert_eq!(
        console.get(&grace, &own).await?.json()["parentId"],
        console.id("Speech")
    );
    let foreign = format!("/api/v1/org-unit/projects/{}", console.id("tts"));
    let foreign = console.get(&grace, &foreign).await?;
    let missing = console
        .get(&grace, "/api/v1/org-unit/projects/4711")
        .await?;
    assert_eq!(
        (foreign.status, foreign.bytes),
        (missing.status, missing.bytes)
    );

    let classes = format!(
        "/api/v2/storage-classes?clusterId={}&includeNone=true",
        console.id("east")
    );
    let classes = console.get(&grace, &classes).await?.json();
    assert_eq!(classes["items"][0]["storageClassName"], "standard");
    assert_eq!(classes["items"][0]["clusterId"], console.id("east"));
    Ok(())
}

#[tokio::test]
async fn rights_are_told_as_they_are() -> Result<()> {
    let console = Console::start().await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let roles = console
        .get(&grace, "/api/v1/authorization/roles")
        .await?
        .json();
    assert_eq!(roles.as_array().map(Vec::len), Some(Role::ALL.len()));
    let permissions = console
        .get(&grace, "/api/v1/authorization/permissions")
        .await?
        .json();
    assert_eq!(permissions[0]["resourceType"], "datavolumes");
    assert_eq!(permissions[0]["actions"], json!(["read"]));
    let asked = json!({"resourceType": "datavolumes"});
    let scopes = console
        .ask(
            &grace,
            "POST",
            "/api/v1/authorization/permitted-scopes",
            &asked,
        )
        .await?
        .json();
    assert_eq!(scopes["read"]["projects"], json!([console.id("asr")]));
    assert_eq!(scopes["create"]["projects"], json!([]));
    Ok(())
}

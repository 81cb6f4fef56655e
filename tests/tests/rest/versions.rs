//! Changes of what was changed meanwhile.

use anyhow::Result;
use authz::Caller;
use axum::body::Body;
use domain::Role;
use http::{HeaderValue, Request, header};
use serde_json::{Value, json};

use crate::fixture::{Answer, Console};

async fn change(
    console: &Console,
    caller: &Caller,
    (method, address): (&str, &str),
    tag: &HeaderValue,
    body: &Value,
) -> Result<Answer> {
    let body = match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, tag)
        .body(body)?;
    console.send(Some(caller), request).await
}

/// Two changes with the tag of before: the second is refused, until it knows of the first.
async fn is_held_against_its_tag(
    console: &Console,
    caller: &Caller,
    (method, address): (&str, &str),
    bodies: [Value; 2],
) -> Result<()> {
    let shown = console.get(caller, address).await?;
    let before = shown.headers[header::ETAG].clone();
    let [one, two] = bodies;
    let first = change(console, caller, (method, address), &before, &one).await?;
    assert_eq!(first.status, 200, "{address}: {}", first.json());
    let late = change(console, caller, (method, address), &before, &two).await?;
    assert_eq!(late.status, 412, "{address}");
    if !address.ends_with("sharedScopes") {
        let late = change(console, caller, ("DELETE", address), &before, &Value::Null).await?;
        assert_eq!(late.status, 412, "{address}");
    }
    let now = console.get(caller, address).await?.headers[header::ETAG].clone();
    assert_eq!(first.headers[header::ETAG], now, "{address}");
    assert_ne!(now, before, "{address}");
    let second = change(console, caller, (method, address), &now, &two).await?;
    assert_eq!(second.status, 200, "{address}");
    Ok(())
}

#[tokio::test]
async fn whatever_can_be_changed_is_held_against_what_was_read() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let names = [json!({"name": "one"}), json!({"name": "two"})];
    for (unit, id) in [
        ("departments", console.id("Vision")),
        ("projects", console.id("imagenet")),
    ] {
        let address = format!("/api/v1/org-unit/{unit}/{id}");
        is_held_against_its_tag(&console, &root, ("PUT", &address), names.clone()).await?;
    }
    let switches = [json!({"enabled": false}), json!({"enabled": true})];
    for kind in ["apps", "access-keys"] {
        let address = format!("/api/v1/{kind}");
        let new = json!({"name": "nightly"});
        let made = console.ask(&root, "POST", &address, &new).await?.json();
        let mut address = format!("{address}/{}", made["id"].as_str().unwrap_or_default());
        is_held_against_its_tag(&console, &root, ("PATCH", &address), switches.clone()).await?;
        if kind == "apps" {
            address = address.replace("apps", "service-accounts");
            is_held_against_its_tag(&console, &root, ("PATCH", &address), switches.clone()).await?;
        }
    }
    let id = console.volume(&root, "imagenet", "faces").await?;
    let offers = ["asr", "tts"]
        .map(|project| json!({"add": [{"scopeType": "project", "scopeId": console.id(project)}]}));
    let address = format!("/api/v1/datavolumes/{id}/sharedScopes");
    is_held_against_its_tag(&console, &root, ("PATCH", &address), offers).await
}

#[tokio::test]
async fn a_tag_tells_a_stranger_nothing() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::Editor, "asr").await?;
    let id = console.volume(&ada, "imagenet", "faces").await?;
    let address = format!("/api/v1/datavolumes/{id}");
    let tag = console.get(&ada, &address).await?.headers[header::ETAG].clone();
    let stale = HeaderValue::from_static("\"1\"");
    let nowhere = format!("/api/v1/datavolumes/{}", uuid::Uuid::nil());
    for tag in [&tag, &stale] {
        let foreign = change(&console, &grace, ("DELETE", &address), tag, &Value::Null).await?;
        let missing = change(&console, &grace, ("DELETE", &nowhere), tag, &Value::Null).await?;
        assert_eq!(
            (foreign.status.as_u16(), missing.status.as_u16()),
            (404, 404)
        );
        assert_eq!(foreign.bytes, missing.bytes);
    }
    let late = change(&console, &ada, ("DELETE", &address), &stale, &Value::Null).await?;
    assert_eq!(late.status, 412);
    let removed = change(&console, &ada, ("DELETE", &address), &tag, &Value::Null).await?;
    assert_eq!(removed.status, 202);
    Ok(())
}

#[tokio::test]
async fn an_export_stands_where_an_id_could_and_is_not_gathered_for_a_tag() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    console.volume(&ada, "imagenet", "faces").await?;
    for ending in ["csv", "json"] {
        let address = format!("/api/v1/datavolumes/export.{ending}");
        let export = console.get(&ada, &address).await?;
        assert_eq!(export.status, 200, "{address}");
        assert!(!export.headers.contains_key(header::ETAG), "{address}");
    }
    Ok(())
}

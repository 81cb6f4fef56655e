//! `Idempotency-Key`: what is sent twice is done once.

use anyhow::Result;
use authz::Caller;
use axum::body::Body;
use domain::Role;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Answer, Console};

const VOLUMES: &str = "/api/v1/datavolumes";

async fn post(
    console: &Console,
    caller: &Caller,
    address: &str,
    key: &str,
    body: &Value,
) -> Result<Answer> {
    let request = Request::post(address)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()))?;
    console.send(Some(caller), request).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotent-replayed")
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_done_once() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    console.claim("imagenet", "images")?;
    let body =
        json!({"name": "images", "originPvcName": "images", "projectId": console.id("imagenet")});
    let first = post(&console, &ada, VOLUMES, "one", &body).await?;
    assert_eq!(first.status, StatusCode::CREATED);
    assert!(!is_replayed(&first));
    let again = post(&console, &ada, VOLUMES, "one", &body).await?;
    assert_eq!(again.status, StatusCode::CREATED);
    assert!(is_replayed(&again));
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.headers["etag"], first.headers["etag"]);
    assert_eq!(again.headers["content-type"], "application/json");

    // A refusal is an answer too, and another key is another request.
    let refused = post(&console, &ada, VOLUMES, "two", &body).await?;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let again = post(&console, &ada, VOLUMES, "two", &body).await?;
    assert!(is_replayed(&again));
    assert_eq!(again.bytes, refused.bytes);
    Ok(())
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_caller() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::Editor, "Vision").await?;
    let key = |name: &str| json!({ "name": name });
    let address = "/api/v1/access-keys";
    let made = post(&console, &ada, address, "one", &key("laptop")).await?;
    assert_eq!(made.status, StatusCode::CREATED);
    let other = post(&console, &ada, address, "one", &key("cluster")).await?;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert_eq!(
        other.json()["message"],
        "This Idempotency-Key was used for another request. Take a new one for each."
    );
    let elsewhere = post(&console, &ada, VOLUMES, "one", &key("laptop")).await?;
    assert_eq!(elsewhere.status, StatusCode::CONFLICT);
    let of_grace = post(&console, &grace, address, "one", &key("laptop")).await?;
    assert_eq!(of_grace.status, StatusCode::CREATED);
    assert!(!is_replayed(&of_grace));
    assert_ne!(of_grace.json()["clientSecret"], made.json()["clientSecret"]);
    Ok(())
}

#[tokio::test]
async fn a_persons_program_is_not_answered_what_their_browser_was() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let body = json!({"name": "laptop"});
    let made = post(&console, &ada, "/api/v1/access-keys", "one", &body).await?;
    let id = made.json()["id"].as_str().unwrap_or_default().parse()?;
    let program = ada.with_access_key(id);
    let refused = post(&console, &program, "/api/v1/access-keys", "one", &body).await?;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(!is_replayed(&refused));
    Ok(())
}

#[tokio::test]
async fn requests_that_come_together_are_done_once() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let body = json!({"name": "laptop"});
    let ask = || post(&console, &ada, "/api/v1/access-keys", "one", &body);
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    let answers = [first?, second?, third?];
    let made: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .collect();
    let acted = made.iter().filter(|answer| !is_replayed(answer)).count();
    assert_eq!(acted, 1);
    assert!(made.iter().all(|answer| answer.bytes == made[0].bytes));
    for late in answers
        .iter()
        .filter(|answer| answer.status != StatusCode::CREATED)
    {
        assert_eq!(late.status, StatusCode::CONFLICT);
        let words = late.json()["message"].to_string();
        assert!(words.contains("still at work"), "{words}");
    }
    let keys = console.get(&ada, "/api/v1/access-keys").await?.json();
    assert_eq!(keys["accessKeys"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_answered_again_lies_sealed() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let body = json!({"name": "laptop"});
    let made = post(&console, &ada, "/api/v1/access-keys", "one", &body).await?;
    let again = post(&console, &ada, "/api/v1/access-keys", "one", &body).await?;
    assert_eq!(again.bytes, made.bytes);
    let secret = made.json()["clientSecret"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(!secret.is_empty());
    for file in std::fs::read_dir(console.folder())? {
        let path = file?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            let is_there = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!is_there, "{}", path.display());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_before_anything_is_done() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    for key in ["", "a b", "ü", &"x".repeat(256)] {
        let body = json!({"name": "laptop"});
        let refused = post(&console, &ada, "/api/v1/access-keys", key, &body).await?;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{key}");
        assert_eq!(refused.json()["details"], "Idempotency-Key");
    }
    let keys = console.get(&ada, "/api/v1/access-keys").await?.json();
    assert_eq!(keys["accessKeys"], json!([]));
    Ok(())
}

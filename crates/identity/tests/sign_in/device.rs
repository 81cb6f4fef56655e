//! Programs without a browser, from their first request to the key that a person gives them.

use axum::http::StatusCode;
use domain::{AccessKeyId, UserId};
use http::Method;
use jiff::SignedDuration;
use serde_json::Value;
use wire::DeviceSignInView;

use crate::browser::{Browser, Page};
use crate::hostile_provider::Scene;
use crate::setting::Console;

async fn post(console: &Console, path: &str, body: &str) -> Page {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let address = console.address(path);
    Browser::new()
        .send(Method::POST, &address, &headers, body.to_owned())
        .await
}

async fn begin(console: &Console) -> Value {
    let page = post(
        console,
        "/api/v2/device-authorization",
        "device_name=laptop",
    )
    .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(page.headers["cache-control"], "no-store");
    page.json()
}

async fn fetch(console: &Console, begun: &Value) -> Page {
    let code = begun["device_code"].as_str().expect("a code");
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:device_code";
    post(
        console,
        "/api/v2/token",
        &format!("{grant}&device_code={code}"),
    )
    .await
}

/// What the console says is wrong, after the program waited as long as it was told to.
async fn refusal(console: &Console, begun: &Value) -> String {
    console.clock.hand_on(SignedDuration::from_secs(2));
    let page = fetch(console, begun).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.text);
    page.json()["error"].as_str().expect("a word").to_owned()
}

/// What a person answered, with the key that was made for it.
async fn answer(console: &Console, begun: &Value, key: Option<AccessKeyId>) {
    let code = begun["user_code"].as_str().expect("a code");
    let mut tx = console.store.begin().await.expect("a transaction");
    let kept = DeviceSignInView::kept(code);
    assert!(tx.answer_device(&kept, key).await.expect("an answer"));
    tx.commit().await.expect("it lasts");
}

async fn signed_in() -> (Scene, UserId) {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let id = scene.me().await.json()["id"]
        .as_str()
        .expect("text")
        .parse();
    (scene, id.expect("an id"))
}

#[tokio::test]
async fn a_program_gets_its_key_once_and_by_its_own_code_alone() {
    let (scene, person) = signed_in().await;
    let console = &scene.console;
    let (begun, another) = (begin(console).await, begin(console).await);
    assert_ne!(begun["user_code"], another["user_code"]);
    let page = begun["verification_uri_complete"].as_str().expect("text");
    let code = begun["user_code"].as_str().expect("a code");
    assert_eq!(page, format!("{}?code={code}", console.address("/device")));
    assert_eq!(refusal(console, &begun).await, "authorization_pending");

    let program = console.add_access_key(person).await;
    answer(console, &begun, Some(program.key.id)).await;
    assert_eq!(refusal(console, &another).await, "authorization_pending");
    let page = fetch(console, &begun).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(page.headers["cache-control"], "no-store");
    let tokens = page.json();
    assert_eq!(tokens["client_id"], program.key.id.to_string());
    let secret = tokens["client_secret"].as_str().expect("a secret");
    assert_ne!(secret, program.secret);
    assert_eq!(refusal(console, &begun).await, "expired_token");

    let with = |secret: &str| {
        let id = program.key.id;
        format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")
    };
    let again = post(console, "/api/v2/token", &with(secret)).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert!(again.json().get("client_secret").is_none());
    let before = post(console, "/api/v2/token", &with(&program.secret)).await;
    assert_eq!(before.status, StatusCode::UNAUTHORIZED);
    for word in [secret, begun["device_code"].as_str().expect("a code")] {
        assert!(!console.database_holds(word));
    }
}

#[tokio::test]
async fn a_program_that_was_refused_or_waited_too_long_gets_nothing() {
    let (scene, _) = signed_in().await;
    let console = &scene.console;
    let begun = begin(console).await;
    answer(console, &begun, None).await;
    assert_eq!(refusal(console, &begun).await, "access_denied");
    let begun = begin(console).await;
    console.clock.hand_on_minutes(10);
    assert_eq!(refusal(console, &begun).await, "expired_token");
}

#[tokio::test]
async fn a_program_that_asks_too_often_is_told_to_slow_down() {
    let (scene, _) = signed_in().await;
    let console = &scene.console;
    let begun = begin(console).await;
    assert_eq!(refusal(console, &begun).await, "authorization_pending");
    let page = fetch(console, &begun).await;
    assert_eq!(page.json()["error"], "slow_down");
    assert_eq!(refusal(console, &begun).await, "authorization_pending");
    for _ in 0..300 {
        fetch(console, &begun).await;
    }
    let page = fetch(console, &begun).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_a_program_says_of_itself_is_short_and_can_be_seen() {
    let scene = Scene::new().await;
    for name in ["a%00b", "a%0Ab", "%E2%80%AEpotpal", &"x".repeat(65)] {
        let body = format!("device_name={name}");
        let page = post(&scene.console, "/api/v2/device-authorization", &body).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(page.json()["error"], "invalid_request");
    }
}

//! How often somebody may try, and how large a request may be.

use axum::http::StatusCode;
use http::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::hostile_provider::Scene;

#[tokio::test]
async fn an_address_that_tries_too_often_waits() {
    let mut scene = Scene::new().await;
    let address = scene.console.address("/auth/sign-in/nobody");
    for _ in 0..300 {
        assert_eq!(
            scene.browser.get(&address).await.status,
            StatusCode::SEE_OTHER
        );
    }
    let page = scene.browser.get(&address).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.headers["retry-after"], "1");
    assert_eq!(page.json()["code"], 429);
    scene.console.clock.hand_on_minutes(1);
    scene.sign_in().await;
}

#[tokio::test]
async fn wrong_secrets_are_counted_and_right_ones_are_not() {
    let scene = Scene::new().await;
    let program = scene.console.add_application("nightly", None).await;
    let address = scene.console.address("/api/v1/token");
    let headers = [("content-type", "application/json")];
    let ask = async |secret: &str| {
        let body =
            json!({ "grantType": "app_token", "AppId": program.key.id, "AppSecret": secret });
        Browser::new()
            .send(Method::POST, &address, &headers, body.to_string())
            .await
            .status
    };
    for _ in 0..10 {
        assert_eq!(ask(&program.secret).await, StatusCode::OK);
    }
    for _ in 0..300 {
        assert_eq!(ask("wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ask("wrong").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&program.secret).await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_body_of_another_kind_or_size_is_refused() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let address = scene.console.address("/change");
    for (kind, status) in [
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", StatusCode::NO_CONTENT),
    ] {
        let headers = [("content-type", kind), ("sec-fetch-site", "same-origin")];
        let page = scene
            .browser
            .send(Method::POST, &address, &headers, "{}".to_owned());
        assert_eq!(page.await.status, status, "{kind}");
    }
    let headers = [("content-type", "application/json")];
    let address = scene.console.address("/api/v1/token");
    let body = format!("{{\"grantType\":\"{}\"}}", "a".repeat(100_000));
    let page = Browser::new()
        .send(Method::POST, &address, &headers, body)
        .await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_huge_header_is_refused() {
    let scene = Scene::new().await;
    let huge = format!("Bearer {}", "a".repeat(600_000));
    let headers = [("authorization", huge.as_str())];
    let address = scene.console.address("/me");
    let page = Browser::new()
        .send(Method::GET, &address, &headers, String::new())
        .await;
    assert_eq!(page.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

//! Signing out from the provider's side: what ends a session, and what must not.

use axum::http::StatusCode;
use domain::Clock as _;
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::hostile_provider::{Scene, Signature, Token, public_bytes};

/// Somebody whose provider calls its session that.
async fn signed_in(session: Value) -> Scene {
    let mut scene = Scene::new().await;
    let verdict = scene.verdict(|token| token.claims["sid"] = session).await;
    assert_eq!(verdict, "");
    scene
}

fn good(scene: &Scene) -> Token {
    scene.provider.logout_token(scene.console.clock.now())
}

async fn tell(scene: &Scene, body: String) -> Page {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let address = scene.console.address("/auth/back-channel-logout/company");
    Browser::new()
        .send(Method::POST, &address, &headers, body)
        .await
}

async fn send(scene: &Scene, token: &Token) -> StatusCode {
    let page = tell(scene, format!("logout_token={}", token.text())).await;
    assert_eq!(page.headers["cache-control"], "no-store");
    page.status
}

async fn is_signed_in(scene: &mut Scene) -> bool {
    scene.me().await.status == StatusCode::OK
}

#[tokio::test]
async fn the_session_that_is_named_ends() {
    let mut scene = signed_in(json!("session-1")).await;
    let token = good(&scene);
    assert_eq!(send(&scene, &token).await, StatusCode::OK);
    assert!(!is_signed_in(&mut scene).await);
}

#[tokio::test]
async fn another_session_goes_on_when_only_one_is_named() {
    let mut scene = signed_in(json!("session-2")).await;
    let mut token = good(&scene);
    token.claims["sub"] = Value::Null;
    assert_eq!(send(&scene, &token).await, StatusCode::OK);
    assert!(is_signed_in(&mut scene).await);
}

#[tokio::test]
async fn without_a_session_all_of_the_person_end() {
    let mut scene = signed_in(json!("session-2")).await;
    let mut token = good(&scene);
    token.claims["sid"] = Value::Null;
    assert_eq!(send(&scene, &token).await, StatusCode::OK);
    assert!(!is_signed_in(&mut scene).await);
}

#[tokio::test]
async fn a_token_is_good_once() {
    let mut scene = signed_in(json!("session-1")).await;
    let token = good(&scene);
    assert_eq!(send(&scene, &token).await, StatusCode::OK);
    let verdict = scene.verdict(|token| token.claims["sid"] = json!("session-1"));
    assert_eq!(verdict.await, "");
    assert_eq!(send(&scene, &token).await, StatusCode::BAD_REQUEST);
    assert!(is_signed_in(&mut scene).await);
}

#[tokio::test]
async fn keys_that_are_new_are_read() {
    let mut scene = signed_in(json!("session-1")).await;
    scene.provider.publish_keys(&[2]);
    let mut token = good(&scene);
    token.header["kid"] = json!("key-2");
    token.signature = Signature::Key(2);
    assert_eq!(send(&scene, &token).await, StatusCode::OK);
    assert!(!is_signed_in(&mut scene).await);
}

#[tokio::test]
async fn a_token_that_is_wrong_in_one_point_ends_nothing() {
    let changes: [(&str, fn(&mut Token)); 19] = [
        ("iss", |token| {
            token.claims["iss"] = json!("https://evil.example")
        }),
        ("aud", |token| token.claims["aud"] = json!("other")),
        ("aud list", |token| {
            token.claims["aud"] = json!(["other", "third"])
        }),
        ("iat in the future", |token| {
            token.claims["iat"] = json!(4_000_000_000_u32)
        }),
        ("iat long ago", |token| token.claims["iat"] = json!(1)),
        ("no iat", |token| token.claims["iat"] = Value::Null),
        ("expired", |token| token.claims["exp"] = json!(1)),
        ("exp never", |token| {
            token.claims["exp"] = json!(4_000_000_000_u32)
        }),
        ("no jti", |token| token.claims["jti"] = Value::Null),
        ("empty jti", |token| token.claims["jti"] = json!("")),
        ("no events", |token| token.claims["events"] = Value::Null),
        ("other events", |token| {
            token.claims["events"] = json!({ "other": {} })
        }),
        ("event of no object", |token| {
            token.claims["events"] =
                json!({ "http://schemas.openid.net/event/backchannel-logout": true });
        }),
        ("nonce", |token| token.claims["nonce"] = json!("n")),
        ("nobody", |token| {
            token.claims["sub"] = Value::Null;
            token.claims["sid"] = Value::Null;
        }),
        ("alg none", |token| {
            token.header["alg"] = json!("none");
            token.signature = Signature::None;
        }),
        ("a key's public bytes", |token| {
            token.header["alg"] = json!("HS256");
            token.signature = Signature::Hmac(public_bytes(1));
        }),
        ("another key", |token| token.signature = Signature::Key(2)),
        ("crit", |token| token.header["crit"] = json!(["b64"])),
    ];
    let mut scene = signed_in(json!("session-1")).await;
    for (what, change) in changes {
        let mut token = good(&scene);
        token.claims["jti"] = json!(what);
        change(&mut token);
        assert_eq!(
            send(&scene, &token).await,
            StatusCode::BAD_REQUEST,
            "{what}"
        );
    }
    for body in [
        "",
        "logout_token=",
        "logout_token=x",
        "logout_token=a.b.c",
        "other=1",
    ] {
        assert_eq!(
            tell(&scene, body.to_owned()).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    let token = good(&scene);
    let twice = format!("logout_token={0}&logout_token={0}", token.text());
    assert_eq!(tell(&scene, twice).await.status, StatusCode::BAD_REQUEST);
    assert!(is_signed_in(&mut scene).await);
}

#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    let mut scene = signed_in(json!("session-1")).await;
    let now = scene.console.clock.now();
    let token = scene.provider.token("n", now);
    assert_eq!(send(&scene, &token).await, StatusCode::BAD_REQUEST);
    assert!(is_signed_in(&mut scene).await);
}

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

/// What is wrong with a token.
enum Change {
    Claim(&'static str, Value),
    Header(&'static str, Value, Signature),
}

#[tokio::test]
async fn a_token_that_is_wrong_in_one_point_ends_nothing() {
    let set = |claim: &'static str, value: Value| Change::Claim(claim, value);
    let changes = [
        set("iss", json!("https://evil.example")),
        set("aud", json!("other")),
        set("aud", json!(["other", "third"])),
        set("iat", json!(4_000_000_000_u32)),
        set("iat", json!(1)),
        set("iat", Value::Null),
        set("exp", json!(1)),
        set("exp", json!(4_000_000_000_u32)),
        set("jti", Value::Null),
        set("jti", json!("")),
        set("events", Value::Null),
        set("events", json!({ "other": {} })),
        set(
            "events",
            json!({ "http://schemas.openid.net/event/backchannel-logout": true }),
        ),
        set("nonce", json!("n")),
        set("sub", json!("")),
        Change::Header("alg", json!("none"), Signature::None),
        Change::Header("alg", json!("HS256"), Signature::Hmac(public_bytes(1))),
        Change::Header("typ", json!("logout+jwt"), Signature::Key(2)),
        Change::Header("crit", json!(["b64"]), Signature::Key(1)),
    ];
    let mut scene = signed_in(json!("session-1")).await;
    for (number, change) in changes.into_iter().enumerate() {
        let mut token = good(&scene);
        token.claims["jti"] = json!(number.to_string());
        match change {
            Change::Claim(claim, value) => token.claims[claim] = value,
            Change::Header(name, value, signature) => {
                token.header[name] = value;
                token.signature = signature;
            }
        }
        let status = send(&scene, &token).await;
        assert_eq!(
            status,
            StatusCode::BAD_REQUEST,
            "{number}: {}",
            token.claims
        );
    }
    let mut nobody = good(&scene);
    nobody.claims["sub"] = Value::Null;
    nobody.claims["sid"] = Value::Null;
    assert_eq!(send(&scene, &nobody).await, StatusCode::BAD_REQUEST);
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

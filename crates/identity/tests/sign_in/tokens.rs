//! ID tokens that are not what they say. Each test changes one thing in a good token.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::hostile_provider::{Scene, Signature, Token, hash_of, public_bytes};
use crate::setting::CLIENT_SECRET;

async fn verdict(change: impl FnOnce(&mut Token)) -> String {
    let mut scene = Scene::new().await;
    let verdict = scene.verdict(change).await;
    let is_somebody = scene.me().await.status == StatusCode::OK;
    assert_eq!(is_somebody, verdict.is_empty(), "{verdict}");
    verdict
}

fn seconds(token: &Token, claim: &str) -> i64 {
    token.claims[claim].as_i64().expect("seconds")
}

#[tokio::test]
async fn a_good_token_signs_in() {
    assert_eq!(verdict(|_| {}).await, "");
}

#[tokio::test]
async fn the_nonce_of_another_sign_in_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["nonce"] = json!("another")).await,
        "nonce"
    );
}

#[tokio::test]
async fn a_token_without_a_nonce_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["nonce"] = Value::Null).await,
        "nonce"
    );
}

#[tokio::test]
async fn another_issuer_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["iss"] = json!("https://evil.example")).await,
        "token"
    );
}

#[tokio::test]
async fn an_issuer_that_differs_by_one_slash_is_refused() {
    let with_slash = |token: &mut Token| {
        let issuer = token.claims["iss"].as_str().expect("text").to_owned();
        token.claims["iss"] = json!(format!("{issuer}/"));
    };
    assert_eq!(verdict(with_slash).await, "token");
}

#[tokio::test]
async fn another_audience_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["aud"] = json!("another-client")).await,
        "token"
    );
}

#[tokio::test]
async fn an_audience_beside_ours_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["aud"] = json!(["stowage", "another-client"])).await,
        "token"
    );
}

#[tokio::test]
async fn no_audience_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["aud"] = json!([])).await,
        "token"
    );
}

#[tokio::test]
async fn another_authorized_party_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["azp"] = json!("another-client")).await,
        "token"
    );
}

#[tokio::test]
async fn ourselves_as_the_authorized_party_is_accepted() {
    assert_eq!(
        verdict(|token| token.claims["azp"] = json!("stowage")).await,
        ""
    );
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let expired = |token: &mut Token| token.claims["exp"] = json!(seconds(token, "iat") - 61);
    assert_eq!(verdict(expired).await, "clock");
}

#[tokio::test]
async fn clocks_may_differ_by_less_than_a_minute() {
    let just_expired = |token: &mut Token| token.claims["exp"] = json!(seconds(token, "iat") - 59);
    assert_eq!(verdict(just_expired).await, "");
    let just_issued = |token: &mut Token| token.claims["iat"] = json!(seconds(token, "iat") + 59);
    assert_eq!(verdict(just_issued).await, "");
}

#[tokio::test]
async fn a_token_issued_in_the_future_is_refused() {
    let future = |token: &mut Token| token.claims["iat"] = json!(seconds(token, "iat") + 61);
    assert_eq!(verdict(future).await, "clock");
}

#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_refused() {
    let later = |token: &mut Token| token.claims["nbf"] = json!(seconds(token, "iat") + 61);
    assert_eq!(verdict(later).await, "clock");
}

#[tokio::test]
async fn a_fractional_time_of_authentication_is_accepted() {
    assert_eq!(
        verdict(|token| token.claims["auth_time"] = json!(1_772_441_000.25)).await,
        ""
    );
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let unsigned = |token: &mut Token| {
        token.header = json!({ "alg": "none" });
        token.signature = Signature::None;
    };
    assert_eq!(verdict(unsigned).await, "token");
}

#[tokio::test]
async fn a_signature_that_was_taken_off_is_missed() {
    assert_eq!(
        verdict(|token| token.signature = Signature::None).await,
        "token"
    );
}

#[tokio::test]
async fn a_token_signed_with_the_client_secret_is_refused() {
    let symmetric = |token: &mut Token| {
        token.header = json!({ "alg": "HS256" });
        token.signature = Signature::Hmac(CLIENT_SECRET.as_bytes().to_vec());
    };
    assert_eq!(verdict(symmetric).await, "token");
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let confused = |token: &mut Token| {
        token.header = json!({ "alg": "HS256", "kid": "key-1" });
        token.signature = Signature::Hmac(public_bytes(1));
    };
    assert_eq!(verdict(confused).await, "token");
}

#[tokio::test]
async fn another_key_under_a_known_name_is_refused() {
    assert_eq!(
        verdict(|token| token.signature = Signature::Key(2)).await,
        "token"
    );
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_is_not_used() {
    let brought = |token: &mut Token| {
        token.header["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519", "x": "irrelevant" });
        token.header["kid"] = json!("key-2");
        token.signature = Signature::Key(2);
    };
    assert_eq!(verdict(brought).await, "token");
}

#[tokio::test]
async fn a_critical_header_that_nobody_knows_is_refused() {
    assert_eq!(
        verdict(|token| token.header["crit"] = json!(["b64"])).await,
        "token"
    );
}

#[tokio::test]
async fn the_hash_of_another_access_token_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["at_hash"] = json!(hash_of("another"))).await,
        "token"
    );
}

#[tokio::test]
async fn a_subject_that_names_nobody_is_refused() {
    assert_eq!(
        verdict(|token| token.claims["sub"] = json!("")).await,
        "token"
    );
    assert_eq!(
        verdict(|token| token.claims["sub"] = json!("a".repeat(256))).await,
        "token"
    );
    assert_eq!(
        verdict(|token| token.claims["sub"] = Value::Null).await,
        "token"
    );
}

#[tokio::test]
async fn new_keys_of_the_provider_are_learned() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    assert_eq!(scene.provider.keys_read(), 1);
    scene.provider.publish_keys(&[2]);
    let with_new_key = |token: &mut Token| {
        token.header["kid"] = json!("key-2");
        token.signature = Signature::Key(2);
        token.claims["at_hash"] = Value::Null;
    };
    assert_eq!(scene.verdict(with_new_key).await, "");
    assert_eq!(scene.provider.keys_read(), 2);
}

#[tokio::test]
async fn unknown_keys_do_not_make_the_console_ask_again_and_again() {
    let mut scene = Scene::new().await;
    let unknown = |token: &mut Token| token.header["kid"] = json!("key-9");
    for _ in 0..3 {
        assert_eq!(scene.verdict(unknown).await, "token");
    }
    assert_eq!(scene.provider.keys_read(), 2);
    scene.console.clock.hand_on_minutes(1);
    assert_eq!(scene.verdict(unknown).await, "token");
    assert_eq!(scene.provider.keys_read(), 3);
}

#[tokio::test]
async fn an_answer_without_an_id_token_is_refused() {
    let mut scene = Scene::new().await;
    for (status, answer) in [
        (
            StatusCode::OK,
            json!({ "access_token": "a", "token_type": "Bearer" }),
        ),
        (
            StatusCode::OK,
            json!({ "access_token": "a", "token_type": "Bearer", "id_token": "not.a.token" }),
        ),
        (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
        (
            StatusCode::UNAUTHORIZED,
            json!({ "error": "invalid_client" }),
        ),
    ] {
        scene.provider.answer_with_json(status, answer);
        let begun = scene.begin().await;
        assert_eq!(
            scene.come_back(&begun.state).await.sent_with("problem"),
            "token"
        );
    }
}

#[tokio::test]
async fn a_provider_that_fails_for_the_moment_counts_as_away() {
    let mut scene = Scene::new().await;
    for status in [500, 503, 429] {
        let status = StatusCode::from_u16(status).expect("a status");
        scene.provider.answer_with_json(status, json!("<html>"));
        let begun = scene.begin().await;
        let page = scene.come_back(&begun.state).await;
        assert_eq!(page.sent_with("problem"), "provider-away", "{status}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let mut scene = Scene::new().await;
    scene.provider.answer_with_json(
        StatusCode::OK,
        json!({ "access_token": "a".repeat(2_000_000) }),
    );
    let begun = scene.begin().await;
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "provider-away"
    );
}

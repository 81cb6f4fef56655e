//! Signing out as a client asks for it, and as anybody might.

use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::setting::{SIGNED_OUT, Setting};

const SESSION: &str = "demonstration_provider_session";

#[tokio::test]
async fn a_client_signs_its_person_out_and_gets_them_back_with_state() {
    let mut setting = Setting::new();
    let tokens = setting.tokens().await;
    let hint = tokens["id_token"].as_str().unwrap_or_default();
    setting.clock.hand_on(SignedDuration::from_hours(1));
    let words = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "over"),
    ];
    let (address, told) = setting.get("/end-session", &words).await.sent_to();
    assert_eq!(address, SIGNED_OUT);
    assert_eq!(told["state"], "over");
    assert!(!setting.has_cookie(SESSION));
    assert_eq!(setting.authorize(&[]).await.status, StatusCode::OK);
    assert_eq!(
        setting
            .refresh(tokens["refresh_token"].as_str().unwrap_or_default())
            .await
            .error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_wrong_request_signs_nobody_out() {
    let mut setting = Setting::new();
    let tokens = setting.tokens().await;
    let hint = tokens["id_token"].as_str().unwrap_or_default();
    let (signed, _) = hint.rsplit_once('.').expect("a signature");
    let forged = format!("{signed}.{}", "A".repeat(342));
    let wrong = [
        vec![
            ("id_token_hint", hint),
            (
                "post_logout_redirect_uri",
                "http://127.0.0.1:8080/elsewhere",
            ),
        ],
        vec![("id_token_hint", hint), ("client_id", "other")],
        vec![("id_token_hint", forged.as_str())],
        vec![("id_token_hint", "nonsense")],
    ];
    for words in wrong {
        assert_eq!(
            setting.get("/end-session", &words).await.status,
            StatusCode::BAD_REQUEST
        );
        assert!(setting.has_cookie(SESSION));
    }
    assert_eq!(
        setting
            .userinfo(tokens["access_token"].as_str().unwrap_or_default())
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn without_an_id_token_the_person_is_asked_first() {
    let mut setting = Setting::new();
    let tokens = setting.tokens().await;
    let page = setting
        .get("/end-session", &[("post_logout_redirect_uri", SIGNED_OUT)])
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("<h1>Sign out?</h1>"));
    assert!(setting.has_cookie(SESSION));
    assert_eq!(
        setting
            .post("/sign-out", &[("sign_out", "guessed")])
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
    assert!(setting.has_cookie(SESSION));

    let answer = setting
        .post("/sign-out", &[("sign_out", &page.form_token())])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("You are signed out"));
    assert!(!setting.has_cookie(SESSION));
    assert_eq!(
        setting
            .refresh(tokens["refresh_token"].as_str().unwrap_or_default())
            .await
            .error(),
        "invalid_grant"
    );
    assert!(
        setting
            .get("/end-session", &[])
            .await
            .text
            .contains("You are signed out")
    );
}

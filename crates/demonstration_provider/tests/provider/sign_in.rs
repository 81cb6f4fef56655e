//! The authorize endpoint and the sign-in page.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST};
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;

use crate::setting::{CALLBACK, HOSTNAME, ISSUER, Setting};

#[tokio::test]
async fn the_page_lists_people_with_their_groups_and_their_names_are_text() {
    let mut setting = Setting::new();
    let page = setting.authorize(&[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Demonstration sign-in"));
    assert!(page.text.contains("For trying out only"));
    assert!(page.text.contains("vision-editors, speech-viewers"));
    assert!(page.text.contains("Bob &lt;script&gt;"));
    assert!(!page.text.contains("<script"));
    assert_eq!(page.headers[CACHE_CONTROL], "no-store");
    let policy = page.headers[CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("text");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:8080;"),
        "{policy}"
    );
}

#[tokio::test]
async fn who_is_chosen_comes_back_with_code_state_and_issuer() {
    let mut setting = Setting::new();
    let page = setting.authorize(&[]).await;
    let answer = setting
        .post(
            "/sign-in",
            &[("sign_in", &page.form_token()), ("person", "ada")],
        )
        .await;
    let (address, words) = answer.sent_to();
    assert_eq!(address, CALLBACK);
    assert_eq!(words["state"], "a state & more");
    assert_eq!(words["iss"], ISSUER);
    assert_eq!(words["code"].len(), 43);
}

#[tokio::test]
async fn a_second_sign_in_is_immediate_unless_the_client_wants_the_page() {
    let mut setting = Setting::new();
    setting.code().await;
    assert!(
        setting
            .authorize(&[])
            .await
            .sent_to()
            .1
            .contains_key("code")
    );
    assert!(
        setting
            .authorize(&[("prompt", "none")])
            .await
            .sent_to()
            .1
            .contains_key("code")
    );
    assert_eq!(
        setting.authorize(&[("prompt", "login")]).await.status,
        StatusCode::OK
    );
    assert_eq!(
        setting.authorize(&[("max_age", "0")]).await.status,
        StatusCode::OK
    );

    setting.clock.hand_on(SignedDuration::from_mins(2));
    assert_eq!(
        setting.authorize(&[("max_age", "60")]).await.status,
        StatusCode::OK
    );
    assert!(
        setting
            .authorize(&[("max_age", "600")])
            .await
            .sent_to()
            .1
            .contains_key("code")
    );

    setting.clock.hand_on(SignedDuration::from_hours(8));
    assert_eq!(setting.authorize(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_session_prompt_none_is_answered_with_login_required() {
    let mut setting = Setting::new();
    let (_, words) = setting.authorize(&[("prompt", "none")]).await.sent_to();
    assert_eq!(words["error"], "login_required");
    assert_eq!(words["state"], "a state & more");
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let mut setting = Setting::new();
    let wrong = [
        ("redirect_uri", "http://127.0.0.1:8080/sign-in/callback/"),
        ("redirect_uri", "http://127.0.0.1:8080/sign-in/callback?a=b"),
        ("redirect_uri", "http://localhost:8080/sign-in/callback"),
        ("redirect_uri", ""),
        ("client_id", "stranger"),
        ("client_id", ""),
    ];
    for (name, value) in wrong {
        let answer = setting.authorize(&[(name, value)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}={value}");
        assert!(
            answer
                .text
                .contains("<h1>This request cannot be answered</h1>")
        );
    }
    let twice = setting
        .get(
            "/authorize",
            &[("client_id", "stowage"), ("client_id", "stowage")],
        )
        .await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_request_is_sent_back_in_the_words_of_oauth() {
    let mut setting = Setting::new();
    let wrong = [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "profile", "invalid_scope"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "shout", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("request", "a.b.c", "request_not_supported"),
        (
            "request_uri",
            "http://127.0.0.1/",
            "request_uri_not_supported",
        ),
    ];
    for (name, value, error) in wrong {
        let (address, words) = setting.authorize(&[(name, value)]).await.sent_to();
        assert_eq!(address, CALLBACK);
        assert_eq!(words["error"], error, "{name}={value}");
        assert_eq!(words["state"], "a state & more", "{name}={value}");
        assert!(!words.contains_key("code"));
    }
}

#[tokio::test]
async fn the_form_of_the_page_counts_once_and_only_in_its_own_browser() {
    let mut setting = Setting::new();
    let page = setting.authorize(&[]).await;
    let words = [("sign_in", page.form_token()), ("person", "ada".to_owned())];
    let words: Vec<(&str, &str)> = words
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();

    let mut elsewhere = Setting::new();
    assert_eq!(
        elsewhere.post("/sign-in", &words).await.status,
        StatusCode::BAD_REQUEST
    );

    assert_eq!(
        setting.post("/sign-in", &words).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        setting.post("/sign-in", &words).await.status,
        StatusCode::BAD_REQUEST
    );

    let page = setting.authorize(&[("prompt", "login")]).await;
    setting.forget_cookies();
    let words = [("sign_in", page.form_token()), ("person", "ada".to_owned())];
    let words: Vec<(&str, &str)> = words
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        setting.post("/sign-in", &words).await.status,
        StatusCode::BAD_REQUEST
    );
    setting.authorize(&[]).await;
    assert_eq!(
        setting.post("/sign-in", &words).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_page_that_lay_open_for_ten_minutes_no_longer_signs_in() {
    let mut setting = Setting::new();
    let page = setting.authorize(&[]).await;
    setting.clock.hand_on(SignedDuration::from_mins(10));
    let answer = setting
        .post(
            "/sign-in",
            &[("sign_in", &page.form_token()), ("person", "ada")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_goes_back_without_signing_in_is_told_to_the_client() {
    let mut setting = Setting::new();
    let page = setting.authorize(&[]).await;
    let answer = setting
        .post(
            "/sign-in",
            &[("sign_in", &page.form_token()), ("cancel", "yes")],
        )
        .await;
    let (_, words) = answer.sent_to();
    assert_eq!(words["error"], "access_denied");
    assert_eq!(words["state"], "a state & more");
}

#[tokio::test]
async fn a_name_that_points_to_loopback_does_not_reach_the_provider() {
    let mut setting = Setting::new();
    for (host, status) in [
        (HOSTNAME, StatusCode::OK),
        ("rebound.example:8081", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let request = Request::get("/jwks")
            .header(HOST, host)
            .body(Body::empty())
            .expect("a request");
        assert_eq!(setting.send(request).await.status, status);
    }
}

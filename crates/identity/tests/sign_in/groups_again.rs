//! How somebody's groups are read again, and what ends a session.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::hostile_provider::{ACCESS_TOKEN, Scene, Token};

/// Signs in with a refresh token.
async fn sign_in(scene: &mut Scene) {
    let begun = scene.begin().await;
    let token = scene.token(&begun);
    answer(scene, &token);
    let page = scene.come_back(&begun.state).await;
    assert_eq!(page.sent_with("problem"), "");
}

fn answer(scene: &Scene, token: &Token) {
    let answer = json!({
        "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": token.text(), "refresh_token": "again",
    });
    scene.provider.answer_with_json(StatusCode::OK, answer);
}

/// What the provider says from now on when it is asked again.
fn answer_again(scene: &Scene, change: impl FnOnce(&mut Token)) {
    let now = domain::Clock::now(scene.console.clock.as_ref());
    let mut token = scene.provider.token("", now);
    token.claims["nonce"] = Value::Null;
    change(&mut token);
    answer(scene, &token);
}

async fn groups(scene: &mut Scene) -> Value {
    scene.me().await.json()["groups"].clone()
}

#[tokio::test]
async fn groups_are_read_again_before_they_are_five_minutes_old_and_not_more_often() {
    let mut scene = Scene::new().await;
    sign_in(&mut scene).await;
    answer_again(&scene, |token| token.claims["groups"] = json!(["others"]));
    let asked = scene.provider.tokens_given();
    scene.console.clock.hand_on_minutes(3);
    assert_eq!(groups(&mut scene).await, json!(["vision-editors"]));
    assert_eq!(scene.provider.tokens_given(), asked);
    scene.console.clock.hand_on_minutes(2);
    assert_eq!(groups(&mut scene).await, json!(["others"]));
    assert_eq!(scene.me().await.json()["grants"], json!([]));
    assert_eq!(scene.provider.tokens_given(), asked + 1);
}

#[tokio::test]
async fn many_requests_at_once_ask_the_provider_once() {
    let mut scene = Scene::new().await;
    sign_in(&mut scene).await;
    scene.console.clock.hand_on_minutes(5);
    answer_again(&scene, |_| {});
    let asked = scene.provider.tokens_given();
    let (address, cookie) = (scene.console.address("/me"), scene.session_cookie());
    let requests = (0..20).map(|_| {
        let (address, cookie) = (address.clone(), format!("stowage={cookie}"));
        tokio::spawn(async move {
            let headers = [("cookie", cookie.as_str())];
            let mut browser = crate::browser::Browser::new();
            browser
                .send(http::Method::GET, &address, &headers, String::new())
                .await
                .status
        })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.expect("an answer"), StatusCode::OK);
    }
    assert_eq!(scene.provider.tokens_given(), asked + 1);
}

#[tokio::test]
async fn every_answer_that_is_not_plainly_temporary_ends_the_session() {
    let refusals = [
        (400, json!({ "error": "invalid_grant" })),
        (400, json!({ "error": "access_denied" })),
        (401, json!({ "error": "invalid_client" })),
        (403, json!({ "message": "locked" })),
        (200, json!({ "error": "user is locked" })),
        (302, json!({})),
    ];
    for (status, body) in refusals {
        let mut scene = Scene::new().await;
        sign_in(&mut scene).await;
        let cookie = scene.session_cookie();
        scene.console.clock.hand_on_minutes(5);
        let status = StatusCode::from_u16(status).expect("a status");
        scene.provider.answer_with_json(status, body);
        assert_eq!(
            scene.me().await.status,
            StatusCode::UNAUTHORIZED,
            "{status}"
        );
        // It stays ended, whatever the provider says later.
        answer_again(&scene, |_| {});
        scene.browser.cookies.insert("stowage".to_owned(), cookie);
        assert_eq!(
            scene.me().await.status,
            StatusCode::UNAUTHORIZED,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_not_in_order_ends_the_session() {
    let changes: [fn(&mut Token); 5] = [
        |token| token.claims["sub"] = json!("grace"),
        |token| token.claims["aud"] = json!("other"),
        |token| token.claims["iss"] = json!("https://evil.example"),
        |token| token.signature = crate::hostile_provider::Signature::None,
        |token| token.claims["groups"] = json!({ "vision-editors": true }),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut scene = Scene::new().await;
        sign_in(&mut scene).await;
        scene.console.clock.hand_on_minutes(5);
        answer_again(&scene, change);
        assert_eq!(
            scene.me().await.status,
            StatusCode::UNAUTHORIZED,
            "{number}"
        );
    }
}

#[tokio::test]
async fn while_the_provider_is_away_groups_hold_for_an_hour() {
    let mut scene = Scene::new().await;
    sign_in(&mut scene).await;
    for status in [500, 502, 503, 429] {
        let status = StatusCode::from_u16(status).expect("a status");
        scene
            .provider
            .answer_with_json(status, json!({ "error": "invalid_grant" }));
        scene.console.clock.hand_on_minutes(10);
        assert_eq!(
            groups(&mut scene).await,
            json!(["vision-editors"]),
            "{status}"
        );
    }
    scene.console.clock.hand_on_minutes(20);
    let page = scene.me().await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("identity provider"), "{}", page.text);
    answer_again(&scene, |token| token.claims["groups"] = json!([]));
    scene.console.clock.hand_on_minutes(1);
    assert_eq!(groups(&mut scene).await, json!([]));
}

#[tokio::test]
async fn without_an_id_token_userinfo_says_the_groups_and_of_nobody_else() {
    let mut scene = Scene::new().await;
    sign_in(&mut scene).await;
    let silent = json!({ "access_token": "new", "token_type": "Bearer" });
    scene.provider.answer_with_json(StatusCode::OK, silent);
    scene
        .provider
        .tell(json!({ "sub": "ada", "groups": "readers" }));
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(groups(&mut scene).await, json!(["readers"]));
    scene.provider.tell(json!({ "sub": "ada" }));
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(groups(&mut scene).await, json!([]));
    scene
        .provider
        .tell(json!({ "sub": "grace", "groups": ["vision-editors"] }));
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_a_refresh_token_userinfo_is_asked_with_the_access_token() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    scene
        .provider
        .tell(json!({ "sub": "ada", "groups": ["readers"] }));
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(groups(&mut scene).await, json!(["readers"]));
}

#[tokio::test]
async fn no_token_of_the_provider_is_in_the_database() {
    let mut scene = Scene::new().await;
    sign_in(&mut scene).await;
    assert!(!scene.console.database_holds(ACCESS_TOKEN));
    assert!(!scene.console.database_holds("\"again\""));
}

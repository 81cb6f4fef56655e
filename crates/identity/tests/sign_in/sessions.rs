//! How a session begins, lasts and ends.

use axum::http::StatusCode;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use crate::hostile_provider::Scene;

#[tokio::test]
async fn looking_makes_no_session() {
    let mut scene = Scene::new().await;
    let page = scene.me().await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(!page.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_not_for_scripts() {
    let mut scene = Scene::new().await;
    let page = scene.begin().await.page;
    let cookie = page.headers["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    for part in ["stowage=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_this_host_and_its_removal_too() {
    let mut scene = Scene::behind_https().await;
    scene.sign_in().await;
    assert!(scene.browser.cookies.contains_key("__Host-stowage"));
    assert!(!scene.browser.cookies.contains_key("stowage"));
    let page = scene
        .browser
        .post(&scene.console.address("/auth/sign-out"), &[])
        .await;
    let cookie = page.headers["set-cookie"].to_str().expect("text");
    for part in ["__Host-stowage=;", "Max-Age=0", "Path=/", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let begun = scene.begin().await.page;
    let cookie = begun.headers["set-cookie"].to_str().expect("text");
    assert!(
        cookie.starts_with("__Host-stowage=") && cookie.contains("Secure"),
        "{cookie}"
    );
    let way_back = "https://stowage.example/auth/callback/company";
    assert_eq!(begun.sent_with("redirect_uri"), way_back);
}

#[tokio::test]
async fn the_id_of_the_session_changes_at_sign_in() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    let before = scene.session_cookie();
    scene.provider.answer_with(&scene.token(&begun));
    scene.come_back(&begun.state).await;
    let first = scene.session_cookie();
    assert_ne!(before, first);
    scene.sign_in().await;
    assert_ne!(first, scene.session_cookie());
    for old in [before, first] {
        scene.browser.cookies.insert("stowage".to_owned(), old);
        assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn the_database_holds_neither_ids_of_sessions_nor_tokens() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    assert!(!scene.console.database_holds(&scene.session_cookie()));
    assert!(!scene.console.database_holds(&begun.state));
    let token = scene.token(&begun);
    scene.provider.answer_with(&token);
    scene.come_back(&begun.state).await;
    assert_eq!(scene.me().await.status, StatusCode::OK);
    assert!(!scene.console.database_holds(&scene.session_cookie()));
    assert!(!scene.console.database_holds(&begun.state));
    assert!(!scene.console.database_holds("eyJ"));
    // The person's name is there: the test looks into the right files.
    assert!(scene.console.database_holds("Ada Lovelace"));
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_after_eight_hours() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    scene.provider.tell(json!({ "sub": "ada" }));
    scene.console.clock.hand_on_minutes(8 * 60 - 1);
    assert_eq!(scene.me().await.status, StatusCode::OK);
    scene.console.clock.hand_on_minutes(8 * 60 - 1);
    assert_eq!(scene.me().await.status, StatusCode::OK);
    scene.console.clock.hand_on_minutes(8 * 60);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_that_is_used_ends_after_seven_days() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    scene.provider.tell(json!({ "sub": "ada" }));
    for _ in 0..7 * 24 - 1 {
        scene.console.clock.hand_on_minutes(60);
        assert_eq!(scene.me().await.status, StatusCode::OK);
    }
    scene.console.clock.hand_on_minutes(60);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_is_written_at_most_once_a_minute() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    for (seconds, is_written) in [
        (0, false),
        (59, false),
        (1, true),
        (0, false),
        (59, false),
        (1, true),
    ] {
        scene
            .console
            .clock
            .hand_on(SignedDuration::from_secs(seconds));
        let page = scene.me().await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(
            page.headers.contains_key("set-cookie"),
            is_written,
            "after {seconds} s"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let old = scene.session_cookie();
    let page = scene
        .browser
        .post(&scene.console.address("/auth/sign-out"), &[])
        .await;
    // This provider has no place to sign out at.
    assert_eq!(page.location(), "/sign-in");
    assert!(!scene.browser.cookies.contains_key("stowage"));
    scene.browser.cookies.insert("stowage".to_owned(), old);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_at_one_console_ends_the_session_at_another_with_the_next_request() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let cookies = scene.browser.cookies.clone();
    let second = format!("{}/me", scene.console.open_second().await);
    assert_eq!(scene.browser.get(&second).await.status, StatusCode::OK);
    let address = scene.console.address("/auth/sign-out");
    scene.browser.post(&address, &[]).await;
    scene.browser.cookies = cookies;
    let page = scene.browser.get(&second).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_twice_or_as_nobody_leads_to_the_sign_in_page() {
    let mut scene = Scene::new().await;
    let address = scene.console.address("/auth/sign-out");
    assert_eq!(
        scene.browser.post(&address, &[]).await.location(),
        "/sign-in"
    );
    scene
        .browser
        .cookies
        .insert("stowage".to_owned(), "made-up".to_owned());
    assert_eq!(
        scene.browser.post(&address, &[]).await.location(),
        "/sign-in"
    );
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_does_not_come_back() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let cookies = scene.browser.cookies.clone();
    scene
        .browser
        .post(&scene.console.address("/auth/sign-out"), &[])
        .await;
    // Long enough for the next request to touch the session.
    scene.console.clock.hand_on_minutes(5);
    for _ in 0..2 {
        scene.browser.cookies.clone_from(&cookies);
        assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_is_nobody() {
    let mut scene = Scene::new().await;
    for value in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "%00", &"a".repeat(4000)] {
        let cookie = format!("stowage={value}");
        let address = scene.console.address("/me");
        let headers = [("cookie", cookie.as_str())];
        let page = scene
            .browser
            .send(Method::GET, &address, &headers, String::new())
            .await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{value}");
    }
}

#[tokio::test]
async fn sessions_that_ended_are_cleared_away() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    scene.console.clock.hand_on_minutes(8 * 24 * 60);
    scene.begin().await;
    let mut tx = scene.console.store.begin().await.expect("a transaction");
    let later = "2026-03-11T00:00:00Z".parse().expect("an instant");
    // Only the session of nobody that was made just now is left.
    assert_eq!(tx.delete_expired_sessions(later).await.expect("a count"), 1);
}

#[tokio::test]
async fn signing_in_and_out_stands_in_the_log() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    scene.console.clock.hand_on_minutes(1);
    let address = scene.console.address("/auth/sign-out");
    scene.browser.post(&address, &[]).await;
    let listing = store::LogListing {
        reach: vec![domain::ScopePath::tenant("acme".into())],
        limit: 10,
        ..store::LogListing::default()
    };
    let mut tx = scene.console.store.read().await.expect("a transaction");
    let events = tx.list_events(&listing).await.expect("the log");
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.kind, event.object.object_type, event.subject.as_str()))
        .collect();
    let person = domain::ObjectType::Person;
    assert_eq!(
        told,
        [
            (domain::EventKind::SignedOut, person, "company"),
            (domain::EventKind::SignedIn, person, "company"),
        ]
    );
    for event in &events {
        assert!(
            matches!(&event.actor, domain::Actor::Person { id, .. } if id.to_string() == event.object.id)
        );
    }
}

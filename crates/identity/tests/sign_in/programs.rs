//! Programs: from a client id and a secret to a caller, and everything that must not work.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::hostile_provider::Scene;
use crate::setting::{Console, Place, Program};

async fn post_json(console: &Console, body: &Value) -> Page {
    let headers = [("content-type", "application/json")];
    let address = console.address("/api/v1/token");
    Browser::new()
        .send(Method::POST, &address, &headers, body.to_string())
        .await
}

async fn post_form(console: &Console, body: &str) -> Page {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let address = console.address("/api/v2/token");
    Browser::new()
        .send(Method::POST, &address, &headers, body.to_owned())
        .await
}

fn asked(program: &Program) -> Value {
    json!({ "grantType": "app_token", "AppId": program.key.id, "AppSecret": program.secret })
}

async fn tokens(console: &Console, program: &Program) -> Value {
    let page = post_json(console, &asked(program)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(page.headers["cache-control"], "no-store");
    page.json()
}

async fn me(console: &Console, token: &str) -> Page {
    let header = format!("Bearer {token}");
    let headers = [("authorization", header.as_str())];
    let address = console.address("/me");
    Browser::new()
        .send(Method::GET, &address, &headers, String::new())
        .await
}

async fn console() -> Console {
    Console::open(Place::new().await, vec![]).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().expect("text")
}

#[tokio::test]
async fn an_application_is_known_by_its_token_with_the_roles_of_its_access_rules() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let tokens = tokens(&console, &program).await;
    assert_eq!(tokens["expiresIn"], 3600);
    let me = me(&console, text(&tokens, "accessToken")).await.json();
    assert_eq!(me["application"], "nightly");
    assert_eq!(
        me["grants"],
        json!(["Editor of 1 through this application"])
    );
}

#[tokio::test]
async fn the_access_token_is_read_as_runapy_reads_it() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let tokens = tokens(&console, &program).await;
    let payload = text(&tokens, "accessToken")
        .split('.')
        .nth(1)
        .expect("a part");
    let padding = "=".repeat((4 - payload.len() % 4) % 4);
    let plain = STANDARD
        .decode(format!("{payload}{padding}"))
        .expect("base64");
    let claims: Value = serde_json::from_slice(&plain).expect("JSON");
    assert!(claims["exp"].is_i64(), "{claims}");
}

#[tokio::test]
async fn oauth_gives_the_same_tokens() {
    let console = console().await;
    let Program { key, secret } = console.add_application("nightly", None).await;
    let page = post_form(
        &console,
        &format!(
            "grant_type=client_credentials&client_id={}&client_secret={secret}",
            key.id
        ),
    )
    .await;
    let tokens = page.json();
    assert_eq!(tokens["token_type"], "Bearer");
    let page = me(&console, text(&tokens, "access_token")).await;
    assert_eq!(page.status, StatusCode::OK);
    let again = format!(
        "grant_type=refresh_token&refresh_token={}",
        text(&tokens, "refresh_token")
    );
    assert_eq!(post_form(&console, &again).await.status, StatusCode::OK);
    let page = post_form(&console, &again).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert_eq!(page.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_wrong_secret_reads_like_a_client_that_is_not_there() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let mut wrong = asked(&program);
    wrong["AppSecret"] = json!(format!("{}x", program.secret));
    let mut stranger = asked(&program);
    stranger["AppId"] = json!("00000000-0000-0000-0000-000000000000");
    let mut no_id = asked(&program);
    no_id["AppId"] = json!("' OR 1=1 --");
    let first = post_json(&console, &wrong).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    for body in [stranger, no_id] {
        let page = post_json(&console, &body).await;
        assert_eq!((page.status, page.text), (first.status, first.text.clone()));
    }
    let page = post_form(
        &console,
        "grant_type=client_credentials&client_id=a&client_secret=b",
    )
    .await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert_eq!(page.json()["error"], "invalid_client");
}

#[tokio::test]
async fn what_is_not_offered_is_told_apart() {
    let console = console().await;
    for (body, details) in [
        (
            json!({ "grantType": "password", "username": "a", "password": "b" }),
            "grantType",
        ),
        (json!({ "grantType": "app_token" }), "appid"),
        (
            json!({ "grantType": "app_token", "colour": "red" }),
            "colour",
        ),
        (json!([]), ""),
    ] {
        let page = post_json(&console, &body).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert_eq!(page.json()["details"], details);
    }
    let page = post_form(&console, "grant_type=password&username=a&password=b").await;
    assert_eq!(page.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn a_token_lives_for_an_hour_and_a_refresh_token_brings_another_one_once() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let first = tokens(&console, &program).await;
    console.clock.hand_on_minutes(60);
    let page = me(&console, text(&first, "accessToken")).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        page.headers["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
    let refresh = json!({ "grantType": "refresh_token", "refreshToken": first["refreshToken"] });
    let second = post_json(&console, &refresh).await.json();
    let page = me(&console, text(&second, "accessToken")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(
        post_json(&console, &refresh).await.status,
        StatusCode::UNAUTHORIZED
    );
    console.clock.hand_on_minutes(24 * 60);
    let late = json!({ "grantType": "refresh_token", "refreshToken": second["refreshToken"] });
    assert_eq!(
        post_json(&console, &late).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_key_that_was_disabled_or_got_another_secret_ends_at_the_next_request() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let tokens = tokens(&console, &program).await;
    let (access, refresh) = (
        text(&tokens, "accessToken"),
        json!({ "grantType": "refresh_token", "refreshToken": tokens["refreshToken"] }),
    );
    let key = program.key.clone();
    for changed in [
        key.clone().enabled(false, key.created_at),
        key.clone().rotated(key.created_at),
    ] {
        console.save_key(&changed).await;
        assert_eq!(me(&console, access).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            post_json(&console, &refresh).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    console.save_key(&key).await;
    assert_eq!(me(&console, access).await.status, StatusCode::OK);
    let mut tx = console.store.begin().await.expect("a transaction");
    tx.delete_access_key(key.id).await.expect("it is gone");
    tx.commit().await.expect("it lasts");
    assert_eq!(me(&console, access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        post_json(&console, &asked(&program)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn tokens_end_with_their_key() {
    let place = Place::new().await;
    let soon = {
        use domain::Clock as _;
        place.clock.now() + jiff::SignedDuration::from_mins(10)
    };
    let console = Console::open(place, vec![]).await;
    let program = console.add_application("nightly", Some(soon)).await;
    let tokens = tokens(&console, &program).await;
    assert_eq!(tokens["expiresIn"], 600);
    console.clock.hand_on_minutes(10);
    assert_eq!(
        me(&console, text(&tokens, "accessToken")).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        post_json(&console, &asked(&program)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn what_is_no_token_is_refused_at_once_whatever_the_address() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let tokens = tokens(&console, &program).await;
    let good = text(&tokens, "accessToken");
    let parts: Vec<&str> = good.split('.').collect();
    for token in [
        String::new(),
        "x".to_owned(),
        "x".repeat(20_000),
        format!("eyJhbGciOiJub25lIn0.{}.", parts[1]),
        format!("{}.{}.{}x", parts[0], parts[1], parts[2]),
        text(&tokens, "refreshToken").to_owned(),
    ] {
        for path in ["/me", "/auth/sign-in/company", "/nowhere"] {
            let header = format!("Bearer {token}");
            let headers = [("authorization", header.as_str())];
            let page = Browser::new()
                .send(Method::GET, &console.address(path), &headers, String::new())
                .await;
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path} {token:.50}");
        }
    }
}

#[tokio::test]
async fn a_token_changes_things_from_anywhere_and_a_session_only_from_here() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let program = scene.console.add_application("nightly", None).await;
    let tokens = tokens(&scene.console, &program).await;
    let bearer = format!("Bearer {}", text(&tokens, "accessToken"));
    let cookie = format!("stowage={}", scene.session_cookie());
    let elsewhere = ("sec-fetch-site", "cross-site");
    for (headers, status) in [
        (
            vec![("authorization", bearer.as_str()), elsewhere],
            StatusCode::NO_CONTENT,
        ),
        (
            vec![("cookie", cookie.as_str()), elsewhere],
            StatusCode::FORBIDDEN,
        ),
        // A token takes the session's place, so a bad one gains nothing from it.
        (
            vec![
                ("cookie", cookie.as_str()),
                ("authorization", "Bearer x"),
                elsewhere,
            ],
            StatusCode::UNAUTHORIZED,
        ),
        (
            vec![
                ("cookie", cookie.as_str()),
                ("authorization", "Basic x"),
                elsewhere,
            ],
            StatusCode::FORBIDDEN,
        ),
    ] {
        let address = scene.console.address("/change");
        let page = Browser::new()
            .send(Method::POST, &address, &headers, String::new())
            .await;
        assert_eq!(page.status, status, "{headers:?}");
    }
    // Nor does a good one sign somebody out whose cookie came along.
    let headers = [
        ("authorization", bearer.as_str()),
        ("cookie", cookie.as_str()),
    ];
    let address = scene.console.address("/auth/sign-out");
    Browser::new()
        .send(Method::POST, &address, &headers, String::new())
        .await;
    assert_eq!(scene.me().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_persons_key_carries_their_groups_and_ends_with_their_sign_in() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let id = scene.me().await.json()["id"]
        .as_str()
        .expect("text")
        .parse();
    let program = scene.console.add_access_key(id.expect("an id")).await;
    let tokens = tokens(&scene.console, &program).await;
    let access = text(&tokens, "accessToken");
    let page = me(&scene.console, access).await.json();
    assert_eq!(page["subject"], "ada");
    assert_eq!(page["groups"], json!(["vision-editors"]));

    let sign_out = scene.console.address("/auth/sign-out");
    scene.browser.post(&sign_out, &[]).await;
    assert_eq!(
        me(&scene.console, access).await.status,
        StatusCode::UNAUTHORIZED
    );
    let page = post_json(&scene.console, &asked(&program)).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(
        page.text.contains("sign in to the console again"),
        "{}",
        page.text
    );
    scene.sign_in().await;
    assert_eq!(me(&scene.console, access).await.status, StatusCode::OK);
}

#[tokio::test]
async fn neither_a_secret_nor_a_token_is_in_the_database() {
    let console = console().await;
    let program = console.add_application("nightly", None).await;
    let tokens = tokens(&console, &program).await;
    for words in [
        program.secret.as_str(),
        text(&tokens, "accessToken"),
        text(&tokens, "refreshToken"),
    ] {
        assert!(!console.database_holds(words));
    }
}

//! Requests that a page from elsewhere makes a signed-in browser send.

use axum::http::StatusCode;
use http::Method;

use crate::browser::Page;
use crate::hostile_provider::Scene;

async fn change(scene: &mut Scene, headers: &[(&str, &str)]) -> Page {
    let address = scene.console.address("/change");
    scene
        .browser
        .send(Method::POST, &address, headers, String::new())
        .await
}

#[tokio::test]
async fn a_page_of_the_console_may_change_things() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let origin = scene.console.origin.clone();
    assert_eq!(
        change(&mut scene, &[("sec-fetch-site", "same-origin")])
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        change(&mut scene, &[("origin", &origin)]).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_page_from_elsewhere_may_not() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "https://evil.example"), ("host", "evil.example")],
        vec![],
    ] {
        let page = change(&mut scene, &headers).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert_eq!(page.json()["code"], 403);
    }
}

#[tokio::test]
async fn nobody_can_be_signed_out_from_elsewhere() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let address = scene.console.address("/auth/sign-out");
    let headers = [("sec-fetch-site", "cross-site")];
    let page = scene
        .browser
        .send(Method::POST, &address, &headers, String::new())
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let by_address = scene.browser.get(&address).await;
    assert_eq!(by_address.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(scene.me().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_program_without_a_session_is_not_signed_in() {
    let mut scene = Scene::new().await;
    assert_eq!(
        change(&mut scene, &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
}

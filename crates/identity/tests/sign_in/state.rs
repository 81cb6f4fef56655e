//! Answers that nobody asked for, and where people land.

use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::browser::Browser;
use crate::hostile_provider::Scene;

#[tokio::test]
async fn the_browser_is_sent_off_with_everything_that_the_protocol_asks_for() {
    let mut scene = Scene::new().await;
    let page = scene.begin().await.page;
    assert!(
        page.location()
            .starts_with(&format!("{}/authorize?", scene.provider.issuer()))
    );
    assert_eq!(page.sent_with("response_type"), "code");
    assert_eq!(page.sent_with("client_id"), "stowage");
    assert_eq!(page.sent_with("scope"), "openid profile email groups");
    assert_eq!(
        page.sent_with("redirect_uri"),
        scene.console.address("/auth/callback/company")
    );
    assert_eq!(page.sent_with("code_challenge_method"), "S256");
    assert_eq!(page.sent_with("code_challenge").len(), 43);
    assert_eq!(page.sent_with("state").len(), 43);
    assert_eq!(page.sent_with("nonce").len(), 43);
    let again = scene.begin().await.page;
    for word in ["state", "nonce", "code_challenge"] {
        assert_ne!(page.sent_with(word), again.sent_with(word));
    }
}

#[tokio::test]
async fn the_way_back_is_not_taken_from_the_host_header() {
    let mut scene = Scene::new().await;
    let address = scene.console.address("/auth/sign-in/company");
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
    ];
    let page = scene
        .browser
        .send(http::Method::GET, &address, &headers, String::new())
        .await;
    assert_eq!(
        page.sent_with("redirect_uri"),
        scene.console.address("/auth/callback/company")
    );
}

#[tokio::test]
async fn a_wrong_state_is_refused() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.provider.answer_with(&scene.token(&begun));
    for state in ["", "wrong", &begun.nonce] {
        assert_eq!(scene.come_back(state).await.sent_with("problem"), "state");
    }
    let no_state = scene.console.address("/auth/callback/company?code=a-code");
    assert_eq!(
        scene.browser.get(&no_state).await.sent_with("problem"),
        "state"
    );
    let twice = format!(
        "/auth/callback/company?code=a-code&state={0}&state={0}",
        begun.state
    );
    let twice = scene.console.address(&twice);
    assert_eq!(
        scene.browser.get(&twice).await.sent_with("problem"),
        "state"
    );
}

#[tokio::test]
async fn a_state_is_good_for_one_answer() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.provider.answer_with(&scene.token(&begun));
    let before = scene.browser.cookies.clone();
    assert_eq!(scene.come_back(&begun.state).await.sent_with("problem"), "");
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "state"
    );
    scene.browser.cookies = before;
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "state"
    );
}

#[tokio::test]
async fn a_state_that_led_to_a_refusal_is_used_up_too() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    let mut token = scene.token(&begun);
    token.claims["nonce"] = "another".into();
    scene.provider.answer_with(&token);
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "nonce"
    );
    scene.provider.answer_with(&scene.token(&begun));
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "state"
    );
}

#[tokio::test]
async fn of_many_answers_at_the_same_moment_one_is_taken() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.provider.answer_with(&scene.token(&begun));
    let address = scene.console.address(&format!(
        "/auth/callback/company?code=a-code&state={}",
        begun.state
    ));
    let answers = (0..8).map(|_| {
        let (mut browser, address) = (Browser::new(), address.clone());
        browser.cookies = scene.browser.cookies.clone();
        tokio::spawn(async move { browser.get(&address).await.sent_with("problem") })
    });
    let mut taken = 0;
    for answer in answers.collect::<Vec<_>>() {
        match answer.await.expect("an answer").as_str() {
            "" => taken += 1,
            problem => assert_eq!(problem, "state"),
        }
    }
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn the_state_of_another_browser_is_refused() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.provider.answer_with(&scene.token(&begun));
    let own = std::mem::replace(&mut scene.browser, Browser::new());
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "state"
    );
    scene.begin().await;
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "state"
    );
    scene.browser = own;
    assert_eq!(scene.come_back(&begun.state).await.sent_with("problem"), "");
}

#[tokio::test]
async fn a_sign_in_may_take_ten_minutes() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.console.clock.hand_on(SignedDuration::from_secs(599));
    scene.provider.answer_with(&scene.token(&begun));
    assert_eq!(scene.come_back(&begun.state).await.sent_with("problem"), "");
    let begun = scene.begin().await;
    scene.console.clock.hand_on_minutes(10);
    scene.provider.answer_with(&scene.token(&begun));
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "expired"
    );
}

#[tokio::test]
async fn a_late_answer_to_somebody_who_was_not_signed_in_is_called_late() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.console.clock.hand_on_minutes(11);
    assert_eq!(
        scene.come_back(&begun.state).await.sent_with("problem"),
        "expired"
    );
}

#[tokio::test]
async fn two_tabs_can_sign_in_at_the_same_time() {
    let mut scene = Scene::new().await;
    let first = scene.begin_for("/first").await;
    let second = scene.begin_for("/second").await;
    scene.provider.answer_with(&scene.token(&first));
    assert_eq!(scene.come_back(&first.state).await.location(), "/first");
    // The other tab's sign-in was begun under an id that is no longer worth anything.
    scene.provider.answer_with(&scene.token(&second));
    let refused = scene.come_back(&second.state).await;
    assert_eq!(refused.sent_with("problem"), "state");
}

#[tokio::test]
async fn an_answer_from_another_issuer_is_refused() {
    let mut scene = Scene::new().await;
    let begun = scene.begin().await;
    scene.provider.answer_with(&scene.token(&begun));
    let address = format!(
        "/auth/callback/company?code=a&state={}&iss=https://evil.example",
        begun.state
    );
    let page = scene.browser.get(&scene.console.address(&address)).await;
    assert_eq!(page.sent_with("problem"), "token");
}

#[tokio::test]
async fn what_the_provider_says_no_with_becomes_a_code_of_ours() {
    let mut scene = Scene::new().await;
    for (error, problem) in [
        ("access_denied", "denied"),
        ("server_error", "refused"),
        ("%3Cscript%3E", "refused"),
    ] {
        let begun = scene.begin().await;
        let words = format!(
            "error={error}&error_description=Call+555&state={}",
            begun.state
        );
        let page = scene
            .browser
            .get(
                &scene
                    .console
                    .address(&format!("/auth/callback/company?{words}")),
            )
            .await;
        assert_eq!(
            page.location(),
            format!("/sign-in?problem={problem}&return_to=%2Fdata-volumes")
        );
    }
}

#[tokio::test]
async fn an_error_that_belongs_to_no_sign_in_is_a_wrong_state() {
    let mut scene = Scene::new().await;
    let address = scene
        .console
        .address("/auth/callback/company?error=access_denied&state=made-up");
    assert_eq!(
        scene.browser.get(&address).await.location(),
        "/sign-in?problem=state"
    );
}

#[tokio::test]
async fn people_land_on_the_page_that_they_asked_for_and_nowhere_else() {
    let mut scene = Scene::new().await;
    for (asked, landed) in [
        (
            "/data-volumes?search=a%20b#files",
            "/data-volumes?search=a%20b#files",
        ),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: stowage=1", "/"),
        ("/auth/sign-in/company", "/"),
    ] {
        let begun = scene.begin_for(asked).await;
        scene.provider.answer_with(&scene.token(&begun));
        let page = scene.come_back(&begun.state).await;
        assert_eq!(page.location(), landed, "{asked:?}");
        assert_eq!(page.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_configured_is_unknown() {
    let mut scene = Scene::new().await;
    for path in ["/auth/sign-in/other", "/auth/sign-in/%0d%0a"] {
        let page = scene.browser.get(&scene.console.address(path)).await;
        assert_eq!(page.location(), "/sign-in?problem=unknown-provider");
        assert_eq!(page.status, StatusCode::SEE_OTHER);
    }
    let begun = scene.begin().await;
    let other = format!("/auth/callback/other?code=a-code&state={}", begun.state);
    assert_eq!(
        scene
            .browser
            .get(&scene.console.address(&other))
            .await
            .sent_with("problem"),
        "state"
    );
}

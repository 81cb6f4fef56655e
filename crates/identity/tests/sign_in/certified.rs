//! The whole sign-in against `oidc-provider`, an OpenID-certified provider that nobody here wrote, running in Node.js.
//!
//! Its packages come with `npm ci` in `tests/oidc-provider`, which `cargo xtask test` does before.

use std::path::Path;
use std::process::Stdio;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::browser::{Browser, Page};
use crate::setting::{Console, Place, provider};

struct Scene {
    console: Console,
    issuer: String,
    browser: Browser,
    lines: Lines<BufReader<ChildStdout>>,
    /// Ends with the test.
    node: Child,
}

impl Scene {
    async fn new() -> Self {
        Self::with(false).await
    }

    async fn with_refresh_tokens() -> Self {
        Self::with(true).await
    }

    async fn with(refresh_tokens: bool) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oidc-provider");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "the packages are missing: run `npm ci` in tests/oidc-provider, or `cargo xtask test`"
        );
        let place = Place::at(real_time()).await;
        let addresses = json!({
            "redirectUri": format!("{}/auth/callback/certified", place.origin),
            "postLogoutRedirectUri": format!("{}/sign-in", place.origin),
            "backchannelLogoutUri": format!("{}/auth/back-channel-logout/certified", place.origin),
            "refreshTokens": refresh_tokens,
        });
        let mut node = Command::new("node")
            .arg("server.mjs")
            .arg(addresses.to_string())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed");
        let mut lines = BufReader::new(node.stdout.take().expect("its output")).lines();
        let issuer = loop {
            let line = lines
                .next_line()
                .await
                .expect("its output")
                .expect("the provider starts");
            if let Ok(started) = serde_json::from_str::<Value>(&line) {
                break started["issuer"].as_str().expect("text").to_owned();
            }
        };
        let console = Console::open(place, vec![provider("certified", &issuer)]).await;
        Self {
            console,
            issuer,
            browser: Browser::new(),
            lines,
            node,
        }
    }

    /// Changes what the provider says of somebody; `null` removes them.
    async fn change(&mut self, person: &str, claims: Value) {
        let line = format!("{}\n", json!({ "id": person, "claims": claims }));
        let input = self.node.stdin.as_mut().expect("its input");
        input.write_all(line.as_bytes()).await.expect("it listens");
        let answer = self.lines.next_line().await.expect("its output");
        assert_eq!(answer.as_deref(), Some("{}"));
    }

    async fn leave(&mut self) -> Page {
        let address = self
            .console
            .address("/auth/sign-in/certified?return_to=/data-volumes");
        let page = self.browser.get(&address).await;
        self.browser.follow(page, &self.console.origin).await
    }

    /// Signs in on the provider's page and agrees to what the console asks for.
    async fn sign_in(&mut self, person: &str) -> Page {
        let page = self.leave().await;
        assert_eq!(page.field("prompt"), "login");
        let fields = [("prompt", "login"), ("login", person), ("password", "any")];
        let page = self.browser.post(&page.form_action(), &fields).await;
        let page = self.browser.follow(page, &self.console.origin).await;
        assert_eq!(page.field("prompt"), "consent");
        let page = self
            .browser
            .post(&page.form_action(), &[("prompt", "consent")])
            .await;
        let page = self.browser.follow(page, &self.console.origin).await;
        let back = page.location().to_owned();
        self.browser.get(&back).await
    }

    async fn me(&mut self) -> Page {
        self.browser.get(&self.console.address("/me")).await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the provider in the other process has a clock of its own"
)]
fn real_time() -> Timestamp {
    Timestamp::now()
}

#[tokio::test]
async fn somebody_signs_in_and_is_known_with_their_groups_and_roles() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.sign_in("ada").await.location(), "/data-volumes");
    let me = scene.me().await.json();
    assert_eq!(me["issuer"], scene.issuer);
    assert_eq!(me["subject"], "ada");
    assert_eq!(me["name"], "Ada Lovelace");
    assert_eq!(me["email"], "ada@example.org");
    assert_eq!(me["groups"], json!(["vision-editors", "speech-viewers"]));
    assert_eq!(me["grants"], json!(["Editor of 1 through vision-editors"]));
}

#[tokio::test]
async fn an_unverified_address_is_not_shown_and_one_group_may_come_as_text() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.sign_in("grace").await.location(), "/data-volumes");
    let me = scene.me().await.json();
    assert_eq!(me["email"], Value::Null);
    assert_eq!(me["groups"], json!(["vision-editors"]));
}

#[tokio::test]
async fn somebody_without_a_groups_claim_is_known_and_may_do_nothing() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.sign_in("katherine").await.location(), "/data-volumes");
    let me = scene.me().await.json();
    assert_eq!(me["name"], "Katherine Johnson");
    assert_eq!(me["groups"], json!([]));
    assert_eq!(me["grants"], json!([]));
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_the_provider() {
    let mut scene = Scene::new().await;
    scene.sign_in("ada").await;
    let old = scene.browser.cookies["stowage"].clone();
    let page = scene
        .browser
        .post(&scene.console.address("/auth/sign-out"), &[])
        .await;
    assert!(
        page.location()
            .starts_with(&format!("{}/session/end?", scene.issuer)),
        "{}",
        page.location()
    );
    let page = scene.browser.follow(page, &scene.console.origin).await;
    let fields = [("xsrf", page.field("xsrf")), ("logout", "yes")];
    let page = scene.browser.post(&page.form_action(), &fields).await;
    let page = scene
        .browser
        .follow(page, &scene.console.address("/sign-in"))
        .await;
    assert!(page.status.is_redirection(), "{}", page.text);

    // The provider asks again who it is.
    assert_eq!(scene.leave().await.field("prompt"), "login");
    scene.browser.cookies.insert("stowage".to_owned(), old);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn groups_are_read_again_from_userinfo_and_whoever_is_removed_is_out() {
    let mut scene = Scene::new().await;
    scene.sign_in("ada").await;
    let claims = json!({ "name": "Ada Lovelace", "groups": ["readers"] });
    scene.change("ada", claims).await;
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(scene.me().await.json()["groups"], json!(["readers"]));
    scene.change("ada", Value::Null).await;
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn groups_are_read_again_with_refresh_tokens_that_are_good_once() {
    let mut scene = Scene::with_refresh_tokens().await;
    scene.sign_in("ada").await;
    for groups in [json!(["readers"]), json!([]), json!("vision-editors")] {
        let claims = json!({ "name": "Ada Lovelace", "groups": groups });
        scene.change("ada", claims).await;
        scene.console.clock.hand_on_minutes(5);
        let expected = if groups.is_string() {
            json!([groups])
        } else {
            groups
        };
        assert_eq!(scene.me().await.json()["groups"], expected);
    }
    scene.change("ada", Value::Null).await;
    scene.console.clock.hand_on_minutes(5);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_at_the_provider_ends_the_session_here() {
    let mut scene = Scene::new().await;
    scene.sign_in("ada").await;
    assert_eq!(scene.me().await.status, StatusCode::OK);
    let page = scene
        .browser
        .get(&format!("{}/session/end", scene.issuer))
        .await;
    let fields = [("xsrf", page.field("xsrf")), ("logout", "yes")];
    let action = page.form_action();
    scene.browser.post(&action, &fields).await;
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

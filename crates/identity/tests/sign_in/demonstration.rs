//! The whole sign-in against the demonstration provider.

use std::fs;
use std::sync::{Arc, LazyLock};

use axum::http::StatusCode;
use demonstration_provider::{Client, Config, DemonstrationProvider, Person};
use domain::Clock;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::browser::{Browser, Page};
use crate::setting::{CLIENT_SECRET, Console, Place, provider};

/// The provider's signing key, made once: that takes a while.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("key.pem");
    let config = Config {
        issuer: "http://127.0.0.1:1".to_owned(),
        signing_key_path: path.clone(),
        people: vec![],
        clients: vec![],
    };
    DemonstrationProvider::start(config, Arc::new(NoTime)).expect("a provider");
    fs::read_to_string(path).expect("its key")
});

struct NoTime;

impl Clock for NoTime {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

struct Scene {
    console: Console,
    issuer: String,
    browser: Browser,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let place = Place::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let folder = TempDir::new().expect("a folder");
        let signing_key_path = folder.path().join("key.pem");
        fs::write(&signing_key_path, KEY.as_str()).expect("the key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&signing_key_path, fs::Permissions::from_mode(0o600))
                .expect("permissions");
        }
        let person = |id: &str, name: &str, groups: &[&str]| Person {
            id: id.to_owned(),
            name: name.to_owned(),
            email: format!("{id}@example.org"),
            groups: groups.iter().map(ToString::to_string).collect(),
        };
        let config = Config {
            issuer: issuer.clone(),
            signing_key_path,
            people: vec![
                person("ada", "Ada Lovelace", &["vision-editors"]),
                person("alan", "Alan Turing", &[]),
            ],
            clients: vec![Client {
                id: "stowage".to_owned(),
                secret: CLIENT_SECRET.to_owned(),
                redirect_uris: vec![format!("{}/auth/callback/demonstration", place.origin)],
                post_logout_redirect_uris: vec![format!("{}/sign-in", place.origin)],
                back_channel_logout_uri: Some(format!(
                    "{}/auth/back-channel-logout/demonstration",
                    place.origin
                )),
            }],
        };
        let clock: Arc<dyn Clock> = place.clock.clone();
        let demonstration = DemonstrationProvider::start(config, clock).expect("a provider");
        tokio::spawn(async move { demonstration.serve(listener).await });
        let console = Console::open(place, vec![provider("demonstration", &issuer)]).await;
        Self {
            console,
            issuer,
            browser: Browser::new(),
            _folder: folder,
        }
    }

    /// From the console's button to the provider's page, or back at once where it knows who this is.
    async fn leave(&mut self) -> Page {
        let address = self
            .console
            .address("/auth/sign-in/demonstration?return_to=/data-volumes");
        let page = self.browser.get(&address).await;
        self.browser.follow(page, &self.console.origin).await
    }

    async fn choose(&mut self, page: &Page, field: (&str, &str)) -> Page {
        let token = page.field("sign_in").to_owned();
        let sent = self
            .browser
            .post(&page.form_action(), &[("sign_in", &token), field])
            .await;
        let back = sent.location().to_owned();
        self.browser.get(&back).await
    }

    async fn sign_in(&mut self, person: &str) {
        let page = self.leave().await;
        let landed = self.choose(&page, ("person", person)).await;
        assert_eq!(landed.location(), "/data-volumes");
    }

    async fn me(&mut self) -> Page {
        self.browser.get(&self.console.address("/me")).await
    }
}

#[tokio::test]
async fn somebody_signs_in_and_is_known_with_their_groups_and_roles() {
    let mut scene = Scene::new().await;
    scene.sign_in("ada").await;
    let me = scene.me().await.json();
    assert_eq!(me["issuer"], scene.issuer);
    assert_eq!(me["subject"], "ada");
    assert_eq!(me["name"], "Ada Lovelace");
    assert_eq!(me["email"], "ada@example.org");
    assert_eq!(me["groups"], json!(["vision-editors"]));
    assert_eq!(me["grants"], json!(["Editor of 1 through vision-editors"]));
}

#[tokio::test]
async fn somebody_in_no_group_is_known_and_may_do_nothing() {
    let mut scene = Scene::new().await;
    scene.sign_in("alan").await;
    let me = scene.me().await.json();
    assert_eq!(me["groups"], json!([]));
    assert_eq!(me["grants"], json!([]));
}

#[tokio::test]
async fn whoever_turns_back_is_told_so() {
    let mut scene = Scene::new().await;
    let page = scene.leave().await;
    let landed = scene.choose(&page, ("cancel", "yes")).await;
    assert_eq!(
        landed.location(),
        "/sign-in?problem=denied&return_to=%2Fdata-volumes"
    );
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
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
            .starts_with(&format!("{}/end-session?", scene.issuer)),
        "{}",
        page.location()
    );
    assert_eq!(
        page.sent_with("post_logout_redirect_uri"),
        scene.console.address("/sign-in")
    );
    let page = scene.browser.follow(page, &scene.console.origin).await;
    assert_eq!(page.location(), scene.console.address("/sign-in"));

    // The provider asks again who it is.
    assert_eq!(scene.leave().await.status, StatusCode::OK);
    scene.browser.cookies.insert("stowage".to_owned(), old);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_at_the_provider_ends_the_session_here_and_no_other() {
    let mut scene = Scene::new().await;
    scene.sign_in("ada").await;
    let here = std::mem::replace(&mut scene.browser, Browser::new());
    scene.sign_in("ada").await;
    let elsewhere = std::mem::replace(&mut scene.browser, here);

    let end_session = format!("{}/end-session", scene.issuer);
    let page = scene.browser.get(&end_session).await;
    let token = page.field("sign_out").to_owned();
    let sign_out = page.form_action();
    let page = scene.browser.post(&sign_out, &[("sign_out", &token)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(scene.me().await.status, StatusCode::UNAUTHORIZED);
    scene.browser = elsewhere;
    assert_eq!(scene.me().await.status, StatusCode::OK);
}

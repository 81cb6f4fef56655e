//! Imports from a server of S3 that nobody here wrote: `s3s-fs`, which keeps its objects as files of a folder.
//!
//! It comes with `cargo xtask test`; `STOWAGE_TEST_S3` names its program.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use agent::{Access, Credential, Limits, SourceCredential, Ticket, TicketKey, Volume};
use axum::Router;
use axum::body::Body;
use domain::{Clock, ImportState, VolumePath};
use http::Request;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wire::ImportStanding;

const CLAIM: &str = "claim-1";
const KEY: (&str, &str) = ("AKIAEXAMPLE", "hush-hush/and+more=");
const BUCKET: &str = "data";
/// More than one page of a listing.
const MANY: usize = 1_234;
/// Not a multiple of anything.
const LARGE: usize = (5 << 20) + 12_345;

/// Signatures are of this hour, whatever other tests think.
struct Now;

impl Clock for Now {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server compares it with its own clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A server with a bucket, and an agent with a volume.
struct Scene {
    folder: tempfile::TempDir,
    router: Router,
    key: TicketKey,
    server: Child,
    port: u16,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Scene {
    async fn new() -> Self {
        let program = std::env::var_os("STOWAGE_TEST_S3")
            .expect("STOWAGE_TEST_S3 names the program s3s-fs; `cargo xtask test` sets it");
        let folder = tempfile::tempdir().unwrap();
        for name in ["volume", "objects/data"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        // Free a moment ago; whoever takes it in between makes the server end, and that is seen.
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let server = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--access-key", KEY.0, "--secret-key", KEY.1])
            .arg(folder.path().join("objects"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let limits = Limits {
            import_pause: Duration::from_millis(20),
            ..Limits::default()
        };
        let volume = Volume::open(CLAIM, &folder.path().join("volume"), limits).unwrap();
        let key = TicketKey::new([42; 32]);
        let router = agent::router(Arc::new(volume), key.clone(), Arc::new(Now));
        let mut scene = Self {
            folder,
            router,
            key,
            server,
            port,
        };
        scene.until_it_listens().await;
        scene
    }

    async fn until_it_listens(&mut self) {
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port))
            .await
            .is_err()
        {
            assert_eq!(self.server.try_wait().unwrap(), None, "the server ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn put(&self, key: &str, content: &[u8]) {
        let path = self.folder.path().join("objects").join(BUCKET).join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn stored(&self, path: &str) -> PathBuf {
        self.folder.path().join("volume").join(path)
    }

    fn order(&self, bucket: &str, prefix: &str) -> Value {
        json!({
            "source": {
                "kind": "s3",
                "endpoint": format!("http://127.0.0.1:{}", self.port),
                "region": "us-east-1",
                "bucket": bucket,
                "prefix": prefix,
                "pathStyle": true,
            },
            "into": "from s3",
            "permittedNetworks": ["127.0.0.0/8"],
        })
    }

    fn ticket(&self, secret: Option<&str>) -> String {
        let credential = secret.map(|secret| SourceCredential {
            credential: Credential::S3 {
                access_key_id: KEY.0.to_owned(),
                secret_access_key: secret.to_owned(),
                session_token: None,
            },
            origins: vec![format!("http://127.0.0.1:{}", self.port)],
        });
        self.key.sign(&Ticket {
            volume: CLAIM.to_owned(),
            subject: "ada".to_owned(),
            access: Access::Write,
            folders: vec![VolumePath::root()],
            expires_at: Timestamp::MAX,
            credential,
        })
    }

    async fn ask(&self, method: &str, id: &str, ticket: &str, body: String) -> ImportStanding {
        let request = Request::builder()
            .method(method)
            .uri(format!("/imports/{id}"))
            .header("stowage-ticket", ticket)
            .body(Body::from(body))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// Runs an import to its end.
    async fn imported(&self, id: &str, order: &Value, secret: Option<&str>) -> ImportStanding {
        let ticket = self.ticket(secret);
        let mut standing = self.ask("PUT", id, &ticket, order.to_string()).await;
        while !standing.state.is_over() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            standing = self.ask("GET", id, &ticket, String::new()).await;
        }
        standing
    }
}

fn counts(standing: &ImportStanding) -> [u64; 4] {
    let files = standing.progress.files;
    [files.found, files.stored, files.unchanged, files.failed]
}

fn large() -> Vec<u8> {
    (0..=250).cycle().take(LARGE).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_comes_whole_and_then_only_what_is_new() {
    let scene = Scene::new().await;
    for number in 0..MANY {
        scene.put(
            &format!("set/{}/{number}.txt", number % 7),
            number.to_string().as_bytes(),
        );
    }
    scene.put("set/large file, ä.bin", &large());
    scene.put("set/empty", b"");
    scene.put("other/not asked for", b"x");
    let order = scene.order(BUCKET, "set/");
    let standing = scene.imported("one", &order, Some(KEY.1)).await;
    assert_eq!(standing.state, ImportState::Succeeded, "{standing:?}");
    let count = MANY as u64 + 2;
    assert_eq!(counts(&standing), [count, count, 0, 0]);
    assert_eq!(
        standing.progress.bytes.found,
        Some(standing.progress.bytes.stored)
    );
    for number in [0, 999, 1_000, MANY - 1] {
        let path = scene.stored(&format!("from s3/{}/{number}.txt", number % 7));
        assert_eq!(std::fs::read_to_string(path).unwrap(), number.to_string());
    }
    let stored = std::fs::read(scene.stored("from s3/large file, ä.bin")).unwrap();
    assert!(stored == large());
    assert!(!scene.stored("from s3/not asked for").exists());
    let staged = std::fs::read_dir(scene.stored(".stowage/uploads")).unwrap();
    assert_eq!(staged.count(), 0);

    scene.put("set/3/3.txt", b"three, and more");
    scene.put("set/new", b"new");
    std::fs::remove_file(scene.stored("from s3/4/4.txt")).unwrap();
    let standing = scene.imported("two", &order, Some(KEY.1)).await;
    assert_eq!(
        counts(&standing),
        [count + 1, 3, count - 2, 0],
        "{standing:?}"
    );
    let path = scene.stored("from s3/3/3.txt");
    assert_eq!(std::fs::read(path).unwrap(), b"three, and more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_and_a_wrong_bucket_are_told_in_the_server_s_words() {
    let scene = Scene::new().await;
    scene.put("a", b"a");
    for (bucket, secret, reason) in [
        (BUCKET, Some("wrong"), "SignatureDoesNotMatch"),
        (BUCKET, None, "AccessDenied"),
        ("none", Some(KEY.1), "NoSuchBucket"),
    ] {
        let order = scene.order(bucket, "");
        let standing = scene.imported("one", &order, secret).await;
        assert_eq!(standing.state, ImportState::Failed);
        let message = &standing.progress.message;
        assert!(message.contains(reason), "{message}");
        assert!(
            !message.contains("wrong") && !message.contains("X-Amz"),
            "{message}"
        );
    }
}

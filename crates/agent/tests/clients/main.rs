//! tus clients that nobody here wrote, against the agent over real sockets: `tus-js-client` and `tuspy`.
//!
//! They come with `cargo xtask test`: the packages of `tests/tus-clients`, and the Python that
//! `STOWAGE_TEST_PYTHON` names.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::{Access, Limits, Ticket, TicketKey, Volume};
use domain::{Clock, VolumePath};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::process::Command;

const CLAIM: &str = "claim-1";
/// Not a multiple of anything.
const SIZE: usize = (5 << 20) + 12_345;

/// The instant at which all of this happens.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// An agent over a temporary folder, and a file to send.
struct Scene {
    folder: tempfile::TempDir,
    address: SocketAddr,
    ticket: String,
    content: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("volume")).unwrap();
        let volume = Volume::open(CLAIM, &folder.path().join("volume"), Limits::default()).unwrap();
        let key = TicketKey::new([42; 32]);
        let ticket = key.sign(&Ticket {
            volume: CLAIM.to_owned(),
            subject: "ada".to_owned(),
            access: Access::Write,
            folders: vec![VolumePath::root()],
            expires_at: Timestamp::from_second(1_000_000).unwrap(),
            credential: None,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = agent::router(Arc::new(volume), key, Arc::new(Noon));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let content: Vec<u8> = (0..=250).cycle().take(SIZE).collect();
        std::fs::write(folder.path().join("source"), &content).unwrap();
        Self {
            folder,
            address,
            ticket,
            content,
        }
    }

    /// Lets a client go one way, and answers the upload's address.
    async fn client(&self, program: &Path, script: &str, way: &str) -> String {
        let asked = json!({
            "endpoint": format!("http://{}/uploads", self.address),
            "headers": { "Stowage-Ticket": self.ticket },
            "file": self.folder.path().join("source"),
            "way": way,
        });
        let ended = Command::new(program)
            .arg(script)
            .arg(asked.to_string())
            .current_dir(clients())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        let complained = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{way}: {said}{complained}");
        let line: Value = serde_json::from_str(said.trim()).unwrap();
        line["url"].as_str().unwrap_or_default().to_owned()
    }

    async fn javascript(&self, way: &str) -> String {
        assert!(
            clients().join("node_modules/tus-js-client").is_dir(),
            "the packages are missing: run `npm ci` in tests/tus-clients, or `cargo xtask test`"
        );
        self.client(Path::new("node"), "client.mjs", way).await
    }

    async fn python(&self, way: &str) -> String {
        let python = std::env::var_os("STOWAGE_TEST_PYTHON")
            .expect("STOWAGE_TEST_PYTHON names a Python with tuspy; `cargo xtask test` sets it");
        self.client(Path::new(&python), "client.py", way).await
    }

    /// The file is there, whole, and nothing else is.
    fn has_stored(&self, way: &str) {
        let volume = self.folder.path().join("volume");
        let stored = std::fs::read(volume.join(format!("{way}.bin"))).unwrap();
        assert!(stored == self.content, "{way}: not what was sent");
        self.has_no_parts();
    }

    fn has_no_parts(&self) {
        let staging = self.folder.path().join("volume/.stowage/uploads");
        for entry in std::fs::read_dir(staging).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name.ends_with(".journal"), "{name} is left");
        }
    }
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tus-clients")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tus_js_client_uploads_in_every_way_that_it_knows() {
    for way in [
        "whole",
        "chunked",
        "with-creation",
        "parallel",
        "deferred",
        "resumed",
    ] {
        let scene = Scene::new().await;
        scene.javascript(way).await;
        scene.has_stored(way);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tus_js_client_gives_an_upload_up() {
    let scene = Scene::new().await;
    scene.javascript("terminated").await;
    assert!(!scene.folder.path().join("volume/terminated.bin").exists());
    scene.has_no_parts();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tuspy_uploads_in_every_way_that_it_knows() {
    for way in ["checked", "resumed", "asynchronous"] {
        let scene = Scene::new().await;
        scene.python(way).await;
        scene.has_stored(way);
    }
}

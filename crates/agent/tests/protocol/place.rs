//! A volume in a temporary folder, people with tickets, and requests in few words.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use agent::{Access, Limits, Ticket, TicketKey, Volume};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::{Clock, VolumePath};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;
use wire::{Problem, UnfinishedUpload};

pub(crate) const CLAIM: &str = "claim-1";
pub(crate) const STREAM: (&str, &str) = ("content-type", "application/offset+octet-stream");
pub(crate) const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

/// A clock that is moved by hand.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn forward(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// One volume and its door. The volume lies in a folder of the test's own, in which nothing may change.
pub(crate) struct Place {
    outer: tempfile::TempDir,
    root: PathBuf,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) volume: Arc<Volume>,
    pub(crate) router: Router,
}

pub(crate) fn key() -> TicketKey {
    TicketKey::new([42; 32])
}

/// The instant at which every test begins.
pub(crate) fn beginning() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn ticket(subject: &str, access: Access) -> Ticket {
    let expires_at = "2031-01-01T00:00:00Z".parse().unwrap();
    Ticket {
        volume: CLAIM.to_owned(),
        subject: subject.to_owned(),
        access,
        folders: vec![VolumePath::root()],
        expires_at,
        credential: None,
    }
}

/// `Upload-Metadata` of a file.
pub(crate) fn metadata(path: &str, more: &[(&str, &str)]) -> String {
    let pairs = [("relativePath", path)]
        .into_iter()
        .chain(more.iter().copied());
    pairs
        .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
        .collect::<Vec<_>>()
        .join(",")
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self::over(tempfile::tempdir().unwrap(), limits)
    }

    pub(crate) fn over(outer: tempfile::TempDir, limits: Limits) -> Self {
        let root = outer.path().join("volume");
        std::fs::create_dir_all(&root).unwrap();
        let clock = Arc::new(HandClock(Mutex::new(beginning())));
        let volume = Arc::new(Volume::open(CLAIM, &root, limits).unwrap());
        let router = agent::router(Arc::clone(&volume), key(), clock.clone());
        Self {
            outer,
            root,
            clock,
            volume,
            router,
        }
    }

    /// The same folder after the agent was started again.
    pub(crate) fn restarted(self, limits: Limits) -> Self {
        let now = self.clock.now();
        let place = Self::over(self.outer, limits);
        *place.clock.0.lock().unwrap() = now;
        place
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder around the volume.
    pub(crate) fn outer(&self) -> &Path {
        self.outer.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.path(path)).unwrap()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// The names of what is staged.
    pub(crate) fn staged(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(".stowage/uploads")) else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The one staged file with this ending.
    pub(crate) fn staged_file(&self, ending: &str) -> PathBuf {
        let names = self.staged();
        let name = names.iter().find(|name| name.ends_with(ending)).unwrap();
        self.path(".stowage/uploads").join(name)
    }

    /// Begins an upload as Ada and answers its address.
    pub(crate) async fn begin(&self, path: &str, length: usize, more: &[(&str, &str)]) -> String {
        let answer = self.try_begin(path, length, more).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        format!("/{}", answer.header("location").unwrap())
    }

    pub(crate) async fn try_begin(
        &self,
        path: &str,
        length: usize,
        more: &[(&str, &str)],
    ) -> Answer {
        ask("POST", "/uploads")
            .tus()
            .with("upload-length", &length.to_string())
            .with("upload-metadata", &metadata(path, more))
            .of(self)
            .await
    }

    /// Ada's unfinished uploads, as an agent sees them that has just started.
    pub(crate) async fn restarted_list(&self) -> Vec<UnfinishedUpload> {
        let volume = Arc::new(Volume::open(CLAIM, self.root(), Limits::default()).unwrap());
        let router = agent::router(volume, key(), self.clock.clone());
        let response = router
            .oneshot(ask("GET", "/uploads").into_request())
            .await
            .unwrap();
        Answer::of(response).await.read()
    }

    /// Sends bytes to an upload of Ada's.
    pub(crate) async fn append(
        &self,
        upload: &str,
        offset: usize,
        bytes: impl AsRef<[u8]>,
    ) -> Answer {
        patch(upload, offset, bytes).of(self).await
    }

    /// What is stored of an upload of Ada's.
    pub(crate) async fn offset(&self, upload: &str) -> usize {
        let answer = ask("HEAD", upload).tus().of(self).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.header("upload-offset").unwrap().parse().unwrap()
    }

    /// Uploads a whole file as Ada.
    pub(crate) async fn upload(&self, path: &str, content: &[u8], more: &[(&str, &str)]) -> Answer {
        let answer = self.try_begin(path, content.len(), more).await;
        if answer.status != 201 || content.is_empty() {
            return answer;
        }
        self.append(
            &format!("/{}", answer.header("location").unwrap()),
            0,
            content,
        )
        .await
    }
}

pub(crate) fn patch(upload: &str, offset: usize, bytes: impl AsRef<[u8]>) -> Asked {
    let bytes = Bytes::copy_from_slice(bytes.as_ref());
    ask("PATCH", upload)
        .tus()
        .with(STREAM.0, STREAM.1)
        .with("upload-offset", &offset.to_string())
        .body(bytes)
}

/// A request that is being put together; by Ada, who may write, unless said otherwise.
pub(crate) struct Asked {
    request: Request<Body>,
    has_ticket: bool,
}

pub(crate) fn ask(method: &str, address: &str) -> Asked {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .body(Body::empty())
        .unwrap();
    Asked {
        request,
        has_ticket: false,
    }
}

impl Asked {
    pub(crate) fn tus(self) -> Self {
        self.with(TUS.0, TUS.1)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.request
            .headers_mut()
            .append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    pub(crate) fn json(self, json: &str) -> Self {
        self.with("content-type", "application/json")
            .body(json.to_owned())
    }

    pub(crate) fn by(self, subject: &str) -> Self {
        self.under(&key().sign(&ticket(subject, Access::Write)))
    }

    pub(crate) fn under(mut self, ticket: &str) -> Self {
        self.has_ticket = true;
        self.with("stowage-ticket", ticket)
    }

    pub(crate) fn without_ticket(mut self) -> Self {
        self.has_ticket = true;
        self
    }

    pub(crate) fn into_request(self) -> Request<Body> {
        let asked = if self.has_ticket {
            self
        } else {
            self.by("ada")
        };
        asked.request
    }

    pub(crate) async fn of(self, place: &Place) -> Answer {
        Answer::of(
            place
                .router
                .clone()
                .oneshot(self.into_request())
                .await
                .unwrap(),
        )
        .await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, 200, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The refusal, whose status must be the answer's.
    pub(crate) fn problem(&self) -> Problem {
        let problem: Problem = serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no problem: {}", self.text()));
        assert_eq!(problem.code, self.status);
        assert!(!problem.message.is_empty());
        problem
    }
}

/// `Upload-Checksum` of a body: a CRC-32C for each MiB of it.
pub(crate) fn checksum_of_each_mebibyte(body: &[u8]) -> String {
    let crcs: Vec<u8> = body
        .chunks(1 << 20)
        .flat_map(|piece| crc32c::crc32c(piece).to_be_bytes())
        .collect();
    format!("crc32c-mib {}", STANDARD.encode(crcs))
}

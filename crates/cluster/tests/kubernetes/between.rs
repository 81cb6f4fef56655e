//! What stands between the console and the API server, and can be in the way: an answer that is another
//! one, a watch that ends, a server that is away.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use kube::Client;
use kube::config::Kubeconfig;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::hands::{Hands, connect};

/// What a watch is told last.
const FORGOTTEN: &str = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version","reason":"Expired","code":410}}"#;

/// Passes requests on, unless it was told otherwise.
pub(crate) struct Between {
    inner: Arc<Inner>,
    folder: TempDir,
}

struct Inner {
    client: Client,
    /// The next answers to requests that begin to watch; 0 breaks the connection.
    to_watches: Mutex<VecDeque<u16>>,
    /// What open watches are told before they end.
    ends: broadcast::Sender<&'static str>,
    is_away: AtomicBool,
    /// Requests that would change something, by method and path.
    writes: Mutex<Vec<String>>,
}

impl Between {
    /// In front of the cluster, with the console's account.
    pub(crate) async fn new(hands: &Hands) -> Self {
        let kubeconfig = Kubeconfig::read_from(&hands.console).unwrap();
        let inner = Arc::new(Inner {
            client: connect(&kubeconfig).await.unwrap(),
            to_watches: Mutex::default(),
            ends: broadcast::channel(16).0,
            is_away: AtomicBool::new(false),
            writes: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .fallback(pass_on)
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "between",
            "contexts": [{"name": "between", "context": {"cluster": "between", "user": "nobody"}}],
            "clusters": [{"name": "between", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "nobody", "user": {}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        Self { inner, folder }
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Answers the next requests to watch with these codes; 0 breaks the connection.
    pub(crate) fn answer_watches(&self, codes: &[u16]) {
        self.inner.to_watches.lock().unwrap().extend(codes);
    }

    /// Ends every open watch without a word.
    pub(crate) fn end_watches(&self) {
        let _ = self.inner.ends.send("");
    }

    /// Ends every open watch: the server has forgotten where it was.
    pub(crate) fn forget_watches(&self) {
        let _ = self.inner.ends.send(FORGOTTEN);
    }

    /// Breaks every connection, or lets requests through again.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.inner.is_away.store(is_away, Ordering::SeqCst);
        if is_away {
            self.end_watches();
        }
    }

    /// What would have been changed since the last question.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.writes.lock().unwrap())
    }
}

async fn pass_on(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let is_watch = request
        .uri()
        .query()
        .unwrap_or_default()
        .contains("watch=true");
    if inner.is_away.load(Ordering::SeqCst) {
        return broken();
    }
    if is_watch && let Some(code) = { inner.to_watches.lock().unwrap().pop_front() } {
        return refusal(code);
    }
    if !request.method().is_safe() {
        let write = format!("{} {}", request.method(), request.uri().path());
        inner.writes.lock().unwrap().push(write);
    }
    let mut ended = inner.ends.subscribe();
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(http::header::HOST);
    parts.headers.remove(http::header::CONTENT_LENGTH);
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let request = http::Request::from_parts(parts, kube::client::Body::from(body));
    let Ok(answer) = inner.client.send(request).await else {
        return broken();
    };
    let (parts, body) = answer.into_parts();
    let body = Body::new(body);
    let body = if is_watch {
        let last = async move {
            let last = ended.recv().await.unwrap_or_default();
            (!last.is_empty()).then(|| format!("{last}\n"))
        };
        let (told, telling) = tokio::sync::oneshot::channel();
        let until = async move {
            let _ = told.send(last.await);
        };
        let last = futures::stream::once(telling)
            .filter_map(async |last| last.ok().flatten())
            .map(|last| Ok::<_, axum::Error>(last.into()));
        Body::from_stream(body.into_data_stream().take_until(until).chain(last))
    } else {
        body
    };
    let mut answer = Response::from_parts(parts, body);
    answer.headers_mut().remove(http::header::TRANSFER_ENCODING);
    answer.headers_mut().remove(http::header::CONTENT_LENGTH);
    answer
}

fn refusal(code: u16) -> Response {
    if code == 0 {
        return broken();
    }
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "not now", "reason": "", "code": code,
    });
    Response::builder()
        .status(code)
        .header("retry-after", "1")
        .header("content-type", "application/json")
        .body(Body::from(status.to_string()))
        .unwrap()
}

/// An answer that breaks off before its first byte.
fn broken() -> Response {
    let broken = futures::stream::once(async { Err::<axum::body::Bytes, _>("the server is away") });
    Response::new(Body::from_stream(broken))
}

//! A source on this machine: files with tags, which it may cut, change or refuse.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, StatusCode};

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where the range begins that was asked for.
    pub(crate) fn begin(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }
}

type Answering = dyn Fn(&Seen, usize) -> Response + Send + Sync;

/// A server that notes what it is asked.
pub(crate) struct Source {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Source {
    /// Answers each request with what `answer` makes of it, told how often this path was asked for before.
    pub(crate) async fn answering(
        answer: impl Fn(&Seen, usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (noted, answer): (_, Arc<Answering>) = (Arc::clone(&seen), Arc::new(answer));
        let router = Router::new().fallback(async move |request: Request| {
            let asked = Seen {
                path: request.uri().to_string(),
                headers: request.headers().clone(),
            };
            let before = {
                let mut noted = noted.lock().unwrap();
                let before = noted.iter().filter(|seen| seen.path == asked.path).count();
                noted.push(asked.clone());
                before
            };
            answer(&asked, before)
        });
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            address,
            seen,
            serving,
        }
    }

    /// Serves these files, each whole.
    pub(crate) async fn of(files: &[(&str, &[u8])]) -> Self {
        let files: HashMap<String, Vec<u8>> = files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), content.to_vec()))
            .collect();
        Self::answering(move |seen, _| match files.get(&seen.path) {
            Some(content) => file(seen, content, "\"one\"", None),
            None => StatusCode::NOT_FOUND.into_response(),
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn origin(&self) -> String {
        self.url("")
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path == path).count()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A file, or the part of it that is asked for, cut after so many bytes.
pub(crate) fn file(seen: &Seen, content: &[u8], tag: &str, cut_after: Option<usize>) -> Response {
    if seen.header("if-none-match") == Some(tag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let begin = seen
        .begin()
        .filter(|_| seen.header("if-range").is_none_or(|other| other == tag));
    let rest = content[begin.unwrap_or(0)..].to_vec();
    let mut answer = Response::builder()
        .header("etag", tag)
        .header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")
        .header("content-length", rest.len());
    if let Some(begin) = begin {
        let range = format!("bytes {begin}-{}/{}", content.len() - 1, content.len());
        answer = answer.status(206).header("content-range", range);
    }
    answer.body(cut(rest, cut_after)).unwrap()
}

/// A body that breaks off after so many bytes.
pub(crate) fn cut(mut bytes: Vec<u8>, after: Option<usize>) -> Body {
    let Some(after) = after.filter(|after| *after < bytes.len()) else {
        return Body::from(bytes);
    };
    bytes.truncate(after);
    let pieces: Vec<Result<Bytes, std::io::Error>> = bytes
        .chunks(64 << 10)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let end = stream::once(async {
        // What was sent before must have left this machine's buffers.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        Err(std::io::Error::other("cut"))
    });
    Body::from_stream(futures::StreamExt::chain(stream::iter(pieces), end))
}

/// A body that begins and never ends.
pub(crate) fn endless(bytes: Vec<u8>) -> Body {
    let begun = stream::once(async { Ok::<_, std::io::Error>(Bytes::from(bytes)) });
    Body::from_stream(futures::StreamExt::chain(begun, stream::pending()))
}

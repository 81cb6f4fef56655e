//! A web server with a few files, small enough to be read.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it has, by path. What it has not yet, whoever asks waits for.
#[derive(Default)]
struct Shelf {
    files: Mutex<HashMap<String, (u32, Vec<u8>)>>,
    asked: AtomicUsize,
}

pub(crate) struct WebServer {
    shelf: Arc<Shelf>,
    origin: String,
}

impl WebServer {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let shelf = Arc::<Shelf>::default();
        let served = shelf.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, served.clone()));
            }
        });
        Ok(Self { shelf, origin })
    }

    /// Has a file, or another content of one.
    pub(crate) fn put(&self, path: &str, content: &[u8]) {
        let mut files = self.shelf.files.lock().unwrap();
        let (version, bytes) = files.entry(path.to_owned()).or_default();
        *version += 1;
        *bytes = content.to_vec();
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.shelf.asked.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, shelf: Arc<Shelf>) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    shelf.asked.fetch_add(1, Ordering::SeqCst);
    let head = String::from_utf8(head)?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let found = shelf.files.lock().unwrap().get(path).cloned();
    let Some((version, bytes)) = found else {
        return std::future::pending().await;
    };
    let told = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: \"{version}\"\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    stream.write_all(told.as_bytes()).await?;
    if !head.starts_with("HEAD") {
        stream.write_all(&bytes).await?;
    }
    Ok(())
}

//! What a list is compared with: an axum handler that answers the same bytes from memory, in a process of its own.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// The argument with which this program is such a server.
pub(crate) const ROLE: &str = "from-memory";

/// Answers the content of a file at `/`, and says where first.
pub(crate) async fn serve(file: &Path) -> Result<()> {
    let content = Bytes::from(std::fs::read(file)?);
    let answer = get(async move || ([(CONTENT_TYPE, "application/json")], content.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, Router::new().route("/", answer)).await?)
}

/// Starts this program as such a server; it ends with what is answered.
pub(crate) async fn start(file: &Path) -> Result<(Child, String)> {
    let mut server = Command::new(std::env::current_exe()?)
        .arg(ROLE)
        .arg(file)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let said = server.stdout.take().context("its output")?;
    let mut lines = BufReader::new(said).lines();
    let address = lines.next_line().await?.context("its address")?;
    Ok((server, address))
}

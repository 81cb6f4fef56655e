//! What stands between a console and the API server, and can be taken away.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use kube::config::Kubeconfig;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes bytes on in both directions, as long as the server is said to be there.
pub(crate) struct Relay {
    is_there: watch::Sender<bool>,
    folder: TempDir,
}

impl Relay {
    /// In front of the server that a kubeconfig names.
    pub(crate) async fn new(kubeconfig: &Path) -> Result<Self> {
        let mut kubeconfig = Kubeconfig::read_from(kubeconfig)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let cluster = kubeconfig.clusters.first_mut().context("a cluster")?;
        let cluster = cluster.cluster.as_mut().context("its address")?;
        let server = cluster
            .server
            .replace(format!("https://{}", listener.local_addr()?));
        let server = server.context("a server")?;
        let server: SocketAddr = server.trim_start_matches("https://").parse()?;
        let folder = tempfile::tempdir()?;
        std::fs::write(
            folder.path().join("kubeconfig"),
            serde_json::to_string(&kubeconfig)?,
        )?;
        let (is_there, watched) = watch::channel(true);
        tokio::spawn(relay(listener, server, watched));
        Ok(Self { is_there, folder })
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Takes the server away, with every connection to it, or lets it be there again.
    pub(crate) fn set_there(&self, is_there: bool) {
        self.is_there.send_replace(is_there);
    }
}

async fn relay(listener: TcpListener, server: SocketAddr, is_there: watch::Receiver<bool>) {
    let is_there = Arc::new(is_there);
    while let Ok((mut near, _)) = listener.accept().await {
        let mut is_there = (*is_there).clone();
        tokio::spawn(async move {
            if !*is_there.borrow_and_update() {
                return;
            }
            let Ok(mut far) = TcpStream::connect(server).await else {
                return;
            };
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = is_there.wait_for(|is_there| !is_there) => {}
            }
        });
    }
}

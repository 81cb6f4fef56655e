//! The door: where connections come in, encrypted or not, until console or data agent end.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Tls;

/// How long requests may go on after the end; event streams never end by themselves.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// How long the head of a request may take. Bodies have a least rate of their own.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked whether there is a newer certificate.
const LOOKED_EVERY: Duration = Duration::from_mins(1);
/// What a client may send on one stream of HTTP/2 before it hears that it was read, in bytes. The protocol's own 64 KiB
/// make an upload wait for the distance again and again.
const STREAM_WINDOW: u32 = 4 << 20;
/// The same for all streams of a connection: also the most that a connection can have the console hold.
const CONNECTION_WINDOW: u32 = 16 << 20;

/// Says what is wrong with a certificate and its key.
pub(crate) fn check(files: &Tls) -> anyhow::Result<()> {
    settings(files).map(drop)
}

/// A bound address, and what connections to it are encrypted with.
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Certificate>,
}

impl Door {
    /// Takes the address and reads the certificate.
    pub(crate) fn open(address: SocketAddr, tls: Option<&Tls>) -> anyhow::Result<Self> {
        let certificate = tls.cloned().map(Certificate::read).transpose()?;
        let listener = TcpListener::bind(address).with_context(|| {
            format!("listening on {address}; choose another address with --listen")
        })?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            certificate,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.certificate.is_some() {
            "https"
        } else {
            "http"
        }
    }

    /// Serves until something has ended, and what goes on then for some seconds more.
    pub(crate) async fn serve(
        self,
        router: Router,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let handle = Handle::new();
        let stopped = handle.clone();
        tokio::spawn(async move {
            ended.await;
            stopped.graceful_shutdown(Some(STOPS_WITHIN));
        });
        let mut server = axum_server::from_tcp(self.listener)?
            .handle(handle)
            .first_request_timeout(HEAD_WITHIN);
        let protocols = server.http_builder();
        protocols.http1().header_read_timeout(HEAD_WITHIN);
        protocols
            .http2()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        match self.certificate {
            None => server.acceptor(NoDelayAcceptor).serve(router).await?,
            Some(certificate) => {
                let acceptor = RustlsAcceptor::new(certificate.shown.clone());
                tokio::spawn(certificate.renew_for_ever());
                let server: Server<SocketAddr, _> =
                    server.acceptor(acceptor.acceptor(NoDelayAcceptor));
                server.serve(router).await?;
            }
        }
        Ok(())
    }
}

/// A certificate of two files, as it was when they were last read.
struct Certificate {
    files: Tls,
    read_from: [SystemTime; 2],
    shown: RustlsConfig,
}

impl Certificate {
    fn read(files: Tls) -> anyhow::Result<Self> {
        let read_from = times(&files)?;
        let shown = RustlsConfig::from_config(Arc::new(settings(&files)?));
        Ok(Self {
            files,
            read_from,
            shown,
        })
    }

    /// Takes newer files into use. Files that are not right, such as half of a new pair, leave what is shown as it is.
    async fn renew_for_ever(mut self) {
        loop {
            tokio::time::sleep(LOOKED_EVERY).await;
            match self.renewed() {
                Ok(false) => {}
                Ok(true) => tracing::info!("the newer certificate is shown from now on"),
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "the certificate stays");
                }
            }
        }
    }

    fn renewed(&mut self) -> anyhow::Result<bool> {
        let times = times(&self.files)?;
        if times == self.read_from {
            return Ok(false);
        }
        self.shown
            .reload_from_config(Arc::new(settings(&self.files)?));
        self.read_from = times;
        Ok(true)
    }
}

fn times(files: &Tls) -> anyhow::Result<[SystemTime; 2]> {
    let time = |path: &Path| {
        let changed = fs::metadata(path).and_then(|about| about.modified());
        changed.with_context(|| format!("reading {} of [tls]", path.display()))
    };
    Ok([time(&files.certificate)?, time(&files.key)?])
}

/// What is agreed on with browsers: the pair, and HTTP/2 before HTTP/1.1.
fn settings(files: &Tls) -> anyhow::Result<ServerConfig> {
    let of = |path: &Path| format!("in {} of [tls]", path.display());
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| of(&files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).with_context(|| of(&files.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut settings = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .with_context(|| of(&files.certificate))?;
    settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(of: &str) -> (String, String) {
        let pair = rcgen::generate_simple_self_signed([of.to_owned()]).unwrap();
        (pair.cert.pem(), pair.signing_key.serialize_pem())
    }

    #[test]
    fn a_newer_pair_is_taken_and_half_of_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = Tls {
            certificate: folder.path().join("tls.crt"),
            key: folder.path().join("tls.key"),
        };
        let wrong = |result: anyhow::Result<()>| format!("{:#}", result.unwrap_err());
        assert!(wrong(check(&files)).contains("tls.crt of [tls]"));
        let (certificate, key) = pair("one.example");
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        let mut certificate = Certificate::read(files.clone()).unwrap();
        assert!(!certificate.renewed().unwrap());

        let shown = certificate.shown.get_inner();
        let (newer, newer_key) = pair("two.example");
        fs::write(&files.certificate, newer).unwrap();
        assert!(certificate.renewed().is_err());
        assert!(Arc::ptr_eq(&shown, &certificate.shown.get_inner()));

        fs::write(&files.key, newer_key).unwrap();
        assert!(certificate.renewed().unwrap());
        assert!(!Arc::ptr_eq(&shown, &certificate.shown.get_inner()));
        assert!(!certificate.renewed().unwrap());
        fs::write(&files.key, "no key").unwrap();
        assert!(wrong(check(&files)).contains("tls.key of [tls]"));
    }
}

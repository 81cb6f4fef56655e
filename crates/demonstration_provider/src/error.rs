//! What can keep the provider from starting. What goes wrong in a single request is answered there, in OAuth's words.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the demonstration provider did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The issuer is something else than a scheme, a loopback host and a port.
    #[error(
        "the issuer {0:?} has to be http://, a loopback host and a port, without a path or a slash at the end"
    )]
    Issuer(String),
    /// An address to return to that cannot be one.
    #[error(
        "the address {uri:?} of the client {client:?} has to be http:// or https://, without a fragment"
    )]
    ReturnAddress {
        /// The client's id.
        client: String,
        /// The address as configured.
        uri: String,
    },
    /// A person or a client without an id, or with one that another has already.
    #[error("the id {0:?} is empty or given twice")]
    Id(String),
    /// The file of the signing key cannot be read or written.
    #[error("the signing key's file {}", path.display())]
    KeyFile {
        /// The file that the caller named.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// The file of the signing key holds something else.
    #[error("{} is no RSA key in PKCS#8 PEM: {reason}", path.display())]
    KeyFormat {
        /// The file that the caller named.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// No key could be made.
    #[error("a signing key could not be made")]
    KeyGeneration(#[source] rsa::Error),
    /// The task that reads or makes the key ended early.
    #[error("the signing key was not read to the end")]
    KeyTask(#[source] tokio::task::JoinError),
    /// Nothing can be made that tells clients of sign-outs.
    #[error("clients cannot be told that somebody signs out")]
    Messenger(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The listener can be reached from elsewhere.
    #[error("the demonstration provider listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The listener failed.
    #[error("the demonstration provider's listener")]
    Listener(#[source] io::Error),
}

//! Why something was not done, in words for the person at the terminal.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use wire::Problem;

/// Why something was not done, and what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The console said no.
    #[error("{}{}", .0.message, about(.0))]
    Refused(Problem),
    /// The console did not answer.
    #[error("{url} cannot be reached: check the address and the network")]
    Unreachable {
        /// Where it should be.
        url: String,
        /// What went wrong.
        #[source]
        source: reqwest::Error,
    },
    /// No access key is known for the console.
    #[error(
        "not signed in: run `stowage login URL`, or set STOWAGE_URL, STOWAGE_CLIENT_ID and STOWAGE_CLIENT_SECRET"
    )]
    NotSignedIn,
    /// What was asked for cannot be done like this.
    #[error("{0}")]
    Unfit(String),
    /// A file or folder here.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The console's answer makes no sense.
    #[error("the answer of {url} cannot be read: is that a console of this version?")]
    Answer {
        /// Whose answer.
        url: String,
        /// What went wrong.
        #[source]
        source: serde_json::Error,
    },
    /// HTTPS cannot be set up on this machine.
    #[error("HTTPS cannot be used on this machine: {0}")]
    Tls(String),
    /// Not all files were copied; each was named before.
    #[error("{0}")]
    Incomplete(String),
}

impl Error {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

/// Which field, or where the log has more.
fn about(problem: &Problem) -> String {
    if problem.details.is_empty() {
        String::new()
    } else {
        format!(" ({})", problem.details)
    }
}

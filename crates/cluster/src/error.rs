//! What can go wrong on a cluster.

use thiserror::Error;

/// A refusal or a failure of a cluster, in words for people.
#[derive(Debug, Error)]
pub enum Error {
    /// The order cannot be carried out as it stands; the sentence says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// There is no such claim, project or mount (any more).
    #[error("{0}")]
    NotFound(String),
    /// The cluster does not answer or answers nonsense; worth another try.
    #[error("{doing}: {source}")]
    Unavailable {
        /// What was tried.
        doing: String,
        /// What came back.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The result of a verb.
pub type Result<T> = std::result::Result<T, Error>;

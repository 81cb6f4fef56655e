//! What the console answers when it cannot do what was asked. Transport-free; speaks to people.

use authz::{Action, Refusal};
use domain::Role;
use thiserror::Error;
use wire::Problem;

/// The result of a function of the service.
pub type Result<T> = std::result::Result<T, Error>;

/// What was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A data volume.
    DataVolume,
    /// A node of the scope tree.
    Scope,
    /// A share.
    Share,
    /// A request for a share.
    ShareRequest,
    /// An access rule.
    AccessRule,
    /// A PVC asset.
    ClaimAsset,
    /// An application.
    Application,
    /// An access key.
    AccessKey,
    /// A saved view.
    SavedView,
    /// A program that waits for a person.
    DeviceSignIn,
    /// An offer of a static volume.
    VolumeOffer,
    /// An import.
    Import,
}

impl Kind {
    fn as_words(self) -> &'static str {
        match self {
            Self::DataVolume => "data volume",
            Self::Scope => "scope",
            Self::Share => "share",
            Self::ShareRequest => "request",
            Self::AccessRule => "access rule",
            Self::ClaimAsset => "PVC asset",
            Self::Application => "application",
            Self::AccessKey => "access key",
            Self::SavedView => "saved view",
            Self::DeviceSignIn => "code",
            Self::VolumeOffer => "offer",
            Self::Import => "import",
        }
    }
}

/// A refusal or a failure.
#[derive(Debug, Error)]
pub enum Error {
    /// It is not there, or it is not the caller's to know.
    #[error("There is no such {} here.", .0.as_words())]
    NotFound(Kind),
    /// Seen, but not allowed.
    #[error("Your roles do not let you {}. {}", .0.as_words(), .0.who_can())]
    Forbidden(Action),
    /// Nobody gives or takes a role that may more than their own.
    #[error("{} is more than your own role here, so you cannot give or take it. A system administrator can.", .0.title())]
    StrongerRole(Role),
    /// A program asks for what is for people.
    #[error(
        "This is for people who are signed in: a program cannot do it. Open the console in a browser."
    )]
    ForPeople,
    /// A field is wrong.
    #[error("{message}")]
    Invalid {
        /// Its name, as in `wire`.
        field: &'static str,
        /// What is wrong and what would be right.
        message: String,
    },
    /// It does not fit the state of things; the sentence says what to do.
    #[error("{0}")]
    Conflict(String),
    /// It is not any more what the caller saw.
    #[error("It was changed meanwhile. Read it again, and repeat the change if it still fits.")]
    Changed,
    /// The data agent's own answer.
    #[error("{0}")]
    Agent(Problem),
    /// The cluster is away; worth another try.
    #[error("The cluster does not answer. Try again in a moment.")]
    ClusterAway(#[source] cluster::Error),
    /// The database failed.
    #[error("The console's database failed.")]
    Store(#[from] store::Error),
    /// An answer that makes no sense.
    #[error("The data agent's answer could not be read.")]
    BadAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn refused(refusal: Refusal, kind: Kind) -> Self {
        match refusal {
            Refusal::Invisible => Self::NotFound(kind),
            Refusal::Forbidden(action) => Self::Forbidden(action),
        }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            message: message.into(),
        }
    }

    fn code(&self) -> u16 {
        match self {
            Self::Invalid { .. } => 400,
            Self::Forbidden(_) | Self::StrongerRole(_) | Self::ForPeople => 403,
            Self::NotFound(_) => 404,
            Self::Conflict(_) => 409,
            Self::Changed => 412,
            Self::Agent(problem) => problem.code,
            Self::ClusterAway(_) => 503,
            Self::Store(_) | Self::BadAnswer(_) => 500,
        }
    }
}

impl From<cluster::Error> for Error {
    fn from(error: cluster::Error) -> Self {
        match error {
            cluster::Error::Refused(why) | cluster::Error::NotFound(why) => Self::Conflict(why),
            away @ cluster::Error::Unavailable { .. } => Self::ClusterAway(away),
        }
    }
}

impl From<&Error> for Problem {
    /// The one place where a failure becomes an answer, and so the one place where it is logged.
    fn from(error: &Error) -> Self {
        if let Error::Agent(problem) = error {
            return problem.clone();
        }
        let problem = Self::new(error.code(), error.to_string());
        match error {
            Error::Invalid { field, .. } => problem.with_details(*field),
            Error::Store(_) | Error::BadAnswer(_) | Error::ClusterAway(_) => {
                tracing::error!(error = chain(error), "a request failed");
                problem
            }
            _ => problem,
        }
    }
}

/// An error with all its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

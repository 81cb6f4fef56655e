//! Why a sign-in was refused, with the cause for the log. What the person reads is the [`SignInProblem`] alone.

use std::error::Error as StdError;
use std::fmt::Write as _;

use openidconnect::ClaimsVerificationError;
use thiserror::Error;
use wire::SignInProblem;

type Cause = Box<dyn StdError + Send + Sync>;

/// One refused sign-in.
#[derive(Debug, Error)]
pub(crate) enum Refused {
    #[error("there is no identity provider “{0}”")]
    UnknownProvider(String),
    #[error("the identity provider is away")]
    ProviderAway(#[source] Cause),
    #[error("the identity provider failed a moment ago and is not asked again yet: {0}")]
    ProviderStillAway(String),
    #[error("the state is none that this browser was given: {0}")]
    State(&'static str),
    #[error("the sign-in was begun more than ten minutes ago")]
    Expired,
    #[error("the identity provider said access_denied: {0:?}")]
    Denied(String),
    #[error("the identity provider said {error:?}: {description:?}")]
    Provider { error: String, description: String },
    #[error("the answer is not from the issuer that was asked but from {0:?}")]
    OtherIssuer(String),
    #[error("the identity provider's answer cannot be used")]
    Answer(#[source] Cause),
    #[error("the ID token is not acceptable")]
    IdToken(#[from] ClaimsVerificationError),
    #[error("the ID token is not acceptable: {0}")]
    Claim(&'static str),
    #[error("the ID token is not acceptable: {0}")]
    Time(&'static str),
    #[error("the groups are in another place than the token (overage)")]
    GroupsOverage,
    #[error("the groups cannot be read: {0}")]
    Groups(&'static str),
    #[error("the database failed")]
    Store(#[from] store::Error),
    #[error("the session cannot be kept")]
    Session(#[from] tower_sessions::session::Error),
}

impl Refused {
    pub(crate) fn answer(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::Answer(Box::new(cause))
    }

    pub(crate) fn away(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::ProviderAway(Box::new(cause))
    }

    /// Whether the next try may have another end although nothing was done about it.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::ProviderAway(_) | Self::ProviderStillAway(_) | Self::Store(_) | Self::Session(_)
        )
    }

    pub(crate) fn problem(&self) -> SignInProblem {
        match self {
            Self::UnknownProvider(_) => SignInProblem::UnknownProvider,
            Self::ProviderAway(_) | Self::ProviderStillAway(_) => SignInProblem::ProviderAway,
            Self::State(_) => SignInProblem::State,
            Self::Expired => SignInProblem::Expired,
            Self::Denied(_) => SignInProblem::Denied,
            Self::Provider { .. } => SignInProblem::Refused,
            Self::IdToken(ClaimsVerificationError::InvalidNonce(_)) => SignInProblem::Nonce,
            Self::Time(_) | Self::IdToken(ClaimsVerificationError::Expired(_)) => {
                SignInProblem::Clock
            }
            Self::OtherIssuer(_) | Self::Answer(_) | Self::Claim(_) | Self::IdToken(_) => {
                SignInProblem::Token
            }
            Self::GroupsOverage => SignInProblem::GroupsOverage,
            Self::Groups(_) => SignInProblem::Groups,
            Self::Store(_) | Self::Session(_) => SignInProblem::Console,
        }
    }
}

/// An error with everything that caused it, in one line for the log.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

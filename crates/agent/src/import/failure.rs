//! Why a file, or a whole import, does not come, in words for people.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::error::Error;

/// The most of a server's own words that is shown.
const MOST_WORDS: usize = 300;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Trying again would change nothing.
    #[error("{0}")]
    Lasting(String),
    /// It may go better in a moment.
    #[error("{message}")]
    Passing {
        message: String,
        retry_after: Option<Duration>,
    },
    /// There is no room for it, and so for nothing else.
    #[error("{0}")]
    Full(String),
    /// The import is being ended.
    #[error("The import was ended.")]
    Ended,
}

impl Failure {
    pub(super) fn lasting(message: impl Into<String>) -> Self {
        Self::Lasting(message.into())
    }

    pub(super) fn passing(message: impl Into<String>) -> Self {
        Self::Passing {
            message: message.into(),
            retry_after: None,
        }
    }

    /// What an answer means that is no success. `words` is what the server says of it.
    pub(super) fn of_status(status: StatusCode, headers: &HeaderMap, words: &str) -> Self {
        let code = status.as_u16();
        let says = if words.is_empty() {
            String::new()
        } else {
            format!(" ({})", readable(words))
        };
        match code {
            401 | 403 => Self::Lasting(format!(
                "The source refuses access with status {code}{says}. Check the credential and what it may read."
            )),
            404 | 410 => Self::Lasting(format!(
                "There is nothing at this address: status {code}{says}."
            )),
            408 | 425 | 429 | 500 | 502..=504 => Self::Passing {
                message: format!("The source cannot answer now: status {code}{says}."),
                retry_after: retry_after(headers),
            },
            _ => Self::Lasting(format!("The source answers with status {code}{says}.")),
        }
    }
}

/// How long the server wants to be left alone. A date is not read: the wait of our own is good enough.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// A stranger's words, made safe to show.
pub(super) fn readable(words: &str) -> String {
    words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST_WORDS)
        .collect()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Stopping => Self::Ended,
            Error::Cut => Self::passing("The connection ended early."),
            Error::Stalled => Self::passing("The source was silent, or too slow, for too long."),
            Error::TooLarge(_) => Self::lasting("The source sent more bytes than it had said."),
            error if error.is_full() => Self::Full(error.problem().message),
            error => Self::Lasting(error.problem().message),
        }
    }
}

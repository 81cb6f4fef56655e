//! What an answer says when it says no.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A refusal or a failure, in the shape of Run:ai's API: the status again, what happened, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct Problem {
    /// The HTTP status.
    pub code: u16,
    /// What happened and what to do, in one or two sentences.
    pub message: String,
    /// The field that is wrong, or the id under which the log has more; empty if neither.
    #[serde(default)]
    pub details: String,
}

impl Problem {
    /// A problem without details.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: String::new(),
        }
    }

    /// The same, naming a field or a log id.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }

    /// Whether it may go away by itself: the network, a neighbour or the load.
    pub fn is_temporary(&self) -> bool {
        matches!(self.code, 0 | 408 | 429 | 502..=504)
    }
}

#[cfg(feature = "server-fn")]
mod server_function {
    use server_fn::codec::JsonEncoding;
    use server_fn::error::{FromServerFnError, ServerFnErrorErr};

    use super::Problem;

    impl FromServerFnError for Problem {
        type Encoder = JsonEncoding;

        fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
            match error {
                ServerFnErrorErr::Request(_) => Self::new(
                    0,
                    "The console cannot be reached. Check the network; the page tries again by itself.",
                ),
                ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                    Self::new(400, "The request could not be read.").with_details(what)
                }
                other => Self::new(
                    500,
                    "The console's answer could not be read. Reload the page.",
                )
                .with_details(other.to_string()),
            }
        }
    }
}

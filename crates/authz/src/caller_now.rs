//! The same caller, asked again while something lasts: an upload, a download, an open event stream.
//!
//! A [`Caller`] is what somebody was when their request began. Whatever goes on for longer than a moment asks this
//! instead, again and again.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::Caller;

/// That it cannot be said at the moment who somebody is. Worth another try, and no reason to cut anything off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

type Answer = Pin<Box<dyn Future<Output = Result<Option<Caller>, Unknown>> + Send>>;

/// Whoever made a request, as they are now and not as they were then. It lies in the request's extensions, beside
/// the [`Caller`].
#[derive(Clone)]
pub struct CallerNow(Arc<dyn Fn() -> Answer + Send + Sync>);

impl CallerNow {
    /// Asks `ask` each time.
    pub fn new<F>(ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<Caller>, Unknown>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(ask())))
    }

    /// Always the same caller, for tests.
    pub fn unchanging(caller: Caller) -> Self {
        Self::new(move || std::future::ready(Ok(Some(caller.clone()))))
    }

    /// Who it is and what they may do; `None` when the session or the access key has ended.
    ///
    /// # Errors
    /// [`Unknown`] when the console cannot tell.
    pub async fn ask(&self) -> Result<Option<Caller>, Unknown> {
        (self.0)().await
    }
}

impl fmt::Debug for CallerNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerNow")
    }
}

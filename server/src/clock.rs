//! The one place that reads the clock and makes ids.

use domain::{Clock, Ids};
use jiff::Timestamp;
use uuid::Uuid;

/// This machine's clock and random numbers.
pub(crate) struct System;

impl Clock for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the time comes from"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Ids for System {
    #[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }
}

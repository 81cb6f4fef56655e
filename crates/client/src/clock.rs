//! The one place that reads the clock, and chance.

use jiff::Timestamp;
use uploader::Moment;

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the time comes from"
)]
pub(crate) fn moment() -> Moment {
    Moment {
        now_ms: u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default(),
        jitter: rand::random(),
    }
}

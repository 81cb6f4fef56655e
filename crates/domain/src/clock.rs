//! Time, handed in.

use jiff::Timestamp;

/// Tells the time. The one way in which any part of Stowage learns what time it is.
pub trait Clock: Send + Sync {
    /// The instant at which this is asked.
    fn now(&self) -> Timestamp;
}

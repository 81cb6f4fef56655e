//! Time and identifiers, handed in.

use jiff::Timestamp;
use uuid::Uuid;

/// Tells the time. The one way in which any part of Stowage learns what time it is.
pub trait Clock: Send + Sync {
    /// The instant at which this is asked.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers. The one way in which any part of Stowage gets a fresh one.
pub trait Ids: Send + Sync {
    /// An id that nothing else has; later ones sort after earlier ones (UUID version 7).
    fn fresh(&self) -> Uuid;
}

//! One question, answered in one place: may this caller do this to that?
//!
//! The crate `service` asks it before it looks at anything else; nobody else does. What a caller may
//! not see is refused as [`Refusal::Invisible`], which reads exactly like what is not there.

mod caller;
mod policy;

pub use caller::{Caller, Grant, Person, Refusal};
pub use policy::{Action, Verdict, is_within, verdict};

//! One question, answered in one place: may this caller do this to that?
//!
//! The crate `service` asks it before it looks at anything else; nobody else does. What a caller may
//! not see is refused as [`Refusal::Invisible`], which reads exactly like what is not there.

mod caller;
mod caller_now;
mod policy;
mod principal;

pub use caller::{Caller, Grant, Refusal};
pub use caller_now::{CallerNow, Unknown};
pub use policy::{Action, Verdict, is_within, verdict};
pub use principal::{Application, Person, Principal};

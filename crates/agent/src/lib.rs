//! The data path of one mounted volume: a folder, a key and a protocol in, an axum [`Router`](axum::Router) out.
//!
//! No database and no roles: a signed [`Ticket`] says which volume, who, and whether writing is allowed.
//! Content of a volume is hostile: nothing is opened except through [`beneath`], and nothing is promised
//! to a client before it is on disk.

mod archive;
mod batch;
mod beneath;
mod blocking;
mod browse;
mod credential;
mod error;
mod figures;
mod import;
mod limits;
mod lines;
mod manifest;
mod places;
mod router;
mod ticket;
mod tus;
mod upload;
mod volume;

pub use credential::{Credential, SourceCredential};
pub use figures::Figures;
pub use limits::Limits;
pub use manifest::{Finding, Verdict, VerifyError, verify};
pub use router::router;
pub use ticket::{Access, Ticket, TicketError, TicketKey};
pub use volume::Volume;

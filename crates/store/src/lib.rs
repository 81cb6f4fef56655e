//! The database: SQLite or PostgreSQL, with one text per query.
//!
//! A transaction is the unit: [`Store::begin`], calls, [`Tx::commit`]; dropping undoes. Transactions
//! that change things run one after another, on PostgreSQL too: what a transaction has read, nobody
//! changes before it ends, so “load, check, save” needs no locks and no retries. The price: begin a
//! second one while holding the first, and it waits for itself. Whoever only looks uses
//! [`Store::read`], which sees one moment and waits for nobody.
//!
//! Times are kept to the microsecond.

mod access;
mod access_keys;
mod applications;
mod catalogue;
mod circle;
mod claim_assets;
mod claims;
mod connect;
mod data_volumes;
mod device_sign_ins;
mod error;
mod events;
mod filter;
mod generations;
mod idempotency_keys;
mod imports;
mod leading;
mod migrations;
mod people;
mod rows;
mod saved_views;
mod scopes;
mod secrets;
mod sessions;
mod share_requests;
mod shares;
mod sign_ins;
mod statement;
mod telling;
mod tx;
mod volume_offers;

pub use catalogue::Listing;
pub use connect::Store;
pub use data_volumes::Added;
pub use device_sign_ins::DeviceSignIn;
pub use error::{Error, Result};
pub use events::LogListing;
pub use generations::Generations;
pub use idempotency_keys::{EarlierRequest, RepeatableRequest};
pub use leading::Leadership;
pub use people::KnownPerson;
pub use scopes::ScopeContents;
pub use sign_ins::SignIn;
pub use telling::Told;
pub use tx::Tx;

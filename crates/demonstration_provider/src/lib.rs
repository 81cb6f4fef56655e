//! A real OpenID Connect provider with a handful of people in groups, for trying the console out and for tests.
//!
//! It speaks the protocol in full (discovery, authorization code with PKCE, refresh with rotation, userinfo, sign-out from
//! either side), so that the console has no second way in. What a reader would get wrong: **it asks nobody for a
//! password**. Whoever reaches it can be anyone on its list, which is why it refuses any listener, issuer and `Host` off
//! loopback.
//!
//! Choices that a client of it has to know:
//! - `groups` comes only with the scope `groups`, in the ID token and from userinfo; without that scope there is no such
//!   claim, and a person in no group has an empty array.
//! - `sub` and `preferred_username` are the person's id. `name` and `preferred_username` come with `profile`; `email`
//!   and `email_verified` with `email`.
//! - A refresh token is always given, with or without `offline_access`, and ends with the sign-in it comes from.
//! - Everything but the signing key is held in memory: after a restart each refresh is answered with `invalid_grant`.

mod authorize;
mod back_channel;
mod claims;
mod config;
mod cookies;
mod discovery;
mod end_session;
mod error;
mod expiring;
mod ledger;
mod page;
mod parameters;
mod provider;
mod scopes;
mod signing_key;
mod token;
mod userinfo;

pub use config::{Client, Config, Person};
pub use error::Error;
pub use provider::{DemonstrationProvider, router, serve};

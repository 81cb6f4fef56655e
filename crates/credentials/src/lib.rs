//! Secrets and what is made of them: hashes to compare with, tokens to hand out, seals for what has to be kept.
//!
//! Everything here hangs on the one [`ConsoleKey`], which is not in the database: whoever has the database, a
//! backup of it or a log has neither a secret nor a token nor what was sealed. No I/O, no clock.

mod console_key;
mod secret;
mod token;

pub use console_key::{ConsoleKey, Unreadable};
pub use secret::Secret;
pub use token::{Token, TokenUse};

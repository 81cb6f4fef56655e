//! Signing in over HTTP, from the button to the caller: against the demonstration provider, against a certified one
//! that nobody here wrote, and against one that answers whatever a test likes. The clock is handed on; nothing waits.

mod addresses;
mod availability;
mod back_channel;
mod browser;
mod certified;
mod demonstration;
mod device;
mod forgery;
mod groups;
mod groups_again;
mod hostile_provider;
mod limits;
mod programs;
mod sessions;
mod setting;
mod state;
mod tokens;

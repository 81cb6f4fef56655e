//! The process that is killed: an agent over a folder, on a port that it prints.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use agent::{Limits, TicketKey, Volume};
use domain::Clock;
use jiff::Timestamp;

pub(crate) const CLAIM: &str = "claim-1";

/// The instant at which all of this happens.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

pub(crate) fn key() -> TicketKey {
    TicketKey::new([42; 32])
}

#[tokio::main]
pub(crate) async fn serve(folder: &Path) {
    let limits = Limits {
        checkpoint_bytes: 4 << 20,
        ..Limits::default()
    };
    let volume = Arc::new(Volume::open(CLAIM, folder, limits).expect("a folder"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    std::io::stdout().flush().expect("a reader");
    axum::serve(listener, agent::router(volume, key(), Arc::new(Noon)))
        .await
        .expect("to serve");
}

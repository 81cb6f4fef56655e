//! The process that is killed: an agent over a folder, on a port that it prints.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

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

/// What a server that is started in a special way bears.
pub(crate) const EAGER: &str = "eager";
pub(crate) const IMPATIENT: &str = "impatient";

fn limits(manner: Option<&str>) -> Limits {
    let usual = Limits {
        checkpoint_bytes: 4 << 20,
        ..Limits::default()
    };
    match manner {
        // Makes its way durable often.
        Some(EAGER) => Limits {
            checkpoint_bytes: 256 << 10,
            ..usual
        },
        // Lets many in, and bears no silence.
        Some(IMPATIENT) => Limits {
            max_requests_per_person: 1_000,
            max_requests: 1_000,
            idle_timeout: Duration::from_secs(4),
            slow_grace: Duration::from_secs(4),
            ..usual
        },
        _ => usual,
    }
}

/// Ends this process when whoever started it lets go of it, or is no more.
fn end_with_the_starter() {
    std::thread::spawn(|| {
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        std::process::exit(0);
    });
}

#[tokio::main]
pub(crate) async fn serve(folder: &Path, manner: Option<&str>) {
    end_with_the_starter();
    let limits = limits(manner);
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

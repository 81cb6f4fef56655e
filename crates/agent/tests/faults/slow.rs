//! Senders that hang or drip: two hundred at a time, in the middle of everything that can be sent.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use adversity::requests::{ARCHIVES, BATCH, STREAM, archive, batch, creation};
use adversity::{Door as _, Findings, Tally, is_soak};
use libtest_mimic::Failed;

use crate::client::{Server, content};
use crate::memory::Memory;
use crate::server::IMPATIENT;

const SENDERS: usize = 200;
/// What each of them sends before it drips.
const SENT: usize = 8 << 10;
const SIZE: usize = 64 << 10;
/// What one of them may cost: the buffer of its connection, what it sent, and the stack of the thread that reads
/// a batch or an archive.
const MOST_BYTES_EACH: u64 = 128 << 10;

/// The beginning of a request, and whether it is one: a head that does not end is none yet.
fn beginning(number: usize) -> (Vec<u8>, bool) {
    let bytes = content(SIZE);
    let name = format!("slow/{number}");
    let files = || [(name.as_str(), &bytes[..])].into_iter();
    let (head, body) = match number % 4 {
        0 => {
            let headers = format!("{}content-type: {STREAM}\r\n", creation(&name, SIZE));
            (
                Server::head("POST", "/uploads", &headers, SIZE),
                bytes.clone(),
            )
        }
        1 => {
            let body = batch(files());
            (
                Server::head("POST", "/uploads/batch", BATCH, body.len()),
                body,
            )
        }
        2 => {
            let body = archive(files());
            (Server::head("POST", ARCHIVES, "", body.len()), body)
        }
        _ => {
            let head = Server::head("POST", ARCHIVES, "", SIZE);
            return (head.as_bytes()[..head.len() - 4].to_vec(), false);
        }
    };
    ([head.as_bytes(), &body[..SENT]].concat(), true)
}

/// What is answered without anything more being sent; `None` when the connection just ends.
fn status(connection: &mut TcpStream) -> Option<String> {
    let mut text = [0; 12];
    connection.read_exact(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text[9..]).into_owned())
}

fn one_round(server: &Server) -> Findings {
    let mut findings = Findings::default();
    let before = server.memory_bytes();
    let mut senders: Vec<(TcpStream, bool)> = (0..SENDERS)
        .filter_map(|number| {
            let (bytes, is_request) = beginning(number);
            Some((server.connect(&bytes)?, is_request))
        })
        .collect();
    if senders.len() < SENDERS {
        findings.other(format!("only {} were let in", senders.len()));
    }
    let since = Instant::now();
    let mut most = 0;
    // Too slow on the whole, and never silent for long.
    while since.elapsed() < Duration::from_secs(3) {
        for (connection, is_request) in &mut senders {
            let byte = if *is_request { b"\0" } else { b"x" };
            if let Err(error) = connection.write_all(byte) {
                let told = status(connection);
                findings.other(format!(
                    "ended before its time: {error}, {told:?} {is_request}"
                ));
            }
        }
        most = server.memory_bytes().max(most);
        thread::sleep(Duration::from_millis(200));
    }
    let bound = before + SENDERS as u64 * MOST_BYTES_EACH;
    if most > bound {
        findings.other(format!("{most} bytes of memory, {before} before"));
    }
    if is_soak() {
        let each = most.saturating_sub(before) / SENDERS as u64;
        eprintln!("    {SENDERS} slow senders: {each} bytes of memory each");
    }
    // Others are served meanwhile.
    if server
        .ask("GET", "/files", "", b"")
        .is_none_or(|answer| answer.status != 200)
    {
        findings.other("nobody else is served".to_owned());
    }
    for (connection, is_request) in &mut senders {
        let limit = Some(Duration::from_secs(20));
        if *is_request && connection.set_read_timeout(limit).is_ok() {
            let told = status(connection);
            if told.as_deref() != Some("408") {
                findings.other(format!("told {told:?}"));
            }
        }
    }
    findings
}

pub(crate) fn slow_senders_are_ended_and_cost_little_until_then() -> Result<(), Failed> {
    let rounds = if is_soak() { 5 } else { 1 };
    let mut tally = Tally::new("slow senders", rounds * SENDERS as u64);
    let folder = tempfile::tempdir()?;
    let server = Server::run(&[
        "serve".as_ref(),
        folder.path().as_os_str(),
        IMPATIENT.as_ref(),
    ]);
    let mut memory = Memory::new();
    for _ in 0..rounds {
        memory.look(&server);
        let mut findings = one_round(&server);
        let stored = folder.path().join("slow");
        if stored.exists() {
            findings.half("something of theirs is stored".to_owned());
        }
        tally.count(SENDERS as u64 - 1);
        tally.add("slow senders", findings);
    }
    memory.look(&server);
    memory.end()?;
    tally.end()
}

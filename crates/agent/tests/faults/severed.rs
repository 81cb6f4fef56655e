//! Connections that are cut at every kind of place: in the head, between head and body, in and between the
//! frames of a batch, within a checksum's piece, in the header of an archive's file, in the answer.

use std::io::Read as _;
use std::net::Shutdown;
use std::path::Path;

use adversity::requests::{
    ARCHIVES, BATCH, STREAM, answer_on, appending, archive, batch, creation,
};
use adversity::{Dice, Door as _, Findings, Ledger, Tally, content_of, files_in, setting};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libtest_mimic::Failed;

use crate::client::Server;
use crate::memory::Memory;

const SMALL: usize = 700;
/// Two pieces that a checksum proves, and some.
const LARGE: usize = (2 << 20) + 300_000;
const PIECE: usize = 1 << 20;
/// A header and the padding of a tar.
const BLOCK: usize = 512;

/// A request and the places in it that are a border between two things, each by its name.
struct Request {
    bytes: Vec<u8>,
    borders: Vec<usize>,
    /// The upload that it goes on with.
    upload: Option<String>,
}

/// How a client leaves.
#[derive(Debug, Clone, Copy)]
enum Leaving {
    /// It is gone.
    Gone,
    /// It says that nothing more comes, and waits.
    Silent,
    /// It leaves in the middle of the answer.
    Deaf,
}

const NAMES: [&str; 4] = ["a file", "pieces of a file", "a batch", "an archive"];
const KINDS: [fn(&Server, &Ledger, u64) -> Request; 4] = [single, pieces, frames, entries];

fn request(head: &str, body: &[u8], borders: impl Iterator<Item = usize>) -> Request {
    let start = head.len();
    let line = head.find('\n').unwrap_or(0) + 1;
    let ticket = head.find("stowage-ticket").unwrap_or(0);
    let mut all = vec![line / 2, line, ticket + 30, start - 2, start];
    all.extend(borders.map(|border| start + border));
    all.push(start + body.len());
    Request {
        bytes: [head.as_bytes(), body].concat(),
        borders: all,
        upload: None,
    }
}

fn single(_: &Server, ledger: &Ledger, number: u64) -> Request {
    let name = format!("{number}/single");
    ledger.sends(&name, 0, SMALL);
    let content = content_of(&name, 0, SMALL);
    let headers = format!("{}content-type: {STREAM}\r\n", creation(&name, SMALL));
    let head = Server::head("POST", "/uploads", &headers, SMALL);
    request(&head, &content, [SMALL / 2].into_iter())
}

fn pieces(server: &Server, ledger: &Ledger, number: u64) -> Request {
    let name = format!("{number}/pieces");
    ledger.sends(&name, 0, LARGE);
    let content = content_of(&name, 0, LARGE);
    let upload = server.begin(&name, LARGE);
    ledger.begun(&upload, &name, &content);
    let crcs: Vec<u8> = content
        .chunks(PIECE)
        .flat_map(|piece| crc32c::crc32c(piece).to_be_bytes())
        .collect();
    let headers = format!(
        "{}upload-checksum: crc32c-mib {}\r\n",
        appending(0),
        STANDARD.encode(crcs)
    );
    let head = Server::head("PATCH", &upload, &headers, LARGE);
    let borders = [PIECE / 2, PIECE, PIECE + PIECE / 2, 2 * PIECE];
    Request {
        upload: Some(upload),
        ..request(&head, &content, borders.into_iter())
    }
}

fn files(ledger: &Ledger, folder: &str) -> Vec<(String, Vec<u8>)> {
    let names = (0..3).map(|number| format!("{folder}/{number}"));
    names
        .map(|name| {
            ledger.sends(&name, 0, SMALL);
            let content = content_of(&name, 0, SMALL);
            (name, content)
        })
        .collect()
}

fn frames(_: &Server, ledger: &Ledger, number: u64) -> Request {
    let files = files(ledger, &format!("{number}/frames"));
    let mut borders = vec![2, 4];
    let each = files.iter().map(|(name, bytes)| (&name[..], &bytes[..]));
    for (name, bytes) in each.clone() {
        // A batch of this file alone has four bytes before it and four behind.
        let frame = batch([(name, bytes)].into_iter()).len() - 8;
        let begin = borders.last().copied().unwrap_or(0);
        let content = begin + frame - SMALL;
        borders.extend([
            begin + 2,
            begin + 4,
            begin + 12,
            content,
            content + SMALL / 2,
        ]);
        borders.push(begin + frame);
    }
    let body = batch(each);
    let head = Server::head("POST", "/uploads/batch", BATCH, body.len());
    request(&head, &body, borders.into_iter())
}

fn entries(_: &Server, ledger: &Ledger, number: u64) -> Request {
    let files = files(ledger, &format!("{number}/entries"));
    let body = archive(files.iter().map(|(name, bytes)| (&name[..], &bytes[..])));
    let entry = BLOCK + SMALL.next_multiple_of(BLOCK);
    let borders = (0..=files.len()).flat_map(|number| {
        let begin = number * entry;
        [
            begin,
            begin + 100,
            begin + BLOCK,
            begin + BLOCK + 300,
            begin + BLOCK + SMALL,
        ]
    });
    let head = Server::head("POST", ARCHIVES, "", body.len());
    let length = body.len();
    request(&head, &body, borders.filter(move |border| *border < length))
}

/// Sends a request up to here and leaves.
fn cut(server: &Server, request: &Request, at: usize, leaving: Leaving) -> Option<()> {
    let mut connection = server.connect(&request.bytes[..at])?;
    match leaving {
        Leaving::Gone => {}
        Leaving::Silent => {
            connection.shutdown(Shutdown::Write).ok()?;
            // Whatever it says, and if it says nothing.
            drop(answer_on(connection));
        }
        Leaving::Deaf => drop(connection.read(&mut [0; 9])),
    }
    Some(())
}

/// Sends what is missing; it has to be stored then.
fn finish(server: &Server, request: &Request, name: &str, findings: &mut Findings) {
    let answer = match &request.upload {
        None => server.connect(&request.bytes).and_then(answer_on),
        Some(upload) => {
            let content = content_of(name, 0, LARGE);
            let offset = server.ask("HEAD", upload, "", b"").map(|answer| {
                let offset = answer.header("upload-offset").parse();
                offset.unwrap_or(LARGE).min(LARGE)
            });
            offset.and_then(|offset| {
                server.ask("PATCH", upload, &appending(offset), &content[offset..])
            })
        }
    };
    match answer {
        Some(answer) if [200, 201, 204, 409].contains(&answer.status) => {}
        Some(answer) => findings.other(format!("then: {} {}", answer.status, answer.body)),
        None => findings.other("then nobody answers".to_owned()),
    }
}

/// One cut, and what was found after it.
fn one_cut(
    server: &Server,
    volume: &Path,
    kind: usize,
    number: u64,
    choose: &mut dyn FnMut(&Request) -> Option<(usize, Leaving)>,
) -> Option<(String, Findings)> {
    let ledger = Ledger::default();
    let request = KINDS[kind](server, &ledger, number);
    let (at, leaving) = choose(&request)?;
    // The one before may still be at its end: each has a folder for itself.
    let folder = number.to_string();
    let mut findings = Findings::default();
    if cut(server, &request, at, leaving).is_none() {
        findings.other("it could not even be sent".to_owned());
    }
    findings.extend(ledger.book().compare_files(volume, &folder, server));
    // Of an archive those files are stored that were whole; of all else nothing that did not come to its end.
    let may_be_stored = at == request.bytes.len() || KINDS.len() - 1 == kind;
    if !may_be_stored && !files_in(&volume.join(&folder)).is_empty() {
        findings.half("something is stored of what did not come to its end".to_owned());
    }
    finish(server, &request, &format!("{folder}/pieces"), &mut findings);
    for name in ledger.book().names() {
        ledger.stored(name, 0);
    }
    findings.extend(ledger.book().compare_files(volume, &folder, server));
    drop(std::fs::remove_dir_all(volume.join(folder)));
    let (kind, of) = (NAMES[kind], request.bytes.len());
    Some((
        format!("{kind}, cut at {at} of {of} ({leaving:?})"),
        findings,
    ))
}

pub(crate) fn a_connection_may_be_cut_at_any_place() -> Result<(), Failed> {
    let random = setting("STOWAGE_SEVERED").unwrap_or(20);
    let mut tally = Tally::new("connections cut", 0);
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path());
    let (mut memory, mut dice) = (Memory::new(), Dice::new());
    let mut number = 0;
    for kind in 0..KINDS.len() {
        // Each border, and one byte before and behind it.
        for place in 0.. {
            number += 1;
            let leaving = [Leaving::Gone, Leaving::Silent, Leaving::Deaf][place % 3];
            let done = one_cut(&server, folder.path(), kind, number, &mut |request| {
                let border = request.borders.get(place / 3)?;
                let at = (border + place % 3).saturating_sub(1);
                let at = at.clamp(1, request.bytes.len());
                // Who sent less than all waits for no answer.
                let is_whole = at == request.bytes.len();
                let leaving = match leaving {
                    Leaving::Deaf if !is_whole => Leaving::Gone,
                    _ if is_whole => Leaving::Deaf,
                    other => other,
                };
                Some((at, leaving))
            });
            let Some((after, findings)) = done else { break };
            tally.add(&after, findings);
        }
    }
    for _ in 0..random {
        number += 1;
        let kind = dice.below(KINDS.len());
        let done = one_cut(&server, folder.path(), kind, number, &mut |request| {
            Some((1 + dice.below(request.bytes.len()), Leaving::Gone))
        });
        if let Some((after, findings)) = done {
            tally.add(&after, findings);
        }
        memory.look(&server);
    }
    memory.end()?;
    tally.end()
}

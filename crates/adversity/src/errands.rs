//! The ways that bytes come into a volume, each gone once from its beginning to its end.
//!
//! What was answered is noted; what is not answered well ends the errand.

use crate::ledger::{Ledger, content_of};
use crate::requests::{ARCHIVES, Answer, BATCH, Door, STREAM, appending, archive, batch, creation};

const SMALL: usize = 20_000;
const TINY: usize = 5_000;
/// Larger than what an eager server makes durable in between.
const LARGE: usize = 900_000;
const LANE: usize = 100_000;
/// Files of a batch or an archive.
const FILES: usize = 4;

/// One way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errand {
    /// A file in one request.
    Single,
    /// The same over an older one.
    Replacement,
    /// A file in several requests.
    Tus,
    /// A file in several requests, in any order.
    Lanes,
    /// A file of partial uploads.
    Concatenation,
    /// Some files in one request.
    Batch,
    /// Some files as a tar.
    Archive,
}

/// How an errand ended: with the last status, or without an answer.
pub type Ending = Option<Answer>;

/// Whether it says that all went well.
pub fn is_well(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

impl Errand {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Single,
        Self::Replacement,
        Self::Tus,
        Self::Lanes,
        Self::Concatenation,
        Self::Batch,
        Self::Archive,
    ];

    /// The name of the file, or of the folder of files.
    pub fn name(self, number: u64) -> String {
        match self {
            Self::Single => format!("single/{number}"),
            // The files are few, their versions many.
            Self::Replacement => format!("replaced/{}", number / 1_000),
            Self::Tus => format!("tus/{number}"),
            Self::Lanes => format!("lanes/{number}"),
            Self::Concatenation => format!("joined/{number}"),
            Self::Batch => format!("batch/{number}"),
            Self::Archive => format!("archive/{number}"),
        }
    }

    /// Goes it once; `number` makes the names.
    pub fn go(self, server: &dyn Door, ledger: &Ledger, number: u64) -> Ending {
        let name = self.name(number);
        match self {
            Self::Single => single(server, ledger, &name, 0),
            Self::Replacement => single(server, ledger, &name, number % 1_000),
            Self::Tus => tus(server, ledger, &name),
            Self::Lanes => lanes(server, ledger, &name),
            Self::Concatenation => concatenation(server, ledger, &name),
            Self::Batch => many(server, ledger, &name, batch_of),
            Self::Archive => many(server, ledger, &name, archive_of),
        }
    }
}

fn single(server: &dyn Door, ledger: &Ledger, name: &str, version: u64) -> Ending {
    ledger.sends(name, version, SMALL);
    let content = content_of(name, version, SMALL);
    let headers = format!(
        "{},overwrite {}\r\ncontent-type: {STREAM}\r\n",
        creation(name, SMALL).trim_end(),
        "eWVz"
    );
    let answer = server.ask("POST", "/uploads", &headers, &content)?;
    if is_well(&answer) {
        ledger.stored(name, version);
    }
    Some(answer)
}

/// Begins an upload; the error is what the errand ended with.
fn begin(
    server: &dyn Door,
    ledger: &Ledger,
    name: &str,
    content: &[u8],
    headers: &str,
) -> Result<String, Ending> {
    let answer = server
        .ask("POST", "/uploads", headers, b"")
        .ok_or::<Ending>(None)?;
    if !is_well(&answer) {
        return Err(Some(answer));
    }
    let address = format!("/{}", answer.header("location"));
    ledger.begun(&address, name, content);
    Ok(address)
}

/// Sends a piece; the error is what the errand ended with.
fn send(
    server: &dyn Door,
    ledger: &Ledger,
    address: &str,
    from: usize,
    piece: &[u8],
) -> Result<Answer, Ending> {
    let answer = server
        .ask("PATCH", address, &appending(from), piece)
        .ok_or::<Ending>(None)?;
    if !is_well(&answer) {
        return Err(Some(answer));
    }
    ledger.kept(address, from..from + piece.len());
    Ok(answer)
}

/// Notes a file whose last request was answered well; answers the end of its errand either way.
fn ended(ledger: &Ledger, name: &str, ending: Result<Answer, Ending>) -> Ending {
    let ending = ending.map_or_else(|ending| ending, Some);
    if ending.as_ref().is_some_and(is_well) {
        ledger.stored(name, 0);
    }
    ending
}

fn tus(server: &dyn Door, ledger: &Ledger, name: &str) -> Ending {
    ledger.sends(name, 0, LARGE);
    let content = content_of(name, 0, LARGE);
    let whole = || {
        let address = begin(server, ledger, name, &content, &creation(name, LARGE))?;
        send(server, ledger, &address, 0, &content[..LARGE / 4])?;
        send(server, ledger, &address, LARGE / 4, &content[LARGE / 4..])
    };
    ended(ledger, name, whole())
}

fn lanes(server: &dyn Door, ledger: &Ledger, name: &str) -> Ending {
    let size = 3 * LANE;
    ledger.sends(name, 0, size);
    let content = content_of(name, 0, size);
    let whole = || {
        let headers = creation(name, size) + "stowage-lanes: 1\r\n";
        let address = begin(server, ledger, name, &content, &headers)?;
        for from in [2 * LANE, 0] {
            send(server, ledger, &address, from, &content[from..from + LANE])?;
        }
        send(server, ledger, &address, LANE, &content[LANE..2 * LANE])
    };
    ended(ledger, name, whole())
}

fn concatenation(server: &dyn Door, ledger: &Ledger, name: &str) -> Ending {
    let size = 2 * LANE;
    ledger.sends(name, 0, size);
    let content = content_of(name, 0, size);
    let whole = || {
        let mut addresses = Vec::new();
        for piece in content.chunks(LANE) {
            let headers = format!("upload-length: {LANE}\r\nupload-concat: partial\r\n");
            let address = begin(server, ledger, name, piece, &headers)?;
            send(server, ledger, &address, 0, piece)?;
            addresses.push(address);
        }
        let named = creation(name, size);
        let (_, metadata) = named.split_once("\r\n").unwrap_or_default();
        let headers = format!("upload-concat: final;{}\r\n{metadata}", addresses.join(" "));
        server
            .ask("POST", "/uploads", &headers, b"")
            .ok_or::<Ending>(None)
    };
    ended(ledger, name, whole())
}

/// A name and what is in it.
type File = (String, Vec<u8>);
type Request = (&'static str, &'static str, Vec<u8>);

fn batch_of(files: &[File]) -> Request {
    let files = files.iter().map(|(name, bytes)| (&name[..], &bytes[..]));
    ("/uploads/batch", BATCH, batch(files))
}

fn archive_of(files: &[File]) -> Request {
    let files = files.iter().map(|(name, bytes)| (&name[..], &bytes[..]));
    (ARCHIVES, "", archive(files))
}

fn many(
    server: &dyn Door,
    ledger: &Ledger,
    folder: &str,
    request: fn(&[File]) -> Request,
) -> Ending {
    let names = (0..FILES).map(|number| format!("{folder}/{number}"));
    let files: Vec<_> = names
        .map(|name| {
            ledger.sends(&name, 0, TINY);
            let content = content_of(&name, 0, TINY);
            (name, content)
        })
        .collect();
    let (address, headers, body) = request(&files);
    let answer = server.ask("POST", address, headers, &body)?;
    let refused = refusals(&answer);
    let json = answer.json();
    // A batch has a result for each file; an archive counts, and may count them all although it failed later.
    let counted =
        json["storedFiles"].as_u64().unwrap_or(0) + json["presentFiles"].as_u64().unwrap_or(0);
    if json["files"].is_array() || counted == FILES as u64 {
        let names = files.iter().map(|(name, _)| name);
        names
            .filter(|name| !refused.iter().any(|(refused, _)| refused == *name))
            .for_each(|name| ledger.stored(name, 0));
    }
    // The first refusal is how the whole of it went.
    let status = refused.first().map_or(answer.status, |(_, code)| *code);
    Some(Answer { status, ..answer })
}

/// The files of a batch or an archive that were refused, each with its status.
fn refusals(answer: &Answer) -> Vec<(String, u16)> {
    let json = answer.json();
    let results = json["files"].as_array().or(json["refused"].as_array());
    let early = json["endedEarly"]["code"].as_u64();
    let early = early.map(|code| (String::new(), u16::try_from(code).unwrap_or(0)));
    let refused = results.into_iter().flatten().filter_map(|result| {
        let code = result["problem"]["code"].as_u64()?;
        let path = result["path"].as_str()?.to_owned();
        Some((path, u16::try_from(code).unwrap_or(0)))
    });
    early.into_iter().chain(refused).collect()
}

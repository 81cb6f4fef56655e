//! What is said to the data agent and what it answers, whoever carries it.

use std::io::Read as _;
use std::net::TcpStream;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The way to the addresses of one data volume: of a data agent by itself, or of a console around it.
pub trait Door: Sync {
    /// Asks below the volume's address, with header lines that each end in `\r\n`; `None` when whoever was asked
    /// died before the answer.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Answer>;
}

/// What a server answered.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The lines of the head.
    pub head: String,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The value of a header; the empty text where there is none.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
            .unwrap_or_default()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// The answer on a connection; `None` when it ended before.
pub fn answer_on(mut connection: TcpStream) -> Option<Answer> {
    let mut text = Vec::new();
    connection.read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.get(9..12)?.parse().ok()?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// Where archives go.
pub const ARCHIVES: &str = "/uploads/archive?format=tar";
/// What a batch is announced by.
pub const BATCH: &str = "content-type: application/vnd.stowage.batch\r\n";

/// Files as a batch.
///
/// # Panics
/// On a name of 4 GiB.
pub fn batch<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
    let mut body = b"SWB1".to_vec();
    for (name, content) in files {
        let header = serde_json::json!({ "path": name, "sizeBytes": content.len() }).to_string();
        let length = u32::try_from(header.len()).expect("a short name");
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(header.as_bytes());
        body.extend_from_slice(content);
    }
    body.extend_from_slice(&[0; 4]);
    body
}

/// Files as a tar.
///
/// # Panics
/// On a name that a tar does not take.
pub fn archive<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, content)
            .expect("a file");
    }
    archive.into_inner().expect("an archive")
}

/// `0-1048576,4194304-8388608`, as `Stowage-Extents` has it.
///
/// # Panics
/// On what is no number.
pub fn ranges(text: &str) -> Vec<Range<usize>> {
    text.split(',')
        .filter_map(|range| range.split_once('-'))
        .map(|(from, to)| from.parse().expect("an offset")..to.parse().expect("an offset"))
        .collect()
}

/// Which bytes of an upload are stored, as the answer to `HEAD` has it.
///
/// # Panics
/// As [`ranges`].
pub fn stored(answer: &Answer) -> Vec<Range<usize>> {
    let extents = answer.header("stowage-extents");
    if extents.is_empty() {
        ranges(&format!("0-{}", answer.header("upload-offset")))
    } else {
        ranges(extents)
    }
}

/// The headers that begin a file.
pub fn creation(name: &str, size: usize) -> String {
    format!(
        "upload-length: {size}\r\nupload-metadata: relativePath {}\r\n",
        STANDARD.encode(name)
    )
}

/// The headers that go on with it.
pub fn appending(offset: usize) -> String {
    format!("content-type: {STREAM}\r\nupload-offset: {offset}\r\n")
}

/// What the bytes of a file are announced as.
pub const STREAM: &str = "application/offset+octet-stream";

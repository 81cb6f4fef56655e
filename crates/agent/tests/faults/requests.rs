//! What is said to the data agent and what it answers, whoever carries it.

use std::io::Read as _;
use std::net::TcpStream;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header; the empty text where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
            .unwrap_or_default()
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// The answer on a connection; `None` when it ended before.
pub(crate) fn answer_on(mut connection: TcpStream) -> Option<Answer> {
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
pub(crate) const ARCHIVES: &str = "/uploads/archive?format=tar";
/// What a batch is announced by.
pub(crate) const BATCH: &str = "content-type: application/vnd.stowage.batch\r\n";

/// Files as a batch.
pub(crate) fn batch<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
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
pub(crate) fn archive<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
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
pub(crate) fn ranges(text: &str) -> Vec<Range<usize>> {
    text.split(',')
        .filter_map(|range| range.split_once('-'))
        .map(|(from, to)| from.parse().expect("an offset")..to.parse().expect("an offset"))
        .collect()
}

/// Which bytes of an upload are stored, as the answer to `HEAD` has it.
pub(crate) fn stored(answer: &Answer) -> Vec<Range<usize>> {
    let extents = answer.header("stowage-extents");
    if extents.is_empty() {
        ranges(&format!("0-{}", answer.header("upload-offset")))
    } else {
        ranges(extents)
    }
}

/// The headers that begin a file.
pub(crate) fn creation(name: &str, size: usize) -> String {
    format!(
        "upload-length: {size}\r\nupload-metadata: relativePath {}\r\n",
        STANDARD.encode(name)
    )
}

/// The headers that go on with it.
pub(crate) fn appending(offset: usize) -> String {
    format!("content-type: {STREAM}\r\nupload-offset: {offset}\r\n")
}

/// What the bytes of a file are announced as.
pub(crate) const STREAM: &str = "application/offset+octet-stream";

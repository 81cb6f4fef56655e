//! The process that kills, and a client that takes a dead server for an answer.

use domain::VolumePath;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use agent::{Access, Ticket};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::server::{CLAIM, key};

pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

/// A server in a process of its own; killed at the latest when it is dropped.
pub(crate) struct Server {
    process: Arc<Mutex<Child>>,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        kill(&self.process);
    }
}

fn kill(process: &Mutex<Child>) {
    let mut process = process.lock().expect("nobody panicked");
    // SIGKILL: there is no chance to tidy up.
    process.kill().expect("a process of ours");
    process.wait().expect("a process of ours");
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        let this = std::env::current_exe().expect("this program");
        let mut process = Command::new(this)
            .arg("serve")
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let address = line.trim().parse().expect("an address");
        Self {
            process: Arc::new(Mutex::new(process)),
            address,
        }
    }

    pub(crate) fn kill(&self) {
        kill(&self.process);
    }

    /// Kills the server after a while, whatever it is doing then.
    pub(crate) fn killer_after(&self, a_while: Duration) -> JoinHandle<()> {
        let process = Arc::clone(&self.process);
        thread::spawn(move || {
            thread::sleep(a_while);
            kill(&process);
        })
    }

    fn connect(&self, method: &str, path: &str, headers: &str, length: usize) -> Option<TcpStream> {
        let expires_at = Timestamp::from_second(1_000_000).expect("a time");
        let subject = "ada".to_owned();
        let ticket = Ticket {
            volume: CLAIM.to_owned(),
            subject,
            access: Access::Write,
            folders: vec![VolumePath::root()],
            expires_at,
            credential: None,
        };
        let mut connection = TcpStream::connect(self.address).ok()?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: agent\r\nconnection: close\r\ntus-resumable: 1.0.0\r\n\
             stowage-ticket: {}\r\n{headers}content-length: {length}\r\n\r\n",
            key().sign(&ticket)
        );
        connection.write_all(head.as_bytes()).ok()?;
        Some(connection)
    }

    /// The status and head of an answer; `None` when the server died before.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<(u16, String)> {
        let (status, head, _) = self.ask_whole(method, path, headers, body)?;
        Some((status, head))
    }

    /// The same, and the body.
    fn ask_whole(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Option<(u16, String, String)> {
        let mut connection = self.connect(method, path, headers, body.len())?;
        connection.write_all(body).ok()?;
        let mut text = Vec::new();
        connection.read_to_end(&mut text).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.get(9..12)?.parse().ok()?;
        Some((status, head.to_owned(), body.to_owned()))
    }

    /// Orders an import; `None` when the server died before it answered.
    pub(crate) fn order(&self, id: &str, order: &str) -> Option<()> {
        let path = format!("/imports/{id}");
        let (status, _, body) = self.ask_whole("PUT", &path, "", order.as_bytes())?;
        assert_eq!(status, 200, "{body}");
        Some(())
    }

    /// How far an import is.
    pub(crate) fn import(&self, id: &str) -> Option<serde_json::Value> {
        let (status, _, body) = self.ask_whole("GET", &format!("/imports/{id}"), "", b"")?;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).ok()
    }

    pub(crate) fn begin(&self, name: &str, size: usize) -> String {
        let (_, head) = self
            .ask("POST", "/uploads", &creation(name, size), b"")
            .expect("an answer");
        format!("/{}", header(&head, "location"))
    }

    pub(crate) fn begin_lanes(&self, name: &str, size: usize) -> String {
        let headers = creation(name, size) + "stowage-lanes: 1\r\n";
        let (_, head) = self
            .ask("POST", "/uploads", &headers, b"")
            .expect("an answer");
        format!("/{}", header(&head, "location"))
    }

    /// Which bytes are stored.
    pub(crate) fn extents(&self, upload: &str) -> Vec<Range<usize>> {
        let (status, head) = self.ask("HEAD", upload, "", b"").expect("an answer");
        assert_eq!(status, 200, "{head}");
        let ranges = header(&head, "stowage-extents").split(',');
        ranges
            .filter_map(|range| range.split_once('-'))
            .map(|(from, to)| from.parse().expect("an offset")..to.parse().expect("an offset"))
            .collect()
    }

    /// Creates a file with all its bytes.
    pub(crate) fn send(&self, name: &str, content: &[u8]) -> Option<u16> {
        let headers =
            creation(name, content.len()) + "content-type: application/offset+octet-stream\r\n";
        self.ask("POST", "/uploads", &headers, content)
            .map(|(status, _)| status)
    }

    /// Stores files of the same content in one batch.
    pub(crate) fn send_batch(&self, names: &[String], content: &[u8]) -> Option<u16> {
        let mut body = b"SWB1".to_vec();
        for name in names {
            let header =
                serde_json::json!({ "path": name, "sizeBytes": content.len() }).to_string();
            let length = u32::try_from(header.len()).expect("a short name");
            body.extend_from_slice(&length.to_be_bytes());
            body.extend_from_slice(header.as_bytes());
            body.extend_from_slice(content);
        }
        body.extend_from_slice(&[0; 4]);
        let headers = "content-type: application/vnd.stowage.batch\r\n";
        self.ask("POST", "/uploads/batch", headers, &body)
            .map(|(status, _)| status)
    }

    /// Stores files of the same content by one archive.
    pub(crate) fn send_archive(&self, names: &[String], content: &[u8]) -> Option<u16> {
        let mut archive = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive
                .append_data(&mut header, name, content)
                .expect("a file");
        }
        let body = archive.into_inner().expect("an archive");
        self.ask("POST", "/uploads/archive?format=tar", "", &body)
            .map(|(status, _)| status)
    }

    pub(crate) fn patch(&self, upload: &str, offset: usize, bytes: &[u8]) -> Option<u16> {
        self.ask("PATCH", upload, &appending(offset), bytes)
            .map(|(status, _)| status)
    }

    /// Announces a file of this size and sends its beginning.
    pub(crate) fn half_patch(&self, upload: &str, size: usize, bytes: &[u8]) -> TcpStream {
        let mut connection = self
            .connect("PATCH", upload, &appending(0), size)
            .expect("a connection");
        connection.write_all(bytes).expect("a server that reads");
        connection
    }

    pub(crate) fn offset(&self, upload: &str) -> usize {
        let (status, head) = self.ask("HEAD", upload, "", b"").expect("an answer");
        assert_eq!(status, 200, "{head}");
        header(&head, "upload-offset").parse().expect("an offset")
    }
}

fn creation(name: &str, size: usize) -> String {
    format!(
        "upload-length: {size}\r\nupload-metadata: relativePath {}\r\n",
        STANDARD.encode(name)
    )
}

fn appending(offset: usize) -> String {
    format!("content-type: application/offset+octet-stream\r\nupload-offset: {offset}\r\n")
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .next()
        .expect("the header")
}

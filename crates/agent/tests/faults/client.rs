//! The process that kills, and a client that takes a dead server for an answer.

use adversity::requests::{
    ARCHIVES, BATCH, STREAM, answer_on, appending, archive, batch, creation, ranges,
};
use adversity::{Answer, Door};
use domain::VolumePath;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use agent::{Access, Ticket};
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

impl Door for Server {
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Answer> {
        let head = Self::head(method, path, headers, body.len());
        let mut connection = self.connect(head.as_bytes())?;
        connection.write_all(body).ok()?;
        answer_on(connection)
    }
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::run(&["serve".as_ref(), folder.as_os_str()])
    }

    /// Starts this program in another process, whose first line is where it listens.
    pub(crate) fn run(arguments: &[&OsStr]) -> Self {
        let this = std::env::current_exe().expect("this program");
        let mut process = Command::new(this)
            .args(arguments)
            // It ends when nobody holds the other end any more.
            .stdin(Stdio::piped())
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

    /// Lets the server end by itself.
    pub(crate) fn leave(self) {
        let mut process = self.process.lock().expect("nobody panicked");
        drop(process.stdin.take());
        process.wait().expect("a process of ours");
    }

    /// The memory that it has for itself alone, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let id = self.process.lock().expect("nobody panicked").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        let kibibytes: u64 = kibibytes
            .and_then(|text| text.parse().ok())
            .expect("a number");
        kibibytes << 10
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

    /// A request up to its body, by Ada, who may write.
    pub(crate) fn head(method: &str, path: &str, headers: &str, length: usize) -> String {
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
        format!(
            "{method} {path} HTTP/1.1\r\nhost: agent\r\nconnection: close\r\ntus-resumable: 1.0.0\r\n\
             stowage-ticket: {}\r\n{headers}content-length: {length}\r\n\r\n",
            key().sign(&ticket)
        )
    }

    /// A connection on which this was sent.
    pub(crate) fn connect(&self, bytes: &[u8]) -> Option<TcpStream> {
        let mut connection = TcpStream::connect(self.address).ok()?;
        connection.write_all(bytes).ok()?;
        Some(connection)
    }

    /// Orders an import; `None` when the server died before it answered.
    pub(crate) fn order(&self, id: &str, order: &str) -> Option<()> {
        let path = format!("/imports/{id}");
        let answer = self.ask("PUT", &path, "", order.as_bytes())?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Some(())
    }

    /// How far an import is.
    pub(crate) fn import(&self, id: &str) -> Option<serde_json::Value> {
        let answer = self.ask("GET", &format!("/imports/{id}"), "", b"")?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).ok()
    }

    pub(crate) fn begin(&self, name: &str, size: usize) -> String {
        let answer = self
            .ask("POST", "/uploads", &creation(name, size), b"")
            .expect("an answer");
        format!("/{}", answer.header("location"))
    }

    pub(crate) fn begin_lanes(&self, name: &str, size: usize) -> String {
        let headers = creation(name, size) + "stowage-lanes: 1\r\n";
        let answer = self
            .ask("POST", "/uploads", &headers, b"")
            .expect("an answer");
        format!("/{}", answer.header("location"))
    }

    /// Which bytes are stored.
    pub(crate) fn extents(&self, upload: &str) -> Vec<Range<usize>> {
        let answer = self.ask("HEAD", upload, "", b"").expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.head);
        ranges(answer.header("stowage-extents"))
    }

    /// Creates a file with all its bytes.
    pub(crate) fn send(&self, name: &str, content: &[u8]) -> Option<u16> {
        let headers = format!(
            "{}content-type: {STREAM}\r\n",
            creation(name, content.len())
        );
        self.ask("POST", "/uploads", &headers, content)
            .map(|answer| answer.status)
    }

    /// Stores files of the same content in one batch.
    pub(crate) fn send_batch(&self, names: &[String], content: &[u8]) -> Option<u16> {
        let body = batch(names.iter().map(|name| (name.as_str(), content)));
        self.ask("POST", "/uploads/batch", BATCH, &body)
            .map(|answer| answer.status)
    }

    /// Stores files of the same content by one archive.
    pub(crate) fn send_archive(&self, names: &[String], content: &[u8]) -> Option<u16> {
        let body = archive(names.iter().map(|name| (name.as_str(), content)));
        self.ask("POST", ARCHIVES, "", &body)
            .map(|answer| answer.status)
    }

    pub(crate) fn patch(&self, upload: &str, offset: usize, bytes: &[u8]) -> Option<u16> {
        self.ask("PATCH", upload, &appending(offset), bytes)
            .map(|answer| answer.status)
    }

    /// Announces a file of this size and sends its beginning.
    pub(crate) fn half_patch(&self, upload: &str, size: usize, bytes: &[u8]) -> TcpStream {
        let head = Self::head("PATCH", upload, &appending(0), size);
        self.connect(&[head.as_bytes(), bytes].concat())
            .expect("a server that reads")
    }

    pub(crate) fn offset(&self, upload: &str) -> usize {
        let answer = self.ask("HEAD", upload, "", b"").expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.head);
        let offset = answer.header("upload-offset");
        offset.parse().expect("an offset")
    }
}

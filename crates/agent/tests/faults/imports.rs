//! An agent that is killed while it imports, and a source that serves whoever comes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::client::{Server, content};
use crate::kills::{ROUNDS, while_of};

const SMALL_FILES: usize = 60;
const LARGE_FILES: usize = 2;
const SMALL: usize = 5_000;
const LARGE: usize = 12 << 20;

/// A server of files, each of them larger or smaller by its name.
struct Source {
    address: SocketAddr,
    /// Answers with bytes.
    served: Arc<AtomicUsize>,
}

impl Source {
    fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let served = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&served);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                // Who asked may be dead before the answer ends.
                thread::spawn(move || drop(answer(connection, &counted)));
            }
        });
        Ok(Self { address, served })
    }
}

fn whole(name: &str) -> Vec<u8> {
    content(if name.contains("large") { LARGE } else { SMALL })
}

fn answer(connection: TcpStream, served: &AtomicUsize) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let (mut begin, mut is_known) = (0, false);
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        is_known |= line == "if-none-match: \"one\"";
        let range = line.strip_prefix("range: bytes=");
        begin = range.map_or(begin, |range| {
            range.trim_end_matches('-').parse().unwrap_or(0)
        });
    }
    let mut connection = connection;
    if is_known {
        return connection.write_all(b"HTTP/1.1 304 Same\r\nconnection: close\r\n\r\n");
    }
    served.fetch_add(1, Ordering::SeqCst);
    let whole = whole(first.split(' ').nth(1).unwrap_or_default());
    let status = if begin > 0 { "206 Part" } else { "200 Whole" };
    let (length, last) = (whole.len() - begin, whole.len() - 1);
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\netag: \"one\"\r\ncontent-length: {length}\r\n\
         content-range: bytes {begin}-{last}/{}\r\n\r\n",
        whole.len()
    );
    connection.write_all(head.as_bytes())?;
    connection.write_all(&whole[begin..])
}

fn names() -> impl Iterator<Item = String> {
    let large = (0..LARGE_FILES).map(|number| format!("large-{number}"));
    large.chain((0..SMALL_FILES).map(|number| format!("small/{number}")))
}

fn order(source: &Source) -> String {
    let files: Vec<Value> = names()
        .map(|name| json!({"url": format!("http://{}/{name}", source.address), "path": name}))
        .collect();
    json!({
        "source": {"kind": "http", "files": files},
        "into": "",
        "existing": "update",
        "permittedNetworks": ["127.0.0.1"],
    })
    .to_string()
}

/// Waits until an import is over; `None` when the server died before.
fn over(server: &Server, id: &str) -> Option<Value> {
    loop {
        let standing = server.import(id)?;
        if !matches!(standing["state"].as_str(), Some("listing" | "running")) {
            return Some(standing);
        }
        thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whatever has its name is whole.
fn no_file_is_half(folder: &Path) -> Result<usize, Failed> {
    let mut count = 0;
    for name in names() {
        if let Ok(found) = std::fs::read(folder.join(&name)) {
            if found != whole(&name) {
                return Err(format!("{name} is not what the source has").into());
            }
            count += 1;
        }
    }
    Ok(count)
}

pub(crate) fn an_import_that_is_killed_goes_on_and_no_file_is_half() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let source = Source::start()?;
    let order = order(&source);
    for round in 0..ROUNDS {
        let server = Server::start(folder.path());
        let killer = server.killer_after(while_of(round, 12));
        if server.order("one", &order).is_some() {
            over(&server, "one");
        }
        killer.join().expect("the killer");
        no_file_is_half(folder.path())?;
    }
    let server = Server::start(folder.path());
    server.order("one", &order).expect("an answer");
    let standing = over(&server, "one").expect("an answer");
    // Also what got its name right before a kill is known as imported.
    assert_eq!(standing["state"], "succeeded", "{standing}");
    assert_eq!(no_file_is_half(folder.path())?, SMALL_FILES + LARGE_FILES);
    let fetched = source.served.load(Ordering::SeqCst);
    server.order("two", &order).expect("an answer");
    let standing = over(&server, "two").expect("an answer");
    assert_eq!(
        standing["progress"]["files"]["unchanged"],
        SMALL_FILES + LARGE_FILES,
        "{standing}"
    );
    assert_eq!(source.served.load(Ordering::SeqCst), fetched);
    Ok(())
}

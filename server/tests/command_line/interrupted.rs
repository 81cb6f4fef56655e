//! Copies that are killed in the middle, through a connection that counts the bytes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::terminal::Terminal;

const FILE_BYTES: u64 = 48 << 20;
const CUT_AFTER_BYTES: u64 = 20 << 20;
/// What lay in buffers of the kernels when the client ended, and the requests around it.
const ALLOWANCE_BYTES: u64 = 8 << 20;

/// A line to the console that stops after so many bytes.
struct Line {
    origin: String,
    passed: Arc<AtomicU64>,
    limit: Arc<AtomicU64>,
    stopped: Arc<Notify>,
    cut: Arc<Notify>,
}

impl Line {
    async fn to(console: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let line = Self {
            origin: format!("http://{}", listener.local_addr()?),
            passed: Arc::default(),
            limit: Arc::new(AtomicU64::new(u64::MAX)),
            stopped: Arc::default(),
            cut: Arc::default(),
        };
        let (passed, limit) = (line.passed.clone(), line.limit.clone());
        let (stopped, cut) = (line.stopped.clone(), line.cut.clone());
        let console = console.trim_start_matches("http://").to_owned();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&console).await else {
                    continue;
                };
                let (near_in, near_out) = near.into_split();
                let (far_in, far_out) = far.into_split();
                let pass = || Pass {
                    passed: passed.clone(),
                    limit: limit.clone(),
                    stopped: stopped.clone(),
                    cut: cut.clone(),
                };
                let (up, down) = (pass(), pass());
                tokio::spawn(async move {
                    // Whichever end closes, the other is told.
                    tokio::select! {
                        () = up.along(near_in, far_out) => {}
                        () = down.along(far_in, near_out) => {}
                    }
                });
            }
        });
        Ok(line)
    }
}

struct Pass {
    passed: Arc<AtomicU64>,
    limit: Arc<AtomicU64>,
    stopped: Arc<Notify>,
    cut: Arc<Notify>,
}

impl Pass {
    async fn along(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut part = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut part).await {
            if self.passed.load(Ordering::SeqCst) >= self.limit.load(Ordering::SeqCst) {
                let cut = self.cut.notified();
                self.stopped.notify_one();
                return cut.await;
            }
            self.passed.fetch_add(count as u64, Ordering::SeqCst);
            if to.write_all(&part[..count]).await.is_err() {
                return;
            }
        }
    }
}

/// Runs a copy until the line stops, kills it, and runs it again; answers how many bytes passed in all.
async fn copied_in_two_runs(terminal: &Terminal, line: &Line, arguments: &[&str]) -> Result<u64> {
    line.passed.store(0, Ordering::SeqCst);
    line.limit.store(CUT_AFTER_BYTES, Ordering::SeqCst);
    let mut first = terminal.command(arguments).spawn()?;
    line.stopped.notified().await;
    first.kill().await?;
    // As the kernel does for a process that is gone.
    line.cut.notify_waiters();
    line.limit.store(u64::MAX, Ordering::SeqCst);
    let copied = terminal.ask(arguments).await?;
    assert_eq!(copied["copiedFiles"], 1);
    Ok(line.passed.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_copy_that_was_killed_goes_on_where_it_stopped() -> Result<()> {
    let terminal = Terminal::start("katherine").await?;
    let line = Line::to(terminal.console.origin()).await?;
    terminal.sign_in(&line.origin).await?;
    terminal.make_volume("faces").await?;
    let content: Vec<u8> = (0..FILE_BYTES / 4)
        .flat_map(|number| u32::try_from(number).unwrap_or_default().to_le_bytes())
        .collect();
    let file = terminal.home.path().join("large.bin");
    fs::write(&file, &content)?;

    let sent = copied_in_two_runs(&terminal, &line, &["cp", "large.bin", "faces:"]).await?;
    assert!(sent >= FILE_BYTES);
    assert!(
        sent <= FILE_BYTES + ALLOWANCE_BYTES,
        "{sent} bytes went up for {FILE_BYTES}"
    );

    let fetched =
        copied_in_two_runs(&terminal, &line, &["cp", "faces:large.bin", "fetched.bin"]).await?;
    assert!(fetched >= FILE_BYTES);
    assert!(
        fetched <= FILE_BYTES + ALLOWANCE_BYTES,
        "{fetched} bytes came down for {FILE_BYTES}"
    );
    assert!(fs::read(terminal.home.path().join("fetched.bin"))? == content);
    let names = fs::read_dir(terminal.home.path())?
        .map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    let mut names: Vec<String> = names.collect::<Result<_>>()?;
    names.sort();
    assert_eq!(names, ["fetched.bin", "large.bin", "stowage"]);
    Ok(())
}

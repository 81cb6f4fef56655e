//! A folder that is a link to somewhere outside in one moment and a folder in the next.
//!
//! Whoever works in a volume can do that at any time. Whatever the agent is asked meanwhile, nothing outside
//! changes, and what it says it stored lies in the volume.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use adversity::requests::{ARCHIVES, BATCH, archive, batch};
use adversity::{Door as _, Findings, Tally, setting};
use libtest_mimic::Failed;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;

use crate::client::Server;
use crate::memory::Memory;

const CONTENT: &[u8] = b"of the volume";
const SECRET: &str = "not of the volume";
/// What is asked at least while folders are swapped, of each kind; and one more for so many swaps.
const LEAST_ASKED: u64 = 30;
const SWAPS_FOR_ONE: u64 = 500;

/// A volume, and a folder beside it that must not change.
struct Ground {
    around: tempfile::TempDir,
}

impl Ground {
    fn new() -> std::io::Result<Self> {
        let around = tempfile::tempdir()?;
        let ground = Self { around };
        for folder in ["volume/target/inner", "volume/others", "outside/inner"] {
            std::fs::create_dir_all(ground.path(folder))?;
        }
        for name in ["file", "inner/file", "doomed", "moved"] {
            std::fs::write(ground.path("outside").join(name), SECRET)?;
        }
        symlink(ground.path("outside"), ground.path("volume/way"))?;
        Ok(ground)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.around.path().join(path)
    }

    /// All that can be told of what lies outside: names, sizes, links, times, bytes.
    fn outside(&self) -> BTreeMap<PathBuf, (u64, u64, i64, i64, Vec<u8>)> {
        let mut seen = BTreeMap::new();
        let mut folders = vec![self.path("outside")];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            for path in entries.map(|entry| entry.path()).chain([folder.clone()]) {
                if path.is_dir() && path != folder {
                    folders.push(path);
                } else if let Ok(stat) = path.symlink_metadata() {
                    let bytes = std::fs::read(&path).unwrap_or_default();
                    let changed = (stat.mtime(), stat.ctime_nsec());
                    seen.insert(
                        path,
                        (stat.ino(), stat.nlink(), changed.0, changed.1, bytes),
                    );
                }
            }
        }
        seen
    }
}

/// Swaps two names as fast as it goes, while `act` runs; answers how often.
fn swapping(one: &Path, other: &Path, act: impl FnOnce(&AtomicU64)) -> u64 {
    let swaps = AtomicU64::new(0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (swaps, is_over) = (&swaps, &is_over);
        scope.spawn(move || {
            while !is_over.load(Ordering::SeqCst) {
                // The agent may hold neither still: both names are there at any time.
                if renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok() {
                    swaps.fetch_add(1, Ordering::SeqCst);
                }
            }
            // An even number leaves things as they were.
            if swaps.load(Ordering::SeqCst) % 2 == 1 {
                let _ = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
            }
        });
        let over = Over(is_over);
        act(swaps);
        drop(over);
    });
    swaps.into_inner()
}

struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Asks for everything that goes into the folder `target`; notes which files were answered as stored.
fn ask_all(server: &Server, number: u64, stored: &mut Vec<String>) -> Findings {
    let mut findings = Findings::default();
    let single = format!("target/{number}");
    let upload = server.send(&single, CONTENT);
    if upload == Some(201) {
        stored.push(single);
    }
    let inner = format!("target/inner/{number}");
    let files = [(inner.as_str(), CONTENT)];
    let answer = server.ask("POST", "/uploads/batch", BATCH, &batch(files.into_iter()));
    let outcome = answer.map(|answer| answer.json()["files"][0]["outcome"].clone());
    if outcome == Some(json!("stored")) {
        stored.push(inner);
    }
    let unpacked = format!("target/new-{number}/file");
    let files = [(unpacked.as_str(), CONTENT)];
    let answer = server.ask("POST", ARCHIVES, "", &archive(files.into_iter()));
    if answer.is_some_and(|answer| answer.json()["storedFiles"] == json!(1)) {
        stored.push(unpacked);
    }
    let json_type = "content-type: application/json\r\n";
    for (method, path, body) in [
        ("DELETE", "/files?path=target/doomed", String::new()),
        ("DELETE", "/files?path=target/inner/file", String::new()),
        (
            "POST",
            "/files/rename",
            json!({"from": "target/moved", "to": format!("others/{number}")}).to_string(),
        ),
        (
            "POST",
            "/files/folder",
            json!({"path": format!("target/made-{number}/inner")}).to_string(),
        ),
    ] {
        let headers = if body.is_empty() { "" } else { json_type };
        match server.ask(method, path, headers, body.as_bytes()) {
            Some(answer) if answer.status < 500 => {}
            Some(answer) => findings.other(format!("{method} {path}: {}", answer.body)),
            None => findings.other(format!("{method} {path} is not answered")),
        }
    }
    let read = server.ask("GET", "/files/content?path=target/file", "", b"");
    if read.is_some_and(|answer| answer.body.contains(SECRET)) {
        findings.other("a file outside was read".to_owned());
    }
    findings
}

/// Asks for all of that while a folder of the volume is swapped for a link to what lies outside.
fn swap(kind: &'static str, folder: &str, least: u64) -> Result<(), Failed> {
    let mut tally = Tally::new(kind, least);
    let ground = Ground::new()?;
    let server = Server::start(&ground.path("volume"));
    // Once, so that there is a staging folder.
    assert_eq!(server.send("others/first", CONTENT), Some(201));
    let before = ground.outside();
    let mut stored = Vec::new();
    let mut findings = Findings::default();
    let mut memory = Memory::new();
    let (folder, way) = (
        ground.path("volume").join(folder),
        ground.path("volume/way"),
    );
    let swaps = swapping(&folder, &way, |swaps| {
        let mut told = 0;
        for number in 0.. {
            let done = swaps.load(Ordering::SeqCst);
            tally.count(done - told);
            told = done;
            if done >= least && number >= LEAST_ASKED.max(least / SWAPS_FOR_ONE) {
                return;
            }
            findings.extend(ask_all(&server, number, &mut stored));
            memory.look(&server);
        }
    });
    if ground.outside() != before {
        findings.half("what lies outside has changed".to_owned());
    }
    for name in &stored {
        let found = std::fs::read(ground.path("volume").join(name)).ok();
        if found.as_deref() != Some(CONTENT) {
            findings.lost(
                CONTENT.len(),
                format!("{name} was stored and is not in the volume"),
            );
        }
    }
    if stored.is_empty() {
        findings.other("nothing was ever stored: the two did not meet".to_owned());
    }
    tally.add(&format!("{swaps} swaps"), findings);
    memory.end()?;
    tally.end()
}

pub(crate) fn nothing_goes_through_a_folder_that_is_swapped_for_a_link() -> Result<(), Failed> {
    let least = setting("STOWAGE_SWAPS").unwrap_or(5_000);
    swap("swaps of a folder and a link", "target", least)
}

pub(crate) fn nothing_is_staged_through_a_link() -> Result<(), Failed> {
    let least = setting("STOWAGE_SWAPS").unwrap_or(5_000);
    swap("swaps of the staging folder", ".stowage/uploads", least)
}

//! What was sent and what was acknowledged, and whether a volume still has it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::requests::{Door, stored};
use crate::tally::Findings;

/// What one file is: other bytes for each name and version of it.
pub fn content_of(name: &str, version: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes());
    hasher.update(&version.to_le_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

/// A file that may be there.
#[derive(Debug, Clone, Default)]
struct Sent {
    size: usize,
    /// The newest version that somebody began to send; older ones have numbers from 0 on.
    newest: u64,
    /// The newest version that was answered as stored.
    stored: Option<u64>,
}

/// An upload that was begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The file that it is or becomes part of.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// What was answered as stored.
    stored: Vec<Range<usize>>,
}

/// All that a volume must have, and all that it may have.
#[derive(Debug, Clone, Default)]
pub struct Book {
    files: BTreeMap<String, Sent>,
    uploads: BTreeMap<String, Begun>,
}

/// The book that clients write into.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

impl Ledger {
    fn change(&self, change: impl FnOnce(&mut Book)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What is in it now.
    pub fn book(&self) -> Book {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A file is about to be sent.
    pub fn sends(&self, name: &str, version: u64, size: usize) {
        self.change(|book| {
            let sent = book.files.entry(name.to_owned()).or_default();
            sent.newest = version;
            sent.size = size;
        });
    }

    /// A file was answered as stored.
    pub fn stored(&self, name: &str, version: u64) {
        self.change(|book| {
            if let Some(sent) = book.files.get_mut(name) {
                sent.stored = Some(version);
            }
            book.uploads.retain(|_, begun| begun.name != name);
        });
    }

    /// An upload has an address.
    pub fn begun(&self, address: &str, name: &str, content: &[u8]) {
        let begun = Begun {
            name: name.to_owned(),
            content: content.to_vec(),
            stored: Vec::new(),
        };
        self.change(|book| drop(book.uploads.insert(address.to_owned(), begun)));
    }

    /// These bytes of it were answered as stored.
    pub fn kept(&self, address: &str, range: Range<usize>) {
        self.change(|book| {
            if let Some(begun) = book.uploads.get_mut(address) {
                begun.stored.push(range);
            }
        });
    }
}

impl Book {
    /// How many files were answered as stored.
    pub fn stored_files(&self) -> usize {
        let stored = self.files.values().filter(|sent| sent.stored.is_some());
        stored.count()
    }

    /// Every file that was sent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The uploads that were begun and whose files were not answered as stored, each with its address.
    pub fn unfinished(&self) -> impl Iterator<Item = (&str, &Begun)> {
        let uploads = self.uploads.iter();
        uploads.map(|(address, begun)| (address.as_str(), begun))
    }

    /// Compares a volume with the book, by what lies in it and by what its server says.
    pub fn compare(&self, volume: &Path, server: &dyn Door) -> Findings {
        let mut findings = self.compare_files(volume, "", server);
        findings.extend(self.compare_manifest(server));
        findings
    }

    /// Whether the manifest knows what was stored.
    pub fn compare_manifest(&self, server: &dyn Door) -> Findings {
        let mut findings = Findings::default();
        let hashes = manifest(server, &mut findings);
        for (name, sent) in &self.files {
            let Some(stored) = sent.stored else { continue };
            let is_known = (stored..=sent.newest).any(|version| {
                let content = content_of(name, version, sent.size);
                hashes.get(name) == Some(&blake3::hash(&content).to_hex().to_string())
            });
            if !is_known {
                findings.other(format!(
                    "{name} was stored and the manifest does not say so"
                ));
            }
        }
        findings
    }

    /// The same but for the manifest: where it cannot be written a file is stored all the same. Nobody else may
    /// have put a file into `folder`.
    pub fn compare_files(&self, volume: &Path, folder: &str, server: &dyn Door) -> Findings {
        let mut findings = Findings::default();
        for (address, begun) in &self.uploads {
            self.compare_upload(volume, server, address, begun, &mut findings);
        }
        self.compare_names(volume, folder, &mut findings);
        for (name, sent) in &self.files {
            let Some(stored) = sent.stored else { continue };
            let found = std::fs::read(volume.join(name)).ok();
            match found.map(|found| sent.version_of(name, &found)) {
                None => findings.lost(sent.size, format!("{name} was stored and is not there")),
                Some(Some(version)) if version < stored => findings.lost(
                    sent.size,
                    format!("{name} is version {version}, and {stored} was stored"),
                ),
                // That it is half was found already.
                Some(_) => {}
            }
        }
        findings
    }

    /// Whether what has a name is whole.
    pub fn compare_names(&self, volume: &Path, folder: &str, findings: &mut Findings) {
        for path in files_in(&volume.join(folder)) {
            let name = path.strip_prefix(volume).unwrap_or(&path);
            let name = name.to_string_lossy().into_owned();
            let found = std::fs::read(&path).unwrap_or_default();
            match self.files.get(&name) {
                None => findings.half(format!("{name} is there, and nobody sent it")),
                Some(sent) if sent.version_of(&name, &found).is_none() => findings.half(format!(
                    "{name} has {} bytes that are not what was sent",
                    found.len()
                )),
                Some(_) => {}
            }
        }
    }

    fn compare_upload(
        &self,
        volume: &Path,
        server: &dyn Door,
        address: &str,
        begun: &Begun,
        findings: &mut Findings,
    ) {
        let Some(answer) = server.ask("HEAD", address, "", b"") else {
            findings.other(format!("nobody answers for {address}"));
            return;
        };
        // Once its file has its name an upload may be forgotten.
        let found = std::fs::read(volume.join(&begun.name)).ok();
        let sent = self.files.get(&begun.name).zip(found);
        if sent.is_some_and(|(sent, found)| sent.version_of(&begun.name, &found).is_some()) {
            return;
        }
        let promised: usize = begun.stored.iter().map(Range::len).sum();
        if answer.status != 200 {
            let status = answer.status;
            findings.lost(promised, format!("{address} is answered by {status}"));
            return;
        }
        let has = stored(&answer);
        for range in &begun.stored {
            let is_stored =
                |stored: &Range<usize>| stored.start <= range.start && range.end <= stored.end;
            if !has.iter().any(is_stored) {
                findings.lost(
                    range.len(),
                    format!("{range:?} of {} was stored, {has:?} is left", begun.name),
                );
            }
        }
        let id = address.rsplit('/').next().unwrap_or_default();
        let part = volume.join(format!(".stowage/uploads/{id}.part"));
        let part = std::fs::read(part).unwrap_or_default();
        for range in has {
            if part.get(range.clone()) != begun.content.get(range.clone()) {
                let name = &begun.name;
                findings.lost(
                    range.len(),
                    format!("{range:?} of {name} is not what was sent"),
                );
            }
        }
    }
}

impl Sent {
    /// Which version of the file these bytes are.
    fn version_of(&self, name: &str, bytes: &[u8]) -> Option<u64> {
        let mut versions = (0..=self.newest).rev();
        versions.find(|version| content_of(name, *version, self.size) == bytes)
    }
}

/// The BLAKE3 of each file that the manifest knows.
fn manifest(server: &dyn Door, findings: &mut Findings) -> BTreeMap<String, String> {
    let mut hashes = BTreeMap::new();
    let answer = server.ask("GET", "/manifest?format=b3sum", "", b"");
    let Some(answer) = answer.filter(|answer| answer.status == 200) else {
        findings.other("the manifest cannot be read".to_owned());
        return hashes;
    };
    for line in answer.body.lines() {
        if let Some((hash, path)) = line.split_once("  ") {
            hashes.insert(path.to_owned(), hash.to_owned());
        }
    }
    hashes
}

/// Every regular file of a volume but those of Stowage's own.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && entry.file_name() != ".stowage" => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found
}

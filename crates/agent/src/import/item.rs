//! One file of a source, and what must be true of its bytes.

use std::os::fd::OwnedFd;

use http::HeaderMap;
use md5::Md5;
use rustix::io::Errno;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::failure::Failure;
use crate::upload::{Digests, Hash256};

/// One read of a file whose sums are made after it was written.
const STEP_BYTES: usize = 512 << 10;

/// A file, or a folder, as the source lists it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Where it goes beneath the import's folder; none where the source says so only in its answer.
    pub(super) name: Option<String>,
    pub(super) is_folder: bool,
    /// How the source finds it: an address, or a key.
    pub(super) place: String,
    /// The same for the record: an address without what may be secret.
    pub(super) source: String,
    pub(super) size: Option<u64>,
    pub(super) version: Option<String>,
    pub(super) proof: Proof,
}

impl Item {
    /// What people know it by before it has a path.
    pub(super) fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.source)
    }
}

/// Sums that the source gives for a file, of which every one must be right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) sha256: Option<Hash256>,
    pub(super) crc32c: Option<u32>,
    pub(super) md5: Option<[u8; 16]>,
    /// The name that Git has for a file: SHA-1 of its length and its bytes.
    pub(super) git: Option<[u8; 20]>,
}

/// The sums of bytes that come one after the other, as far as a proof asks for them.
struct Sums {
    crc32c: Option<u32>,
    md5: Option<Md5>,
    git: Option<Sha1>,
}

impl Proof {
    /// Checks a file whose bytes are all on the disk. Those that its digests do not prove are read again.
    pub(super) fn check_file(
        &self,
        file: &OwnedFd,
        size: u64,
        digests: &Digests,
    ) -> Result<(), Failure> {
        self.check_sha256(digests.sha256)?;
        if self.crc32c.is_none() && self.md5.is_none() && self.git.is_none() {
            return Ok(());
        }
        let mut sums = self.sums(size);
        let mut buffer = vec![0; STEP_BYTES];
        let mut position = 0;
        while position < size {
            match rustix::io::pread(file, &mut buffer, position) {
                Ok(0) => break,
                Ok(count) => {
                    sums.update(&buffer[..count]);
                    position += count as u64;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(Failure::from(crate::error::Error::from(error))),
            }
        }
        self.check(sums)
    }

    /// Checks bytes in memory.
    pub(super) fn check_bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        if self.sha256.is_some() {
            self.check_sha256(Hash256::new(Sha256::digest(bytes).into()))?;
        }
        let mut sums = self.sums(bytes.len() as u64);
        sums.update(bytes);
        self.check(sums)
    }

    fn check_sha256(&self, found: Hash256) -> Result<(), Failure> {
        match self.sha256 {
            Some(expected) if expected != found => Err(wrong("SHA-256")),
            _ => Ok(()),
        }
    }

    fn sums(&self, size: u64) -> Sums {
        Sums {
            crc32c: self.crc32c.map(|_| 0),
            md5: self.md5.map(|_| Md5::default()),
            git: self
                .git
                .map(|_| Sha1::new_with_prefix(format!("blob {size}\0"))),
        }
    }

    fn check(&self, sums: Sums) -> Result<(), Failure> {
        if self.crc32c != sums.crc32c {
            return Err(wrong("CRC-32C"));
        }
        if self.md5 != sums.md5.map(|md5| md5::Digest::finalize(md5).into()) {
            return Err(wrong("MD5"));
        }
        if self.git != sums.git.map(|git| git.finalize().into()) {
            return Err(wrong("Git SHA-1"));
        }
        Ok(())
    }
}

impl Sums {
    fn update(&mut self, bytes: &[u8]) {
        if let Some(crc) = &mut self.crc32c {
            *crc = crc32c::crc32c_append(*crc, bytes);
        }
        if let Some(md5) = &mut self.md5 {
            md5::Digest::update(md5, bytes);
        }
        if let Some(git) = &mut self.git {
            git.update(bytes);
        }
    }
}

fn wrong(sum: &str) -> Failure {
    Failure::Lasting(format!(
        "The bytes are not those that the source promises: their {sum} is another one. Nothing of the file was \
         stored."
    ))
}

/// What the head of an answer says of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// How many bytes the whole file has, if that is said.
    pub(super) size: Option<u64>,
    /// Whether the end of a body without a length can be told from a cut.
    pub(super) is_framed: bool,
    /// As it came.
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl Head {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.trim().to_owned())
        };
        Self {
            size: text("content-length").and_then(|length| length.parse().ok()),
            is_framed: text("transfer-encoding")
                .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")),
            etag: text("etag"),
            last_modified: text("last-modified"),
        }
    }

    /// The tag by which a part can be asked for without getting one of another file.
    pub(super) fn strong_etag(&self) -> Option<&str> {
        self.etag.as_deref().filter(|tag| tag.starts_with('"'))
    }

    /// What the source calls this state of the file.
    pub(super) fn version(&self) -> Option<String> {
        let dated = |at: &String| format!("{at}, {} bytes", self.size.unwrap_or_default());
        self.etag
            .clone()
            .or_else(|| self.last_modified.as_ref().map(dated))
    }

    /// The file's own time of change.
    pub(super) fn modified_ms(&self) -> Option<i64> {
        let at = jiff::fmt::rfc2822::parse(self.last_modified.as_deref()?).ok()?;
        crate::tus::modified_ms(at.timestamp().as_millisecond()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums_are_right_and_others_are_not() {
        // Of “123456789”; the last is what `git hash-object` says.
        let right = Proof {
            sha256: Hash256::parse(
                "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
            ),
            crc32c: Some(0xE306_9283),
            md5: Some(*b"\x25\xf9\xe7\x94\x32\x3b\x45\x38\x85\xf5\x18\x1f\x1b\x62\x4d\x0b"),
            git: Some(
                *b"\xe2\xe1\x07\xac\x61\xac\x25\x9b\x87\xc5\x44\xf6\xe7\xa4\xeb\x03\x42\x2c\x6c\x21",
            ),
        };
        assert!(right.check_bytes(b"123456780").is_err());
        for proof in [right, Proof::default()] {
            assert!(proof.check_bytes(b"123456789").is_ok(), "{proof:?}");
        }
    }

    #[test]
    fn a_head_says_when_the_file_changed() {
        let mut headers = HeaderMap::new();
        let at = http::HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
        headers.insert("last-modified", at);
        assert_eq!(Head::of(&headers).modified_ms(), Some(784_111_777_000));
    }
}

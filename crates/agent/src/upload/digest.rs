//! What a file's bytes are known by: BLAKE3, which is fast, and SHA-256, which everybody has.

use std::fmt;
use std::os::fd::OwnedFd;

use bytes::Bytes;
use rustix::fs;
use rustix::io::Errno;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::error::Result;

/// One read of a file that is hashed after it was written.
const STEP_BYTES: usize = 512 << 10;

/// 256 bits, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash256([u8; 32]);

/// Both hashes of a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digests {
    pub(crate) blake3: Hash256,
    pub(crate) sha256: Hash256,
}

/// Both hashes of a file's beginning.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashers {
    blake3: blake3::Hasher,
    sha256: Sha256,
}

impl Hashers {
    /// Takes in the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.blake3.update(bytes);
        self.sha256.update(bytes);
    }

    /// Takes in the next pieces.
    pub(crate) fn update_all(&mut self, pieces: &[Bytes]) {
        for piece in pieces {
            self.update(piece);
        }
    }

    /// Takes in a file's bytes from one place to another. Answers how far it came: a file may have become
    /// shorter.
    pub(crate) fn read(&mut self, file: &OwnedFd, from: u64, to: u64) -> Result<u64> {
        let mut buffer = vec![0; STEP_BYTES];
        let mut position = from;
        while position < to {
            let most = usize::try_from(to - position).map_or(STEP_BYTES, |n| n.min(STEP_BYTES));
            match rustix::io::pread(file, &mut buffer[..most], position) {
                Ok(0) => break,
                Ok(count) => {
                    self.update(&buffer[..count]);
                    position += count as u64;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(position)
    }

    pub(crate) fn finish(&self) -> Digests {
        Digests {
            blake3: Hash256(*self.blake3.finalize().as_bytes()),
            sha256: Hash256(self.sha256.clone().finalize().into()),
        }
    }
}

impl Digests {
    /// Those of an open file, read from its beginning, and its size.
    pub(crate) fn of(file: &OwnedFd) -> Result<(Self, u64)> {
        let mut hashers = Hashers::default();
        let size = u64::try_from(fs::fstat(file)?.st_size).unwrap_or(0);
        let read = hashers.read(file, 0, size)?;
        Ok((hashers.finish(), read))
    }
}

impl Hash256 {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_of_nothing_are_the_known_ones() {
        let digests = Hashers::default().finish();
        assert_eq!(
            digests.blake3.to_string(),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
        assert_eq!(
            digests.sha256.to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let json = serde_json::to_string(&digests).unwrap();
        assert_eq!(serde_json::from_str::<Digests>(&json).unwrap(), digests);
    }
}

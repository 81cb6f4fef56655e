//! Checksums of what one request carries (`Upload-Checksum` of tus).
//!
//! A CRC-32C travels as its four bytes, most significant first: tus does not say how.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use crate::error::{Error, Result};

/// The names of what is understood, as `Tus-Checksum-Algorithm` lists them.
pub(crate) const ALGORITHMS: &str = "crc32c,sha1,sha256";

/// A checksum that the bytes of a request must have.
#[derive(Debug)]
pub(crate) struct Checksum {
    state: State,
    expected: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Crc32c(u32),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// Reads `<algorithm> <base64>`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = |message| Error::invalid("Upload-Checksum", message);
        let (algorithm, value) = text
            .split_once(' ')
            .ok_or_else(|| wrong("Upload-Checksum is an algorithm, a space and base64."))?;
        let (state, length) = match algorithm {
            "crc32c" => (State::Crc32c(0), 4),
            "sha1" => (State::Sha1(Sha1::new()), 20),
            "sha256" => (State::Sha256(Sha256::new()), 32),
            _ => {
                return Err(wrong(
                    "This checksum algorithm is not offered: take crc32c, sha1 or sha256.",
                ));
            }
        };
        let expected = STANDARD
            .decode(value)
            .map_err(|_| wrong("The checksum is not base64."))?;
        if expected.len() != length {
            return Err(wrong("The checksum has a wrong length for its algorithm."));
        }
        Ok(Self { state, expected })
    }

    /// Takes in the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc32c(crc) => *crc = crc32c::crc32c_append(*crc, bytes),
            State::Sha1(hasher) => hasher.update(bytes),
            State::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// Whether the bytes were the right ones.
    pub(crate) fn matches(self) -> bool {
        match self.state {
            State::Crc32c(crc) => self.expected == crc.to_be_bytes(),
            State::Sha1(hasher) => self.expected == hasher.finalize()[..],
            State::Sha256(hasher) => self.expected == hasher.finalize()[..],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksums_are_right() {
        for text in [
            "crc32c 4waSgw==",
            "sha1 98O8HYCOBHMq32eZZczDTKeuNEE=",
            "sha256 FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        ] {
            let mut checksum = Checksum::parse(text).unwrap();
            checksum.update(b"1234");
            checksum.update(b"56789");
            assert!(checksum.matches(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_checksums() {
        for text in [
            "",
            "crc32c",
            "md5 4waSgw==",
            "crc32c 4waSgw",
            "crc32c !!!!",
            "sha1 4waSgw==",
            "CRC32C 4waSgw==",
        ] {
            assert!(Checksum::parse(text).is_err(), "{text}");
        }
    }
}

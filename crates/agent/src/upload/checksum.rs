//! Checksums of what one request carries (`Upload-Checksum` of tus).
//!
//! A CRC-32C travels as its four bytes, most significant first: tus does not say how. `crc32c-mib` is ours:
//! one CRC-32C for each MiB of the body and for what is left of it. A long request that is cut then keeps what
//! its checksums proved, where one checksum of the whole would prove nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use crate::error::{Error, Result};

/// The names of what is understood, as `Tus-Checksum-Algorithm` lists them.
pub(crate) const ALGORITHMS: &str = "crc32c,crc32c-mib,sha1,sha256";

const CRC_BYTES: usize = 4;
const PIECE_BYTES: usize = 1 << 20;
/// Bodies are smaller than a GiB, and headers small.
const MOST_PIECES: usize = 1_024;

/// A checksum that the bytes of a request must have.
#[derive(Debug)]
pub(crate) struct Checksum {
    state: State,
    expected: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Crc32c(u32),
    Pieces(Pieces),
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
        let (state, lengths) = match algorithm {
            "crc32c" => (State::Crc32c(0), CRC_BYTES..=CRC_BYTES),
            "crc32c-mib" => (
                State::Pieces(Pieces::default()),
                CRC_BYTES..=MOST_PIECES * CRC_BYTES,
            ),
            "sha1" => (State::Sha1(Sha1::new()), 20..=20),
            "sha256" => (State::Sha256(Sha256::new()), 32..=32),
            _ => {
                return Err(wrong(
                    "This checksum algorithm is not offered: take crc32c, crc32c-mib, sha1 or sha256.",
                ));
            }
        };
        let expected = STANDARD
            .decode(value)
            .map_err(|_| wrong("The checksum is not base64."))?;
        if !lengths.contains(&expected.len()) || !expected.len().is_multiple_of(CRC_BYTES) {
            return Err(wrong("The checksum has a wrong length for its algorithm."));
        }
        Ok(Self { state, expected })
    }

    /// Takes in the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc32c(crc) => *crc = crc32c::crc32c_append(*crc, bytes),
            State::Pieces(pieces) => pieces.update(bytes, &self.expected),
            State::Sha1(hasher) => hasher.update(bytes),
            State::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// How many of the first bytes are right for sure, whatever comes behind them.
    pub(crate) fn proven_bytes(&self) -> u64 {
        match &self.state {
            State::Pieces(pieces) => (pieces.right * PIECE_BYTES) as u64,
            State::Crc32c(_) | State::Sha1(_) | State::Sha256(_) => 0,
        }
    }

    /// Whether the bytes were the right ones.
    pub(crate) fn matches(self) -> bool {
        match self.state {
            State::Crc32c(crc) => self.expected == crc.to_be_bytes(),
            State::Pieces(pieces) => pieces.matches(&self.expected),
            State::Sha1(hasher) => self.expected == hasher.finalize()[..],
            State::Sha256(hasher) => self.expected == hasher.finalize()[..],
        }
    }
}

/// Checks each piece of a body as it comes.
#[derive(Debug, Default)]
struct Pieces {
    /// How many were right, one after the other from the first on.
    right: usize,
    crc: u32,
    /// How much of the next piece came.
    piece_bytes: usize,
    is_wrong: bool,
}

impl Pieces {
    fn update(&mut self, mut bytes: &[u8], expected: &[u8]) {
        while !bytes.is_empty() && !self.is_wrong {
            let room = PIECE_BYTES - self.piece_bytes;
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            self.crc = crc32c::crc32c_append(self.crc, piece);
            self.piece_bytes += piece.len();
            if self.piece_bytes == PIECE_BYTES {
                self.end_piece(expected);
            }
            bytes = rest;
        }
    }

    fn end_piece(&mut self, expected: &[u8]) {
        let expected = expected.chunks(CRC_BYTES).nth(self.right);
        if expected == Some(&self.crc.to_be_bytes()) {
            self.right += 1;
            self.crc = 0;
            self.piece_bytes = 0;
        } else {
            self.is_wrong = true;
        }
    }

    fn matches(mut self, expected: &[u8]) -> bool {
        if self.piece_bytes > 0 {
            self.end_piece(expected);
        }
        !self.is_wrong && self.right * CRC_BYTES == expected.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksums_are_right() {
        for text in [
            "crc32c 4waSgw==",
            "crc32c-mib 4waSgw==",
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
            "crc32c-mib ",
            "crc32c-mib 4waSgwA=",
            "crc32c !!!!",
            "sha1 4waSgw==",
            "CRC32C 4waSgw==",
        ] {
            assert!(Checksum::parse(text).is_err(), "{text}");
        }
    }

    /// The checksum of a body, cut into steps that end anywhere.
    fn pieces(body: &[u8], told: &[&[u8]]) -> (u64, bool) {
        let crcs: Vec<u8> = told
            .iter()
            .flat_map(|piece| crc32c::crc32c(piece).to_be_bytes())
            .collect();
        let text = format!("crc32c-mib {}", STANDARD.encode(crcs));
        let mut checksum = Checksum::parse(&text).unwrap();
        body.chunks(300_001).for_each(|step| checksum.update(step));
        (checksum.proven_bytes(), checksum.matches())
    }

    #[test]
    fn each_piece_that_was_right_is_proven_and_the_last_one_at_the_end() {
        const MIB: u64 = PIECE_BYTES as u64;
        let body: Vec<u8> = (0..5 * PIECE_BYTES / 2)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let told: Vec<&[u8]> = body.chunks(PIECE_BYTES).collect();
        assert_eq!(pieces(&body, &told), (2 * MIB, true));
        assert_eq!(
            pieces(&body[..2 * PIECE_BYTES], &told[..2]),
            (2 * MIB, true)
        );
        let cut = &body[..2 * PIECE_BYTES - 1];
        assert_eq!(pieces(cut, &told), (MIB, false));
        assert_eq!(pieces(&body, &told[..2]), (2 * MIB, false), "too long");
        assert_eq!(
            pieces(&body[..2 * PIECE_BYTES], &told),
            (2 * MIB, false),
            "too short"
        );
        let mut damaged = body.clone();
        damaged[PIECE_BYTES + 5] ^= 1;
        assert_eq!(pieces(&damaged, &told), (MIB, false));
    }
}

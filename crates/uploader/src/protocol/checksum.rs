//! The checksum of a request's body: a CRC-32C for each MiB of it, so that a request that is cut keeps what
//! they proved.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Reads a body in any steps and answers what its `Upload-Checksum` is.
#[derive(Debug, Default)]
pub struct Checksum {
    crcs: Vec<u8>,
    crc: u32,
    /// How much of the next piece was read.
    piece_bytes: usize,
}

impl Checksum {
    /// The bytes that one CRC is of.
    pub const PIECE_BYTES: usize = 1 << 20;

    /// Takes in the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = Self::PIECE_BYTES - self.piece_bytes;
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            self.crc = crc32c::crc32c_append(self.crc, piece);
            self.piece_bytes += piece.len();
            if self.piece_bytes == Self::PIECE_BYTES {
                self.end_piece();
            }
            bytes = rest;
        }
    }

    fn end_piece(&mut self) {
        self.crcs.extend(self.crc.to_be_bytes());
        self.crc = 0;
        self.piece_bytes = 0;
    }

    /// `Upload-Checksum` of what was read; `None` if that was nothing.
    pub fn header(mut self) -> Option<String> {
        if self.piece_bytes > 0 {
            self.end_piece();
        }
        (!self.crcs.is_empty()).then(|| format!("crc32c-mib {}", STANDARD.encode(&self.crcs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(body: &[u8], step_bytes: usize) -> Option<String> {
        let mut checksum = Checksum::default();
        body.chunks(step_bytes)
            .for_each(|step| checksum.update(step));
        checksum.header()
    }

    #[test]
    fn a_short_body_has_the_checksum_that_everybody_computes() {
        assert_eq!(
            header(b"123456789", 4).as_deref(),
            Some("crc32c-mib 4waSgw==")
        );
        assert_eq!(header(b"", 1), None);
    }

    #[test]
    fn each_mebibyte_has_its_own_whatever_the_steps() {
        let body: Vec<u8> = (0..Checksum::PIECE_BYTES * 5 / 2)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let crcs: Vec<u8> = body
            .chunks(Checksum::PIECE_BYTES)
            .flat_map(|piece| crc32c::crc32c(piece).to_be_bytes())
            .collect();
        let expected = format!("crc32c-mib {}", STANDARD.encode(crcs));
        for step_bytes in [300_001, Checksum::PIECE_BYTES, body.len()] {
            assert_eq!(
                header(&body, step_bytes).as_deref(),
                Some(expected.as_str())
            );
        }
    }
}

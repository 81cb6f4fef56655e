//! Short names for contents, to see whether something changed and to name files by what is in them.

use std::path::Path;
use std::{fmt::Write as _, fs};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Gathers what a result depends on.
#[derive(Clone, Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds some bytes; the lengths keep two neighbours apart.
    pub(crate) fn add(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds what is in a file.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<&mut Self> {
        let content = fs::read(path).with_context(|| format!("{}", path.display()))?;
        Ok(self.add(content))
    }

    /// 16 hexadecimal digits.
    pub(crate) fn short(&self) -> String {
        hexadecimal(&self.0.clone().finalize()[..8])
    }
}

/// The name of some bytes.
pub(crate) fn of(bytes: impl AsRef<[u8]>) -> String {
    Fingerprint::default().add(bytes).short()
}

/// What others call the SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether the stamp beside a result says that it was made from the same things.
pub(crate) fn is_fresh(stamp: &Path, fingerprint: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|found| found == fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_neighbours_are_not_one_long_value() {
        let apart = Fingerprint::default().add("ab").add("c").short();
        let together = Fingerprint::default().add("a").add("bc").short();
        assert_ne!(apart, together);
    }
}

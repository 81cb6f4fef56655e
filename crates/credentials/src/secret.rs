//! A secret on its way to the one person who sees it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// By which people and programs that search for lost secrets know ours.
const BEGINNING: &str = "stowage_";

/// 256 random bits as text. It never appears in a log or a panic.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// One that nobody has had before.
    pub fn fresh() -> Self {
        let random: [u8; 32] = rand::random();
        Self(format!("{BEGINNING}{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_hide_themselves() {
        let (one, other) = (Secret::fresh(), Secret::fresh());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), BEGINNING.len() + 43);
        assert_eq!(format!("{one:?}"), "…");
    }
}

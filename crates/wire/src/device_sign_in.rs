//! Programs without a browser that wait for a person to let them in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A program that waits for the reader's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSignInView {
    /// The code that it shows, as it is typed.
    pub user_code: String,
    /// What it says of itself.
    pub device_name: String,
    /// From which address it came, if that is known.
    pub address: Option<String>,
    /// Since when it waits.
    pub begun_at: Timestamp,
}

impl DeviceSignInView {
    /// Letters of codes: no vowels, so that no words come about.
    pub const LETTERS: [char; 20] = [
        'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W',
        'X', 'Z',
    ];
    /// How many letters a code has.
    pub const CODE_LENGTH: usize = 8;

    /// A code as somebody typed it, as it is kept: capitals, without hyphens and blanks.
    pub fn kept(typed: &str) -> String {
        typed
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_uppercase())
            .take(Self::CODE_LENGTH)
            .collect()
    }

    /// A code as it is shown: `BCDF-GHJK`.
    pub fn shown(kept: &str) -> String {
        match kept.split_at_checked(Self::CODE_LENGTH / 2) {
            Some((first, second)) => format!("{first}-{second}"),
            None => kept.to_owned(),
        }
    }
}

/// An answer to a program that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceAnswer {
    /// The code that it shows.
    pub user_code: String,
    /// Whether to let it in.
    pub is_approved: bool,
}

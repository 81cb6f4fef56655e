//! The names of uploads.

use std::fmt;

/// The name of an upload: 128 random bits, never a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UploadId(String);

impl UploadId {
    pub(super) fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// Reads an id; anything but 32 lower-case hexadecimal digits is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_id =
            text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    /// The file that holds its bytes.
    pub(crate) fn part(&self) -> String {
        format!("{}.part", self.0)
    }

    /// The file that says what is true about it.
    pub(super) fn journal(&self) -> String {
        format!("{}.journal", self.0)
    }

    /// The file that says which bytes there are, where they come in any order.
    pub(super) fn extents(&self) -> String {
        format!("{}.extents", self.0)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

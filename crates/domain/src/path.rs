//! Paths inside a volume.
//!
//! A checked path is still only text: the data agent opens it beneath the volume's root with
//! `openat2`, so that a planted link leads nowhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong with a path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathError {
    /// It starts at a root of its own.
    #[error("a path is relative to the volume: leave out the “/” in front")]
    Absolute,
    /// `.`, `..` or nothing between two slashes.
    #[error("“{0}” is not the name of a file or folder")]
    Component(String),
    /// NUL, a control character or a backslash.
    #[error("a name cannot contain {0:?}")]
    Character(char),
    /// A name over [`VolumePath::MAX_COMPONENT_BYTES`].
    #[error("a name of {0} bytes is too long: at most 255 fit")]
    ComponentTooLong(usize),
    /// More than [`VolumePath::MAX_BYTES`] in all.
    #[error("a path of {0} bytes is too long: at most 4,096 fit")]
    TooLong(usize),
    /// More folders in folders than [`VolumePath::MAX_DEPTH`].
    #[error("{0} folders inside each other are too many: at most 64 fit")]
    TooDeep(usize),
    /// The folder in which uploads are staged.
    #[error("“.stowage” at the top of a volume is Stowage's own folder")]
    Reserved,
}

/// A file or folder of a volume, relative to its root; the empty path is the root itself.
///
/// UTF-8; names joined by `/`; no NUL, `\`, control characters, `.` or `..`; 255 bytes a name,
/// 4,096 in all, 64 deep; not beneath `.stowage` at the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VolumePath(String);

impl VolumePath {
    /// The longest name, in bytes: what Linux file systems take.
    pub const MAX_COMPONENT_BYTES: usize = 255;
    /// The longest path, in bytes.
    pub const MAX_BYTES: usize = 4096;
    /// The most names in a path.
    pub const MAX_DEPTH: usize = 64;
    /// Where uploads are staged, at the root of a volume; hidden from every listing.
    pub const STAGING: &'static str = ".stowage";

    /// The volume's root.
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether this is the volume's root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name; `None` for the root.
    pub fn file_name(&self) -> Option<&str> {
        self.components().next_back()
    }

    /// The folder it lies in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(
            self.0
                .rsplit_once('/')
                .map_or(String::new(), |(folder, _)| folder.to_owned()),
        ))
    }

    /// The names from the root on.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// This folder's file or folder of that name.
    ///
    /// # Errors
    /// As for any path: the name or the whole breaks a rule.
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        if self.is_root() {
            name.parse()
        } else {
            format!("{}/{name}", self.0).parse()
        }
    }

    /// Whether `self` is `folder` or lies somewhere in it.
    pub fn is_within(&self, folder: &Self) -> bool {
        folder.is_root()
            || self.0 == folder.0
            || self
                .0
                .strip_prefix(&folder.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

impl FromStr for VolumePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        if text.len() > Self::MAX_BYTES {
            return Err(PathError::TooLong(text.len()));
        }
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        if let Some(odd) = text.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(PathError::Character(odd));
        }
        let depth = text.split('/').count();
        if depth > Self::MAX_DEPTH {
            return Err(PathError::TooDeep(depth));
        }
        for (index, name) in text.split('/').enumerate() {
            if matches!(name, "" | "." | "..") {
                return Err(PathError::Component(name.to_owned()));
            }
            if name.len() > Self::MAX_COMPONENT_BYTES {
                return Err(PathError::ComponentTooLong(name.len()));
            }
            // Some file systems know no case: `.STOWAGE` would be the same folder there.
            if index == 0 && name.eq_ignore_ascii_case(Self::STAGING) {
                return Err(PathError::Reserved);
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for VolumePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for VolumePath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<VolumePath> for String {
    fn from(path: VolumePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_are_refused() {
        let long = "a".repeat(256);
        let deep = vec!["a"; 65].join("/");
        for text in [
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "a\0b",
            "a\nb",
            "a\\b",
            "\u{7f}",
            ".stowage",
            ".stowage/x",
            long.as_str(),
            deep.as_str(),
        ] {
            assert!(text.parse::<VolumePath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn ordinary_paths_of_any_script_are_taken() {
        for text in [
            "",
            "a",
            "a b/c.csv",
            "数据/训练.parquet",
            "a/.stowage",
            "..a",
            "a".repeat(255).as_str(),
        ] {
            assert!(text.parse::<VolumePath>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_path_knows_its_folder() {
        let path: VolumePath = "a/b/c".parse().unwrap();
        assert_eq!(path.file_name(), Some("c"));
        assert_eq!(path.parent().unwrap().as_str(), "a/b");
        assert!(path.is_within(&"a/b".parse().unwrap()));
        assert!(
            !"ab"
                .parse::<VolumePath>()
                .unwrap()
                .is_within(&"a".parse().unwrap())
        );
        assert_eq!(VolumePath::root().parent(), None);
    }
}

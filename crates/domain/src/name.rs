//! Names that people give to volumes.
//!
//! A volume's name becomes the name of a Kubernetes object and of a folder, hence RFC 1123 labels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong with a name, a description or a tag, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a name is needed")]
    Empty,
    /// More characters than `most`.
    #[error("{length} characters are too many: at most {most} fit")]
    TooLong {
        /// How many there are.
        length: usize,
        /// How many there may be.
        most: usize,
    },
    /// A character that an RFC 1123 label does not have.
    #[error("“{0}” cannot stand in a name: use lower-case letters a–z, digits and hyphens")]
    Character(char),
    /// A hyphen at one of the ends.
    #[error("a name begins and ends with a letter or a digit, not with a hyphen")]
    Edge,
    /// A slash in the name of a scope.
    #[error("a slash cannot stand in this name")]
    Slash,
    /// Something else than a letter where a letter has to stand.
    #[error("this name begins with a letter and ends with a letter or a digit")]
    Letter,
    /// A control character in a text.
    #[error("control characters cannot stand in a text")]
    Control,
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

/// The name of a data volume: an RFC 1123 label, 1 to 63 of `a–z`, `0–9` and `-`, no hyphen at
/// either end. Unique in its cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VolumeName(String);

impl VolumeName {
    /// The most characters that a name may have (RFC 1123).
    pub const MAX_LENGTH: usize = 63;
}

impl FromStr for VolumeName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if let Some(odd) = text.chars().find(|c| !fits(*c)) {
            return Err(NameError::Character(odd));
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(NameError::TooLong {
                length: text.len(),
                most: Self::MAX_LENGTH,
            });
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(NameError::Edge);
        }
        Ok(Self(text.to_owned()))
    }
}

text_newtype!(VolumeName);

/// The name of an application or of an access key: 2 to 63 of `a–z`, `0–9`, `-` and `_`, a letter first and a
/// letter or a digit last, as Run:ai's API asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

impl KeyName {
    /// The most characters that a name may have.
    pub const MAX_LENGTH: usize = 63;
}

impl FromStr for KeyName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(odd) = text
            .chars()
            .find(|c| !is_end(*c) && !matches!(c, '-' | '_'))
        {
            return Err(NameError::Character(odd));
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(NameError::TooLong {
                length: text.len(),
                most: Self::MAX_LENGTH,
            });
        }
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if text.len() < 2 || !begins || !text.ends_with(is_end) {
            return Err(NameError::Letter);
        }
        Ok(Self(text.to_owned()))
    }
}

text_newtype!(KeyName);

/// One line about a data volume, at most 127 characters, as in Run:ai's API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(String);

impl FromStr for Description {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        bounded_text(text, 127).map(Self)
    }
}

text_newtype!(Description);

/// A word to find a data volume by, at most 63 characters of any script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

impl FromStr for Tag {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = bounded_text(text, 63)?;
        if text.is_empty() {
            Err(NameError::Empty)
        } else {
            Ok(Self(text))
        }
    }
}

text_newtype!(Tag);

/// What somebody calls a view of the catalogue that they saved: one line of at most 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViewName(String);

impl FromStr for ViewName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = bounded_text(text, 63)?;
        if text.is_empty() {
            Err(NameError::Empty)
        } else {
            Ok(Self(text))
        }
    }
}

text_newtype!(ViewName);

/// What people call a department or a project: one line of at most 63 characters of any script. A slash
/// would read like the next level of the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeName(String);

impl ScopeName {
    /// The name in the letters of an RFC 1123 label, to make a folder or namespace from; empty where it
    /// has none of them.
    pub fn to_label(&self) -> String {
        let words = self.0.to_lowercase();
        let words: Vec<&str> = words
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        words.join("-")
    }
}

impl FromStr for ScopeName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = bounded_text(text, 63)?;
        if text.is_empty() {
            Err(NameError::Empty)
        } else if text.contains('/') {
            Err(NameError::Slash)
        } else {
            Ok(Self(text))
        }
    }
}

text_newtype!(ScopeName);

fn bounded_text(text: &str, most: usize) -> Result<String, NameError> {
    let text = text.trim();
    let length = text.chars().count();
    if length > most {
        return Err(NameError::TooLong { length, most });
    }
    if text.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_63_characters_is_a_name_and_one_of_64_is_not() {
        assert!("a".repeat(63).parse::<VolumeName>().is_ok());
        assert_eq!(
            "a".repeat(64).parse::<VolumeName>(),
            Err(NameError::TooLong {
                length: 64,
                most: 63
            })
        );
    }

    #[test]
    fn what_is_no_label_is_told_what_is_wrong() {
        let refused = [
            ("", NameError::Empty),
            ("-a", NameError::Edge),
            ("a-", NameError::Edge),
            ("Images", NameError::Character('I')),
            ("bücher", NameError::Character('ü')),
            ("数据", NameError::Character('数')),
            ("a/b", NameError::Character('/')),
            ("a_b", NameError::Character('_')),
        ];
        for (text, error) in refused {
            assert_eq!(text.parse::<VolumeName>(), Err(error), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_scope_is_any_line_without_a_slash() {
        let name: ScopeName = " Bücher & 3D-Scans ".parse().unwrap();
        assert_eq!(name.as_str(), "Bücher & 3D-Scans");
        assert_eq!(name.to_label(), "b-cher-3d-scans");
        assert_eq!("数据".parse::<ScopeName>().unwrap().to_label(), "");
        assert_eq!(" ".parse::<ScopeName>(), Err(NameError::Empty));
        assert_eq!("a/b".parse::<ScopeName>(), Err(NameError::Slash));
        assert!("a".repeat(64).parse::<ScopeName>().is_err());
    }

    #[test]
    fn the_name_of_a_key_is_what_run_ai_takes_for_one() {
        for text in ["ci", "nightly-upload", "a_b", "a9", &"a".repeat(63)] {
            assert!(text.parse::<KeyName>().is_ok(), "{text}");
        }
        for (text, error) in [
            ("", NameError::Empty),
            ("a", NameError::Letter),
            ("9a", NameError::Letter),
            ("-a", NameError::Letter),
            ("a-", NameError::Letter),
            ("a b", NameError::Character(' ')),
            ("Ci", NameError::Character('C')),
            ("<b>", NameError::Character('<')),
        ] {
            assert_eq!(text.parse::<KeyName>(), Err(error), "{text}");
        }
        assert!("a".repeat(64).parse::<KeyName>().is_err());
    }

    #[test]
    fn a_description_is_trimmed_and_counts_characters_not_bytes() {
        assert_eq!(" ü ".parse::<Description>().unwrap().as_str(), "ü");
        assert!("ü".repeat(127).parse::<Description>().is_ok());
        assert!("ü".repeat(128).parse::<Description>().is_err());
        assert_eq!("a\nb".parse::<Description>(), Err(NameError::Control));
    }
}

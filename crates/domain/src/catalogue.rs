//! What a list of data volumes is asked for: its view, its order and its filters.
//!
//! The words of Run:ai's API (`projectId`, `=@`) are read here once; everybody else has values.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Tag;

/// Which part of the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatalogueView {
    /// All that is visible and has to do with the chosen scope.
    #[default]
    All,
    /// What has its origin in the chosen scope; without one, in the scopes that the caller reaches.
    Originated,
    /// What the projects of the chosen scope can use: their own and what is shared with them.
    Usable,
}

/// What a list is sorted by. The id breaks ties; what has no such value comes last both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortBy {
    /// The name.
    #[default]
    Name,
    /// The phase, by its word.
    Status,
    /// Capacity in bytes.
    Size,
    /// Used bytes.
    Used,
    /// Number of files.
    Files,
    /// The origin project's name.
    Project,
    /// When it was made.
    Created,
    /// When it was last changed.
    Updated,
    /// The origin project's id.
    ProjectId,
    /// The department's id.
    DepartmentId,
    /// The cluster's id.
    ClusterId,
    /// The name of the person who made it.
    Creator,
}

/// Which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// A text of a data volume that filters compare, byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FilterText {
    /// The name.
    Name,
    /// The origin project's id.
    ProjectId,
    /// The origin project's name.
    ProjectName,
    /// The department's id.
    DepartmentId,
    /// The cluster's id.
    ClusterId,
    /// The name of the person who made it.
    Creator,
    /// The phase, by its word.
    Phase,
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `==`
    Is,
    /// `!=`
    IsNot,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `=@`
    Contains,
    /// `!@`
    ContainsNot,
    /// `=^`
    StartsWith,
    /// `=$`
    EndsWith,
}

impl Comparison {
    /// Every way to compare.
    pub const ALL: [Self; 8] = [
        Self::Is,
        Self::IsNot,
        Self::AtMost,
        Self::AtLeast,
        Self::Contains,
        Self::ContainsNot,
        Self::StartsWith,
        Self::EndsWith,
    ];

    /// The sign in Run:ai's API.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Is => "==",
            Self::IsNot => "!=",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Contains => "=@",
            Self::ContainsNot => "!@",
            Self::StartsWith => "=^",
            Self::EndsWith => "=$",
        }
    }

    /// Whether it makes sense for a time.
    fn orders(self) -> bool {
        matches!(self, Self::Is | Self::IsNot | Self::AtMost | Self::AtLeast)
    }
}

/// One condition that every data volume of a list meets. On its way it is the text that programs write.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CatalogueFilter {
    /// A text compared with another.
    Text {
        /// Which text.
        of: FilterText,
        /// How.
        comparison: Comparison,
        /// With what.
        value: String,
    },
    /// The time of creation compared with a time.
    CreatedAt {
        /// How: one of the four that order.
        comparison: Comparison,
        /// With when.
        at: Timestamp,
    },
    /// A tag that it has, or has not.
    Tag {
        /// Whether it has it.
        is_there: bool,
        /// The tag, byte for byte.
        tag: Tag,
    },
}

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// No operator after the field.
    #[error("“{0}” is no filter: write a field, one of == != <= >= =@ !@ =^ =$, and a value")]
    NoOperator(String),
    /// A field that cannot be filtered by.
    #[error("“{0}” is no field to filter by")]
    UnknownField(String),
    /// A time compared as if it were a text.
    #[error("times are compared with ==, !=, <= and >= only")]
    TextOperator,
    /// A tag compared as if it were a text.
    #[error("tags are compared with == and != only")]
    TagOperator,
    /// A tag that is none.
    #[error("“{0}” is no tag: it has 1 to 63 characters")]
    NoTag(String),
    /// A time that is none.
    #[error("“{0}” is no time: write it as in 2026-01-31T12:00:00Z")]
    NoTime(String),
    /// More text than anything compared can have.
    #[error("a value has at most {0} characters")]
    TooLong(usize),
}

impl CatalogueFilter {
    /// The longest value, in characters.
    pub const MAX_VALUE: usize = 255;

    fn tagged(comparison: Comparison, value: &str) -> Result<Self, FilterError> {
        let is_there = match comparison {
            Comparison::Is => true,
            Comparison::IsNot => false,
            _ => return Err(FilterError::TagOperator),
        };
        let tag = value
            .parse()
            .map_err(|_| FilterError::NoTag(shortened(value)))?;
        Ok(Self::Tag { is_there, tag })
    }
}

impl FromStr for CatalogueFilter {
    type Err = FilterError;

    /// Reads `field`, operator and value as Run:ai's API writes them: `name=@image`.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(text.len());
        let (field, rest) = text.split_at(end);
        let rest = rest.trim_start();
        let (comparison, value) = Comparison::ALL
            .into_iter()
            .find_map(|comparison| Some((comparison, rest.strip_prefix(comparison.sign())?)))
            .ok_or_else(|| FilterError::NoOperator(shortened(text)))?;
        let value = value.trim();
        if value.chars().count() > Self::MAX_VALUE {
            return Err(FilterError::TooLong(Self::MAX_VALUE));
        }
        let of = match field {
            "name" => FilterText::Name,
            "projectId" => FilterText::ProjectId,
            "projectName" => FilterText::ProjectName,
            "departmentId" => FilterText::DepartmentId,
            "clusterId" => FilterText::ClusterId,
            "createdBy" => FilterText::Creator,
            "phase" => FilterText::Phase,
            "createdAt" if comparison.orders() => {
                let at = value
                    .parse()
                    .map_err(|_| FilterError::NoTime(shortened(value)))?;
                return Ok(Self::CreatedAt { comparison, at });
            }
            "createdAt" => return Err(FilterError::TextOperator),
            "tags" => return Self::tagged(comparison, value),
            other => return Err(FilterError::UnknownField(shortened(other))),
        };
        Ok(Self::Text {
            of,
            comparison,
            value: value.to_owned(),
        })
    }
}

impl FilterText {
    /// The field in Run:ai's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::ProjectId => "projectId",
            Self::ProjectName => "projectName",
            Self::DepartmentId => "departmentId",
            Self::ClusterId => "clusterId",
            Self::Creator => "createdBy",
            Self::Phase => "phase",
        }
    }
}

impl fmt::Display for CatalogueFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text {
                of,
                comparison,
                value,
            } => write!(f, "{}{comparison}{value}", of.as_str()),
            Self::CreatedAt { comparison, at } => write!(f, "createdAt{comparison}{at}"),
            Self::Tag {
                is_there: true,
                tag,
            } => write!(f, "tags=={tag}"),
            Self::Tag {
                is_there: false,
                tag,
            } => write!(f, "tags!={tag}"),
        }
    }
}

impl TryFrom<String> for CatalogueFilter {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        text.parse()
    }
}

impl From<CatalogueFilter> for String {
    fn from(filter: CatalogueFilter) -> Self {
        filter.to_string()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

/// As much of somebody's text as an answer repeats.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_read() {
        for comparison in Comparison::ALL {
            let filter = format!("name{comparison}a b=c");
            assert_eq!(
                filter.parse(),
                Ok(CatalogueFilter::Text {
                    of: FilterText::Name,
                    comparison,
                    value: "a b=c".to_owned(),
                }),
                "{filter}"
            );
        }
    }

    #[test]
    fn a_filter_is_written_as_it_is_read() {
        for text in [
            "name=@a b",
            "projectName!=x",
            "createdBy==Ada",
            "createdAt>=2026-01-31T12:00:00Z",
            "tags==two words",
            "tags!=数据",
        ] {
            let filter: CatalogueFilter = text.parse().unwrap();
            assert_eq!(filter.to_string(), text);
        }
    }

    #[test]
    fn a_time_is_ordered_and_nothing_else() {
        let read = |text: &str| text.parse::<CatalogueFilter>();
        assert!(read("createdAt >= 2026-01-31T12:00:00Z").is_ok());
        assert_eq!(read("createdAt=@2026"), Err(FilterError::TextOperator));
        assert_eq!(
            read("createdAt==yesterday"),
            Err(FilterError::NoTime("yesterday".to_owned()))
        );
    }

    #[test]
    fn a_tag_is_there_or_not_and_nothing_else() {
        let read = |text: &str| text.parse::<CatalogueFilter>();
        assert!(read("tags == images").is_ok());
        assert_eq!(read("tags=@images"), Err(FilterError::TagOperator));
        assert_eq!(read("tags=="), Err(FilterError::NoTag(String::new())));
    }

    #[test]
    fn nonsense_is_told_what_is_wrong() {
        let read = |text: &str| text.parse::<CatalogueFilter>().unwrap_err();
        for text in ["", "name", "name=", "name~x", "==", "💾"] {
            assert!(
                matches!(
                    read(text),
                    FilterError::NoOperator(_) | FilterError::UnknownField(_)
                ),
                "{text}"
            );
        }
        assert_eq!(
            read("x' OR 1=1 --==a"),
            FilterError::NoOperator("x' OR 1=1 --==a".to_owned())
        );
        assert_eq!(
            read("size==1"),
            FilterError::UnknownField("size".to_owned())
        );
        assert_eq!(
            read(&format!("name=={}", "x".repeat(1 << 20))),
            FilterError::TooLong(255)
        );
    }
}

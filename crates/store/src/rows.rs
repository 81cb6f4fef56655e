//! From rows to domain values, and from domain values to what a column holds.
//!
//! A row that cannot become a value is an [`Error::Row`] with table, column and id, never a guess.

use std::fmt::Display;
use std::str::FromStr;

use domain::{Bytes, ScopeId, ScopePath, ScopeType};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::{Any, AnyRow};
use sqlx::{Decode, Row as _, Type};

use crate::{Error, Result};

/// One row of a table, read column by column.
pub(crate) struct TableRow<'r> {
    table: &'static str,
    id_column: &'static str,
    row: &'r AnyRow,
}

impl<'r> TableRow<'r> {
    /// `id_column` is what an error calls the row by.
    pub(crate) fn new(table: &'static str, id_column: &'static str, row: &'r AnyRow) -> Self {
        Self {
            table,
            id_column,
            row,
        }
    }

    /// That the column holds no such value.
    pub(crate) fn unreadable(&self, column: &'static str, reason: impl Display) -> Error {
        Error::Row {
            table: self.table,
            column,
            id: self
                .row
                .try_get::<String, _>(self.id_column)
                .unwrap_or_else(|_| "?".to_owned()),
            reason: reason.to_string(),
        }
    }

    fn get<T: Decode<'r, Any> + Type<Any>>(&self, column: &'static str) -> Result<T> {
        self.row
            .try_get(column)
            .map_err(|error| self.unreadable(column, error))
    }

    /// A text.
    pub(crate) fn text(&self, column: &'static str) -> Result<String> {
        self.get(column)
    }

    /// A text or NULL.
    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>> {
        self.get(column)
    }

    /// A text or number that stands for a value.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T> {
        let text: &str = self.get(column)?;
        text.parse().map_err(|error| self.unreadable(column, error))
    }

    /// The same or NULL.
    pub(crate) fn optional_parse<T: FromStr<Err: Display>>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| text.parse().map_err(|error| self.unreadable(column, error)))
            .transpose()
    }

    /// A value kept as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        let text: &str = self.get(column)?;
        serde_json::from_str(text).map_err(|error| self.unreadable(column, error))
    }

    /// The same or NULL.
    pub(crate) fn optional_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| serde_json::from_str(text).map_err(|error| self.unreadable(column, error)))
            .transpose()
    }

    /// A yes or no, kept as 1 or 0.
    pub(crate) fn flag(&self, column: &'static str) -> Result<bool> {
        Ok(self.count(column)? != 0)
    }

    /// A count or NULL.
    pub(crate) fn optional_count(&self, column: &'static str) -> Result<Option<u64>> {
        let number: Option<i64> = self.get(column)?;
        number
            .map(|number| u64::try_from(number).map_err(|error| self.unreadable(column, error)))
            .transpose()
    }

    /// A count.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64> {
        self.optional_count(column)?
            .ok_or_else(|| self.unreadable(column, "it is NULL"))
    }

    /// An amount of bytes or NULL.
    pub(crate) fn optional_bytes(&self, column: &'static str) -> Result<Option<Bytes>> {
        Ok(self.optional_count(column)?.map(Bytes))
    }

    /// A time or NULL.
    pub(crate) fn optional_time(&self, column: &'static str) -> Result<Option<Timestamp>> {
        let number: Option<i64> = self.get(column)?;
        number
            .map(|number| {
                Timestamp::from_microsecond(number).map_err(|error| self.unreadable(column, error))
            })
            .transpose()
    }

    /// A time.
    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp> {
        self.optional_time(column)?
            .ok_or_else(|| self.unreadable(column, "it is NULL"))
    }

    /// The path in the columns `tenant_id`, `cluster_id`, `department_id` and `project_id`.
    pub(crate) fn path(&self) -> Result<ScopePath> {
        let mut path = ScopePath::tenant(ScopeId(self.text("tenant_id")?));
        for column in ["cluster_id", "department_id", "project_id"] {
            let Some(id) = self.optional_text(column)? else {
                break;
            };
            path = path
                .child(ScopeId(id))
                .ok_or_else(|| self.unreadable(column, "nothing lies beneath a project"))?;
        }
        Ok(path)
    }
}

/// A time as its column holds it.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A size or count as its column holds it.
pub(crate) fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::TooLarge(number))
}

/// A value as JSON.
pub(crate) fn json(value: &impl Serialize) -> String {
    // Only maps with keys that are no texts fail, and there are none.
    serde_json::to_string(value).unwrap_or_default()
}

/// The four columns of a path.
pub(crate) fn columns(path: &ScopePath) -> [Option<&str>; 4] {
    ScopeType::ALL.map(|kind| path.at(kind).map(ScopeId::as_str))
}

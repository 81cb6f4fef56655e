//! A query whose text depends on how many values it is given.
//!
//! The engines have no common way to bind a list, so a list is written as `($1, $2, …)`. It is
//! filled up to a power of two with its last value: otherwise every length would be a text of its
//! own, and no prepared statement would ever be used twice.

use std::fmt::Write as _;

use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;
use sqlx::{Arguments as _, AssertSqlSafe};

/// How many values a query is given at a time, where it can be asked again for the rest. SQLite takes
/// 32,766, PostgreSQL 65,535.
pub(crate) const BATCH: usize = 1024;

/// Values that wait for their query.
#[derive(Default)]
pub(crate) struct Values(AnyArguments);

impl Values {
    /// Takes a text; answers the `$n` that stands for it.
    pub(crate) fn text(&mut self, value: &str) -> String {
        // Adding a text or a number cannot fail.
        let _ = self.0.add(value);
        format!("${}", self.0.len())
    }

    /// Takes a number; answers the `$n` that stands for it.
    pub(crate) fn number(&mut self, value: i64) -> String {
        let _ = self.0.add(value);
        format!("${}", self.0.len())
    }

    /// Takes a list; answers the `($n, …)` that stands for it. `(NULL)`, which holds nothing, for an
    /// empty one.
    pub(crate) fn list<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> String {
        let first = self.0.len();
        let mut last = None;
        for value in values {
            let _ = self.0.add(value);
            last = Some(value);
        }
        let Some(last) = last else {
            return "(NULL)".to_owned();
        };
        let wanted = first + (self.0.len() - first).next_power_of_two();
        while self.0.len() < wanted {
            let _ = self.0.add(last);
        }
        let mut text = String::from("(");
        for number in first + 1..=wanted {
            let comma = if number == wanted { ")" } else { ", " };
            let _ = write!(text, "${number}{comma}");
        }
        text
    }

    /// The query with its values. The text holds only what stands in this crate's code.
    pub(crate) fn query(self, text: String) -> Query<'static, Any, AnyArguments> {
        sqlx::query_with(AssertSqlSafe(text), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_few_lengths() {
        let mut values = Values::default();
        assert_eq!(values.text("x"), "$1");
        assert_eq!(values.list(["a", "b", "c"]), "($2, $3, $4, $5)");
        assert_eq!(values.list([]), "(NULL)");
        assert_eq!(values.list(["a"]), "($6)");
        assert_eq!(values.number(7), "$7");
    }
}

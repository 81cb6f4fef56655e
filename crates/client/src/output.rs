//! What is printed: tables for people, JSON and YAML for programs.
//!
//! Names are other people's text: control characters in them would be orders to the terminal, and are replaced in
//! tables. JSON and YAML write them as escapes.

use clap::ValueEnum;
use domain::Bytes;
use serde_json::Value;

use crate::yaml;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// As the REST API answers it
    Json,
    /// The same as YAML
    Yaml,
}

impl Output {
    /// Prints a value, or the table that stands for it.
    pub(crate) fn print(self, value: &Value, table: impl FnOnce() -> Table) {
        match self {
            Self::Table => print!("{}", table()),
            Self::Json => println!("{value:#}"),
            Self::Yaml => print!("{}", yaml::text(value)),
        }
    }
}

/// Columns beside each other.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn with_head<const N: usize>(head: [&str; N]) -> Self {
        Self(vec![head.map(str::to_owned).to_vec()])
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.map(|cell| harmless(&cell)).to_vec());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| console::measure_text_width(cell))
                .max()
                .unwrap_or_default()
        };
        for row in &self.0 {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                line.push_str(cell);
                let room = width(column) + 3 - console::measure_text_width(cell);
                line.extend(std::iter::repeat_n(' ', room));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A text that gives a terminal no orders.
pub(crate) fn harmless(text: &str) -> String {
    let letter = |letter: char| {
        if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        }
    };
    text.chars().map(letter).collect()
}

/// A size for people; a dash where none is known.
pub(crate) fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".to_owned(), |bytes| Bytes(bytes).to_string())
}

/// The date and minute of a time, in UTC.
pub(crate) fn minute(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_terminal_no_orders() {
        let mut table = Table::with_head(["NAME", "SIZE"]);
        table.row(["a\u{1b}[2J\r".to_owned(), "1 B".to_owned()]);
        table.row(["größe".to_owned(), size(None)]);
        let text = table.to_string();
        assert_eq!(
            text,
            "NAME     SIZE\na\u{fffd}[2J\u{fffd}   1 B\ngröße    –\n"
        );
    }
}

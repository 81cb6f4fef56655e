//! What of a measurement is asked for: all of it, unless some of its parts are named.

use anyhow::{Context, Result, ensure};

/// Words and numbers from the command line, in whatever order.
#[derive(Debug, Default)]
pub struct Selection {
    words: Vec<String>,
    numbers: Vec<u32>,
}

impl Selection {
    /// Reads arguments of which the words have to be among `known`.
    ///
    /// # Errors
    /// For another word.
    pub fn of(arguments: impl IntoIterator<Item = String>, known: &[&[&str]]) -> Result<Self> {
        let mut selection = Self::default();
        for argument in arguments {
            if let Ok(number) = argument.parse() {
                selection.numbers.push(number);
                continue;
            }
            let known = known.concat();
            ensure!(
                known.contains(&argument.as_str()),
                "“{argument}” is no part of this; there are {}",
                known.join(", ")
            );
            selection.words.push(argument);
        }
        Ok(selection)
    }

    /// Whether a part is asked for: it is named, or none of `parts` is.
    pub fn has(&self, part: &str, parts: &[&str]) -> bool {
        let mut named = self.words.iter().map(String::as_str);
        named.clone().any(|word| word == part) || !named.any(|word| parts.contains(&word))
    }

    /// The number at a place, if there are so many.
    pub fn number(&self, place: usize, usual: u32) -> u32 {
        self.numbers.get(place).copied().unwrap_or(usual)
    }
}

/// The arguments of this program.
///
/// # Errors
/// As [`Selection::of`].
pub fn selected(known: &[&[&str]]) -> Result<Selection> {
    Selection::of(std::env::args().skip(1), known).context("the arguments")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINES: &[&str] = &["sqlite", "postgresql"];
    const PARTS: &[&str] = &["lists", "exports"];

    #[test]
    fn what_is_not_named_is_all() {
        let read = |text: &str| {
            Selection::of(
                text.split_whitespace().map(str::to_owned),
                &[ENGINES, PARTS],
            )
        };
        let all = read("").unwrap();
        assert!(all.has("sqlite", ENGINES) && all.has("lists", PARTS));
        assert_eq!(all.number(0, 7), 7);
        let some = read("5 sqlite 6").unwrap();
        assert!(some.has("sqlite", ENGINES) && !some.has("postgresql", ENGINES));
        assert!(some.has("lists", PARTS) && some.has("exports", PARTS));
        assert_eq!((some.number(0, 7), some.number(1, 7)), (5, 6));
        assert!(read("mysql").is_err());
    }
}

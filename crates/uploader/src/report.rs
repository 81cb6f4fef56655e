//! What became of each file, as a table to keep.

use std::fmt::Write as _;

use crate::{Item, ItemKind, Queue, State};

impl Queue {
    /// All rows of the queue as CSV: where each was to go, what became of it, and the hash of what is stored.
    pub fn report(&self) -> String {
        let mut text = "data volume,path,outcome,size in bytes,BLAKE3,reason\r\n".to_owned();
        for item in self.items.iter().filter(|item| item.kind == ItemKind::File) {
            let stored_as = item.stored_as.as_deref();
            let path = stored_as.map_or(&*item.path, |stored| &*stored.path);
            let (outcome, reason) = outcome(item);
            // Writing into a string cannot fail.
            let _ = write!(
                text,
                "{},{},{outcome},{},{},{}\r\n",
                cell(self.volume_name(item)),
                cell(path),
                item.size_bytes,
                stored_as.map_or("", |stored| &*stored.blake3),
                cell(reason),
            );
        }
        text
    }
}

fn outcome(item: &Item) -> (&'static str, &str) {
    match &item.state {
        State::Done => ("stored", ""),
        State::AlreadyThere => ("there already", ""),
        State::Failed(reason) => ("failed", reason),
        State::Cancelled => ("cancelled", ""),
        State::Conflict => ("not decided", "The name is taken."),
        State::Waiting | State::Sending | State::Paused | State::Interrupted { .. } => {
            ("not finished", "")
        }
    }
}

/// A cell in quotation marks. What a spreadsheet would take for a formula is marked as text.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_like_a_formula_stays_text() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }
}

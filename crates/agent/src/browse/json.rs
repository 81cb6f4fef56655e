//! JSON, indented for reading, without touching a number or the order of anything.
//!
//! Reading it into values and writing those would round long numbers and drop repeated keys.

use serde::de::IgnoredAny;

/// What is longer when indented is shown as it is: `[[[[…` would grow without end.
const MOST_BYTES: usize = 1 << 20;

/// The same JSON, indented by two; `None` if it is no JSON or would get too long.
pub(super) fn indented(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut pretty = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                pretty.push('"');
                while let Some(inner) = characters.next() {
                    pretty.push(inner);
                    match inner {
                        '\\' => pretty.extend(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                pretty.push(character);
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    pretty.push(end);
                } else {
                    depth += 1;
                    line(&mut pretty, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut pretty, depth);
                pretty.push(character);
            }
            ',' => {
                pretty.push(',');
                line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => pretty.push(other),
        }
        if pretty.len() > MOST_BYTES {
            return None;
        }
    }
    Some(pretty)
}

fn line(pretty: &mut String, depth: usize) {
    pretty.push('\n');
    pretty.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_otherwise_the_same() {
        let text =
            r#" {"b":[1,2.50,{ }],"a":"x,\"{\\","n":123456789012345678901234567890,"e":[ ]} "#;
        let expected = "{\n  \"b\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"a\": \"x,\\\"{\\\\\",\n  \"n\": \
                        123456789012345678901234567890,\n  \"e\": []\n}";
        assert_eq!(indented(text).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_json_is_not_indented() {
        for text in ["", "{", "{'a':1}", "{} {}", "nul"] {
            assert_eq!(indented(text), None, "{text}");
        }
    }

    #[test]
    fn deep_nesting_does_not_grow_without_end() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(indented(&deep), None);
    }
}

//! JSON values as YAML in blocks. Texts that YAML could take for something else stand in quotes, as in JSON, which
//! YAML 1.2 reads.

use std::fmt::Write as _;

use serde_json::Value;

/// The value as a document.
pub(crate) fn text(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => block(value, 0, &mut out),
        other => {
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
    out
}

// Writing into a string cannot fail.
fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let _ = write!(out, "{indent}{}:", word(name));
                under(value, depth, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                if is_empty(item) || !(item.is_object() || item.is_array()) {
                    let _ = writeln!(out, "{indent}- {}", scalar(item));
                    continue;
                }
                // The first line of what is in it stands behind the dash.
                let mut inner = String::new();
                block(item, depth + 1, &mut inner);
                let _ = write!(out, "{indent}- {}", inner.trim_start());
            }
        }
        _ => {}
    }
}

fn under(value: &Value, depth: usize, out: &mut String) {
    if is_empty(value) || !(value.is_object() || value.is_array()) {
        let _ = writeln!(out, " {}", scalar(value));
    } else {
        out.push('\n');
        block(value, depth + 1, out);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        other => other.to_string(),
    }
}

/// A text, bare where nobody can take it for a number, a time, a word of YAML's or its syntax.
fn word(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_bare = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || "-_./ ".contains(letter))
        && !WORDS.iter().any(|known| text.eq_ignore_ascii_case(known));
    if is_bare {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_written_in_blocks() {
        let value = json!({
            "name": "imagenet", "size": 5, "when": "2026-01-02T03:04:05Z", "no": "no", "none": null,
            "tags": ["a", "b: c"], "empty": [],
            "shares": [{"scope": "x", "in": {"deep": true}}, {"scope": "z"}], "nested": [[1, 2]],
        });
        let expected = "\
empty: []
name: imagenet
nested:
  - - 1
    - 2
\"no\": \"no\"
none: null
shares:
  - in:
      deep: true
    scope: x
  - scope: z
size: 5
tags:
  - a
  - \"b: c\"
when: \"2026-01-02T03:04:05Z\"
";
        assert_eq!(text(&value), expected);
        assert_eq!(text(&json!({})), "{}\n");
    }
}

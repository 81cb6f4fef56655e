//! The stylesheet: `style/stowage.css` names the other files with `@import "x.css";`, in order.
//!
//! A browser would fetch each of them on its own, so they are put in the place of their lines here. It
//! stays plain CSS that other tools read too; only comments and indentation go.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// One stylesheet of many.
pub(crate) fn stylesheet(path: &Path) -> Result<String> {
    Ok(without_spare(&with_imports(path)?))
}

fn with_imports(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut whole = String::new();
    for line in text.lines() {
        match line.trim_start().strip_prefix("@import") {
            None => {
                whole.push_str(line);
                whole.push('\n');
            }
            Some(rest) => match imported_name(rest) {
                Some(name) => whole.push_str(&with_imports(&folder.join(name))?),
                None => bail!(
                    "{}: only `@import \"file.css\";` is understood, not `{line}`",
                    path.display()
                ),
            },
        }
    }
    Ok(whole)
}

fn imported_name(rest: &str) -> Option<&str> {
    let name = rest.trim().strip_suffix(';')?.trim_end();
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    (!name.contains(['"', ':'])).then_some(name)
}

/// Without comments, indentation and empty lines. What is in quotes stays as it is.
fn without_spare(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut quote = None;
    let mut letters = css.chars().peekable();
    while let Some(letter) = letters.next() {
        match quote {
            Some(_) if letter == '\\' => {
                kept.push(letter);
                kept.extend(letters.next());
                continue;
            }
            Some(open) if letter == open => quote = None,
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == '/' && letters.peek() == Some(&'*') => {
                letters.next();
                let mut last = ' ';
                for letter in letters.by_ref() {
                    if last == '*' && letter == '/' {
                        break;
                    }
                    last = letter;
                }
                continue;
            }
            _ => {}
        }
        kept.push(letter);
    }
    let mut lines = String::with_capacity(kept.len());
    for line in kept.lines().map(str::trim).filter(|line| !line.is_empty()) {
        lines.push_str(line);
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go_and_quotes_stay() {
        let css = "/* a\n * b **/\na {\n    content: \"/* kept */ it's \\\" \";\n\n  color: red; /* why */\n}\n";
        assert_eq!(
            without_spare(css),
            "a {\ncontent: \"/* kept */ it's \\\" \";\ncolor: red;\n}\n"
        );
    }

    #[test]
    fn an_import_is_replaced_by_what_it_names() {
        assert_eq!(imported_name(" \"button.css\";"), Some("button.css"));
        assert_eq!(imported_name(" url(button.css);"), None);
        assert_eq!(imported_name(" \"https://elsewhere/x.css\";"), None);
        assert_eq!(imported_name(" \"print.css\" print;"), None);
    }
}

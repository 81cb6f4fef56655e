//! What stands behind the `?` of an address. Unknown names and unreadable values are passed over, so that
//! an old or a mistyped address still opens a page.

use std::fmt::Write as _;

/// Names and values in the order of the address. A name may come more than once, as forms send it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=b&c=d`, with or without the `?`.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.strip_prefix('?').unwrap_or(text);
        Self(
            text.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (unescape(name), unescape(value))
                })
                .collect(),
        )
    }

    /// The first value of that name; empty ones count as absent, because forms send them.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of that name that is not empty.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// The same with one pair more, unless there is nothing to add.
    pub(crate) fn with_some(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.push((name.to_owned(), value.to_string()));
        }
        self
    }

    /// The same with another value of that name, or without one.
    pub(crate) fn replaced(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.0
            .retain(|(other, value)| other != name && !value.is_empty());
        self.with_some(name, value)
    }

    /// The query behind `path`.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut address = path.to_owned();
        for (index, (name, value)) in self.0.iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(&escape(name));
            address.push('=');
            address.push_str(&escape(value));
        }
        address
    }

    /// The first value of that name, where it can be read.
    pub(super) fn one_of<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.get(name).and_then(read)
    }

    /// All values of that name that can be read; one may hold several between commas.
    pub(super) fn some_of<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        self.all(name)
            .flat_map(|value| value.split(','))
            .filter_map(read)
            .collect()
    }
}

/// Escapes a value; `/` stays as it is, so that paths can be read.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                escaped.push(char::from(byte));
            }
            _ => {
                // Writing to a `String` cannot fail.
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

/// The text that was escaped; what is no escape stays as it is. A plus is a space, as forms send it.
pub(crate) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let plain = if *first == b'+' { b' ' } else { *first };
        let (byte, after) = escaped_byte(rest).unwrap_or((plain, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, after @ ..] = text else {
        return None;
    };
    Some((digit(*high)? * 16 + digit(*low)?, after))
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_any_text_comes_back_from_its_address() {
        for text in [
            "",
            "a b/c.csv",
            "100%",
            "a%41",
            "a+b&c=d?e#f",
            "数据",
            "“x”",
        ] {
            let address = Query::default().with_some("path", Some(text)).address("/x");
            let (_, query) = address.split_once('?').unwrap();
            assert_eq!(
                Query::parse(query).get("path").unwrap_or_default(),
                text,
                "{address}"
            );
        }
    }
}

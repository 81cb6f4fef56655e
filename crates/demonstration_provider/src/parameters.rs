//! The parameters of a request, from an address or a form. OAuth forbids to send one twice, and an empty one counts as
//! not sent (RFC 6749, section 3.1).

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use url::form_urlencoded;

const MOST_PARAMETERS: usize = 40;
const LONGEST_BYTES: usize = 2048;

/// What was sent, as it was sent.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

/// A parameter that was sent twice.
#[derive(Debug)]
pub(crate) struct Repeated(pub(crate) &'static str);

impl Parameters {
    /// `None` when there are too many or one is too long. An ID token as a hint may be longer than the rest.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            let longest = if name == "id_token_hint" {
                4 * LONGEST_BYTES
            } else {
                LONGEST_BYTES
            };
            if pairs.len() == MOST_PARAMETERS || name.len() > LONGEST_BYTES || value.len() > longest
            {
                return None;
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Some(Self(pairs))
    }

    /// The same from a body, which has to be a form.
    pub(crate) fn read_form(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers
            .get(CONTENT_TYPE)?
            .to_str()
            .ok()?
            .split(';')
            .next()?
            .trim();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::read(body)
        } else {
            None
        }
    }

    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut found = self
            .0
            .iter()
            .filter(|(key, value)| key == name && !value.is_empty());
        let first = found.next();
        if found.next().is_some() {
            return Err(Repeated(name));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_sent_twice_is_refused_and_an_empty_one_was_not_sent() {
        let parameters = Parameters::read(b"a=1&a=2&b=&c=%20x").expect("few and short");
        assert!(parameters.one("a").is_err());
        assert_eq!(parameters.one("b").ok(), Some(None));
        assert_eq!(parameters.one("c").ok(), Some(Some(" x")));
    }

    #[test]
    fn what_is_too_long_or_too_many_is_not_read() {
        assert!(
            Parameters::read(format!("a={}", "x".repeat(LONGEST_BYTES + 1)).as_bytes()).is_none()
        );
        assert!(Parameters::read("a=1&".repeat(MOST_PARAMETERS + 1).as_bytes()).is_none());
    }
}

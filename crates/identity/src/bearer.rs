//! The header with which programs say who they are (RFC 6750, section 2.1).
//!
//! A token in the address or in a form is none: addresses end up in logs.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Whether the request carries a token, good or bad. Other schemes are somebody else's, such as a proxy's.
pub(crate) fn is_sent(headers: &HeaderMap) -> bool {
    headers
        .get_all(AUTHORIZATION)
        .iter()
        .any(|value| token_of(value.as_bytes()).is_some())
}

/// The one token of a request; `None` when there are several, or it is no text.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (values.next()?, values.next()) else {
        return None;
    };
    std::str::from_utf8(token_of(only.as_bytes())?).ok()
}

fn token_of(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked("bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer");
    match token {
        [] if is_bearer => Some(b""),
        [b' ', ..] if is_bearer => Some(token.trim_ascii()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|text| (AUTHORIZATION, HeaderValue::from_str(text).unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in values {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn the_token_stands_after_its_scheme() {
        for (values, is_there, found) in [
            (vec!["Bearer abc"], true, Some("abc")),
            (vec!["bearer  abc "], true, Some("abc")),
            (vec!["Bearer"], true, Some("")),
            (vec!["Bearer "], true, Some("")),
            (vec!["Bearerabc"], false, None),
            (vec!["Basic abc"], false, None),
            (vec!["Bearer abc", "Bearer xyz"], true, None),
            (vec!["Basic abc", "Bearer xyz"], true, None),
            (vec![], false, None),
        ] {
            let headers = headers(&values);
            assert_eq!(is_sent(&headers), is_there, "{values:?}");
            assert_eq!(token(&headers), found, "{values:?}");
        }
    }
}

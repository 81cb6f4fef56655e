//! Which bytes of a file a request asks for (RFC 9110, section 14).

/// What a `Range` header comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no range, several, or one that cannot be read. Servers may ignore those.
    Whole,
    /// From a first byte to a last one, both included.
    Part { first: u64, last: u64 },
    /// Nothing that the file has.
    Nothing,
}

/// Reads a single range of bytes of a file of this size.
pub(super) fn wanted(header: &str, size: u64) -> Wanted {
    let Some(range) = header.trim().strip_prefix("bytes=") else {
        return Wanted::Whole;
    };
    let Some((first, last)) = range.trim().split_once('-') else {
        return Wanted::Whole;
    };
    if !first
        .bytes()
        .chain(last.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return Wanted::Whole;
    }
    let (first, last) = (number(first), number(last));
    match (first, last) {
        (None, None) => Wanted::Whole,
        (Some(first), Some(last)) if first > last => Wanted::Whole,
        (Some(first), _) if first >= size => Wanted::Nothing,
        (Some(first), last) => Wanted::Part {
            first,
            last: last.unwrap_or(u64::MAX).min(size - 1),
        },
        (None, Some(0)) => Wanted::Nothing,
        (None, Some(_)) if size == 0 => Wanted::Nothing,
        (None, Some(length)) => Wanted::Part {
            first: size.saturating_sub(length),
            last: size - 1,
        },
    }
}

/// Numbers too large for us are beyond the end of any file.
fn number(digits: &str) -> Option<u64> {
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let part = |first, last| Wanted::Part { first, last };
        for (header, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-", part(0, 9)),
            ("bytes=5-", part(5, 9)),
            ("bytes=5-7", part(5, 7)),
            ("bytes=5-99999999999999999999999", part(5, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-99", part(0, 9)),
            ("bytes=9-9", part(9, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=7-5", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(header, 10), expected, "{header}");
        }
        for header in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
            assert_eq!(wanted(header, 0), Wanted::Nothing, "{header}");
        }
    }
}

//! Reading tus headers the strict way: each once, digits only, nothing guessed.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::{OFFSET_STREAM, VERSION};
use crate::error::{Error, Result};
use crate::upload::{self, Checksum, Kind, MOST_PARTS};

/// Numbers end where a signed 64-bit number does: file systems count that far.
const MOST: u64 = i64::MAX.unsigned_abs();
/// Asks for an upload whose bytes may come at any place, several requests at once.
pub(super) const LANES: &str = "Stowage-Lanes";
/// A journal has room for so much.
const MOST_CONCAT_BYTES: usize = 64 << 10;

/// The one value of a header.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Error::invalid(
            name,
            format!("{name} was sent more than once."),
        ));
    }
    value
        .to_str()
        .map(Some)
        .map_err(|_| Error::invalid(name, format!("{name} has a value that is not plain text.")))
}

/// Refuses every version but ours, before anything else is looked at.
pub(super) fn require_version(headers: &HeaderMap) -> Result<()> {
    match single(headers, "Tus-Resumable") {
        Ok(Some(VERSION)) => Ok(()),
        _ => Err(Error::WrongVersion),
    }
}

/// What is really asked for: `X-HTTP-Method-Override` counts on a POST, and nowhere else.
pub(super) fn effective_method(method: &Method, headers: &HeaderMap) -> Result<Method> {
    const NAME: &str = "X-HTTP-Method-Override";
    match (single(headers, NAME)?, method) {
        (None, method) => Ok(method.clone()),
        (Some(name), &Method::POST) => match name {
            "PATCH" => Ok(Method::PATCH),
            "DELETE" => Ok(Method::DELETE),
            "HEAD" => Ok(Method::HEAD),
            "POST" => Ok(Method::POST),
            _ => Err(Error::invalid(
                NAME,
                "This method cannot be asked for in a header.",
            )),
        },
        _ => Err(Error::invalid(
            NAME,
            "Another method can be asked for by a POST only.",
        )),
    }
}

/// A number of ASCII digits and nothing else; `None` if it is too large to be a file's.
pub(super) fn whole_number(text: &str, name: &'static str) -> Result<Option<u64>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid(
            name,
            format!("{name} is a whole number in plain digits."),
        ));
    }
    Ok(text.parse().ok().filter(|number| *number <= MOST))
}

/// `Upload-Length` of a new upload; `None` if it comes later.
pub(super) fn length_or_later(headers: &HeaderMap, max_bytes: u64) -> Result<Option<u64>> {
    const NAME: &str = "Upload-Defer-Length";
    let length = upload_length(headers, max_bytes)?;
    match (length, single(headers, NAME)?) {
        (Some(_), None) | (None, Some("1")) => Ok(length),
        (Some(_), Some(_)) => Err(Error::invalid(
            NAME,
            "Send Upload-Length or Upload-Defer-Length, not both.",
        )),
        (None, Some(_)) => Err(Error::invalid(NAME, "Upload-Defer-Length is 1.")),
        (None, None) => Err(Error::invalid(
            "Upload-Length",
            "Its length is missing: send Upload-Length.",
        )),
    }
}

/// `Upload-Length`, if it is there.
pub(super) fn upload_length(headers: &HeaderMap, max_bytes: u64) -> Result<Option<u64>> {
    const NAME: &str = "Upload-Length";
    let Some(text) = single(headers, NAME)? else {
        return Ok(None);
    };
    match whole_number(text, NAME)? {
        Some(length) if length <= max_bytes => Ok(Some(length)),
        _ => Err(Error::TooLarge(format!(
            "Files of more than {} are not taken.",
            domain::Bytes(max_bytes)
        ))),
    }
}

/// What kind of upload `Upload-Concat` and `Stowage-Lanes` make of it.
pub(super) fn kind(headers: &HeaderMap) -> Result<Kind> {
    const NAME: &str = "Upload-Concat";
    let wrong = |message: String| Err(Error::invalid(NAME, message));
    let takes_lanes = match single(headers, LANES)? {
        None => false,
        Some("1") => true,
        Some(_) => return Err(Error::invalid(LANES, "Stowage-Lanes is 1.")),
    };
    let Some(text) = single(headers, NAME)? else {
        return Ok(if takes_lanes { Kind::Lanes } else { Kind::File });
    };
    if takes_lanes {
        return wrong("An upload has lanes or parts, not both.".to_owned());
    }
    let Some(list) = text.strip_prefix("final;") else {
        return match text {
            "partial" => Ok(Kind::Partial),
            _ => wrong("Upload-Concat is “partial”, or “final;” and addresses.".to_owned()),
        };
    };
    if text.len() > MOST_CONCAT_BYTES || upload::parts(list).is_none() {
        return wrong(format!(
            "Upload-Concat names up to {MOST_PARTS} uploads by their addresses, with a space between."
        ));
    }
    for name in ["Upload-Length", "Upload-Defer-Length"] {
        if headers.contains_key(name) {
            return wrong(format!("The parts say how long it is: leave {name} out."));
        }
    }
    Ok(Kind::Final {
        concat: text.to_owned(),
    })
}

/// `Upload-Offset`, which every PATCH begins with.
pub(super) fn upload_offset(headers: &HeaderMap) -> Result<u64> {
    const NAME: &str = "Upload-Offset";
    let text =
        single(headers, NAME)?.ok_or_else(|| Error::invalid(NAME, "Upload-Offset is missing."))?;
    whole_number(text, NAME)?.ok_or_else(|| Error::invalid(NAME, "Upload-Offset is too large."))
}

/// The checksum of the body, if one is named.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>> {
    single(headers, "Upload-Checksum")?
        .map(Checksum::parse)
        .transpose()
}

/// Whether the body is a piece of a file.
pub(super) fn carries_bytes(headers: &HeaderMap) -> bool {
    matches!(single(headers, "content-type"), Ok(Some(OFFSET_STREAM)))
}

/// Refuses a PATCH of another type.
pub(super) fn require_bytes(headers: &HeaderMap) -> Result<()> {
    if carries_bytes(headers) {
        Ok(())
    } else {
        Err(Error::WrongContentType(OFFSET_STREAM))
    }
}

/// Where the router is mounted, as the console says it: a plain path.
pub(super) fn base(headers: &HeaderMap) -> Result<Option<&str>> {
    const NAME: &str = "Stowage-Base";
    let Some(base) = single(headers, NAME)? else {
        return Ok(None);
    };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.');
    if base.starts_with('/') && !base.contains("//") && base.bytes().all(is_plain) {
        return Ok(Some(base.trim_end_matches('/')));
    }
    Err(Error::invalid(NAME, "Stowage-Base is a plain path."))
}

/// A time as HTTP writes it.
pub(super) fn http_date(at: Timestamp) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_digits() {
        for text in [
            "", "+1", "-1", " 1", "1 ", "1e3", "0x1", "1.0", "1_000", "１", "٣", "1,2",
        ] {
            assert!(whole_number(text, "n").is_err(), "{text:?}");
        }
        assert_eq!(whole_number("0", "n").unwrap(), Some(0));
        assert_eq!(
            whole_number("9223372036854775807", "n").unwrap(),
            Some(MOST)
        );
        for text in [
            "9223372036854775808",
            "18446744073709551616",
            &"9".repeat(99),
        ] {
            assert_eq!(whole_number(text, "n").unwrap(), None, "{text}");
        }
    }
}

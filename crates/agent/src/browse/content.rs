//! Downloads: whole files and single ranges, streamed in large reads.
//!
//! What lies in a volume is somebody's text in somebody else's browser: it is never named by a type that a
//! browser would run, and it comes in a sandbox.

use std::fmt::Write as _;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::VolumePath;
use futures::stream;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use rustix::buffer::spare_capacity;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::image;
use super::range::{Wanted, wanted};
use crate::beneath;
use crate::error::{Error, Result};
use crate::router::percent_encoded;

/// One read, one frame. Two of them at most are in memory for each download.
const STEP_BYTES: usize = 512 << 10;

/// A file that is about to be sent.
pub(super) struct Content {
    file: OwnedFd,
    size: u64,
    modified_at: Timestamp,
    tag: String,
    name: String,
    picture: Option<&'static str>,
}

impl Content {
    /// Opens a file. `may_show` lets a picture be shown in the page instead of being saved.
    pub(super) fn open(root: impl AsFd, path: &VolumePath, may_show: bool) -> Result<Self> {
        let (file, stat) = beneath::open_file(root, beneath::text(path), OFlags::RDONLY)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let modified_at = beneath::modified_at(&stat);
        let tag = format!(
            "\"{size:x}-{:x}-{:x}\"",
            modified_at.as_nanosecond(),
            stat.st_ino
        );
        let picture = if may_show {
            image::kind(&read_at(&file, 0, image::NEEDED_BYTES)?)
        } else {
            None
        };
        let name = path.file_name().unwrap_or_default().to_owned();
        Ok(Self {
            file,
            size,
            modified_at,
            tag,
            name,
            picture,
        })
    }

    /// Answers with all of it, a range, or that nothing has changed.
    pub(super) fn answer(self, method: &Method, headers: &HeaderMap) -> Response {
        if self.is_known(headers) {
            return self.described(StatusCode::NOT_MODIFIED);
        }
        let range =
            text(headers, &RANGE).filter(|_| *method == Method::GET && self.is_same(headers));
        match range.map_or(Wanted::Whole, |range| wanted(range, self.size)) {
            Wanted::Nothing => {
                let mut response = Error::RangeNotSatisfiable.into_response();
                set(
                    &mut response,
                    CONTENT_RANGE,
                    &format!("bytes */{}", self.size),
                );
                response
            }
            Wanted::Part { first, last } => {
                let mut response = self.described(StatusCode::PARTIAL_CONTENT);
                set(
                    &mut response,
                    CONTENT_RANGE,
                    &format!("bytes {first}-{last}/{}", self.size),
                );
                self.with_body(response, method, first, last + 1)
            }
            Wanted::Whole => {
                let response = self.described(StatusCode::OK);
                let end = self.size;
                self.with_body(response, method, 0, end)
            }
        }
    }

    fn with_body(self, mut response: Response, method: &Method, begin: u64, end: u64) -> Response {
        set(&mut response, CONTENT_LENGTH, &(end - begin).to_string());
        if *method == Method::GET {
            *response.body_mut() = streamed(self.file, begin, end);
        }
        response
    }

    /// Whether the client has this very state already. A tag that does not match outweighs the date.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        if let Some(known) = text(headers, &IF_NONE_MATCH) {
            let is_ours = |tag: &str| tag.trim().trim_start_matches("W/") == self.tag;
            return known.trim() == "*" || known.split(',').any(is_ours);
        }
        text(headers, &IF_MODIFIED_SINCE)
            .and_then(date)
            .is_some_and(|since| self.modified_at.as_second() <= since.as_second())
    }

    /// Whether a range may still be put to what the client has (`If-Range`).
    fn is_same(&self, headers: &HeaderMap) -> bool {
        match text(headers, &IF_RANGE) {
            None => !headers.contains_key(IF_RANGE),
            Some(tag) if tag.starts_with('"') => tag == self.tag,
            Some(since) => {
                date(since).is_some_and(|since| since.as_second() == self.modified_at.as_second())
            }
        }
    }

    fn described(&self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        set(&mut response, ETAG, &self.tag);
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.modified_at) {
            set(&mut response, LAST_MODIFIED, &date);
        }
        set(&mut response, CACHE_CONTROL, "private, no-cache");
        set(&mut response, ACCEPT_RANGES, "bytes");
        set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(
            &mut response,
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        );
        set(
            &mut response,
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
        set(
            &mut response,
            CONTENT_TYPE,
            self.picture.unwrap_or("application/octet-stream"),
        );
        let way = if self.picture.is_some() {
            "inline"
        } else {
            "attachment"
        };
        set(
            &mut response,
            CONTENT_DISPOSITION,
            &disposition(way, &self.name),
        );
        response
    }
}

/// The name twice: in ASCII for old clients, and whole (RFC 6266, RFC 5987).
fn disposition(way: &str, name: &str) -> String {
    let plain = |c: char| {
        if (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%') {
            c
        } else {
            '_'
        }
    };
    let ascii: String = name.chars().map(plain).collect();
    let mut text = format!("{way}; filename=\"{ascii}\"");
    if ascii != name {
        // Writing into a string cannot fail.
        let _ = write!(text, "; filename*=UTF-8''{}", percent_encoded(name));
    }
    text
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// Reads up to `most` bytes from an offset on.
pub(super) fn read_at(file: &OwnedFd, offset: u64, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most);
    while bytes.len() < most {
        let place = offset + bytes.len() as u64;
        match rustix::io::pread(file, spare_capacity(&mut bytes), place) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}

/// The bytes from `begin` to before `end`. If the file got shorter the stream breaks off: a download that
/// looks whole and is not would be worse.
fn streamed(file: OwnedFd, begin: u64, end: u64) -> Body {
    let file = Arc::new(file);
    Body::from_stream(stream::try_unfold(begin, move |position| {
        let file = Arc::clone(&file);
        async move {
            let most = usize::try_from(end - position)
                .unwrap_or(STEP_BYTES)
                .min(STEP_BYTES);
            if most == 0 {
                return Ok(None);
            }
            let bytes =
                tokio::task::spawn_blocking(move || read_at(&file, position, most)).await??;
            if bytes.len() < most {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            Ok(Some((Bytes::from(bytes), position + most as u64)))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_in_ascii_and_whole() {
        assert_eq!(
            disposition("attachment", "a b.csv"),
            "attachment; filename=\"a b.csv\""
        );
        assert_eq!(
            disposition("attachment", "Ünïcode \"x\".csv"),
            "attachment; filename=\"_n_code _x_.csv\"; filename*=UTF-8''%C3%9Cn%C3%AFcode%20%22x%22.csv"
        );
    }
}

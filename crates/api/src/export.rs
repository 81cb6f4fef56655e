//! Lists that are saved whole, as a table for spreadsheets or as JSON for programs.
//!
//! They are streamed: however many rows there are, few are in memory. An export that breaks off ends the
//! connection, so that nobody takes a part for the whole.

use std::future::ready;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use service::{Error, Result};
use wire::Problem;

/// A table with a line of headings. The name of the file says what is in it.
pub(crate) fn csv<const N: usize, T>(
    file_name: &str,
    head: [&str; N],
    rows: impl Stream<Item = Result<T>> + Send + 'static,
    fields: impl Fn(&T) -> [String; N] + Send + 'static,
) -> Response {
    let head = line(&head.map(str::to_owned));
    let lines = rows.map(move |row| line(&fields(&row?)));
    let body = stream::once(ready(head)).chain(lines);
    attachment("text/csv; charset=utf-8", file_name, body)
}

/// An object with the rows as an array under `key`, one to a line.
pub(crate) fn json<T: Serialize>(
    file_name: &str,
    key: &str,
    rows: impl Stream<Item = Result<T>> + Send + 'static,
) -> Response {
    let lines = rows.enumerate().map(|(index, row)| {
        let mut text = if index == 0 { "\n" } else { ",\n" }.as_bytes().to_vec();
        serde_json::to_writer(&mut text, &row?).map_err(|error| Error::BadAnswer(error.into()))?;
        Ok(text)
    });
    let part = |text: String| stream::once(ready(Ok(text.into_bytes())));
    let body = part(format!("{{\"{key}\":["))
        .chain(lines)
        .chain(part("\n]}\n".to_owned()));
    attachment("application/json", file_name, body)
}

/// Names are other people's text, and a spreadsheet would run one that begins like a formula.
pub(crate) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn attachment(
    content_type: &'static str,
    file_name: &str,
    body: impl Stream<Item = Result<Vec<u8>>> + Send + 'static,
) -> Response {
    // Logged where it becomes an answer; here there is none any more, the connection just ends.
    let body = body.map(|part| part.map(Bytes::from).map_err(|error| Problem::from(&error)));
    let headers = [
        (CONTENT_TYPE, content_type.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ),
    ];
    (headers, Body::from_stream(body)).into_response()
}

fn line(fields: &[String]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(fields)
        .map_err(|error| Error::BadAnswer(error.into()))?;
    writer
        .into_inner()
        .map_err(|error| Error::BadAnswer(error.into_error().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_like_a_formula_stays_text() {
        assert_eq!(harmless("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(harmless("a=b"), "a=b");
    }
}

//! What came back, as an event of the queue.

use percent_encoding::percent_decode_str;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use uploader::{Event, RequestId, StoredAs, protocol};
use wire::Problem;

use crate::connection::problem;

/// An answer, read to its end; status 0 where none came.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) async fn of(call: RequestBuilder) -> Self {
        let Ok(answer) = call.send().await else {
            return Self::none(&Problem::new(0, "The console cannot be reached."));
        };
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        match answer.text().await {
            Ok(text) => Self {
                status,
                headers,
                text,
            },
            Err(_) => Self::none(&Problem::new(0, "The console cannot be reached.")),
        }
    }

    pub(super) fn none(problem: &Problem) -> Self {
        Self {
            status: problem.code,
            headers: HeaderMap::new(),
            text: serde_json::to_string(problem).unwrap_or_default(),
        }
    }

    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn offset(&self) -> Option<u64> {
        self.header("upload-offset")?.parse().ok()
    }

    pub(super) fn stored_as(&self) -> Option<StoredAs> {
        let path = percent_decode_str(self.header("stowage-path")?)
            .decode_utf8()
            .ok()?;
        Some(StoredAs {
            path: path.into(),
            blake3: self.header("stowage-blake3")?.into(),
        })
    }

    pub(super) fn acknowledged(&self, request: RequestId) -> Event {
        match self.offset() {
            Some(offset_bytes) if self.is_good() => Event::Acknowledged {
                request,
                offset_bytes,
                extents: self.header("stowage-extents").and_then(protocol::extents),
                stored_as: self.stored_as(),
            },
            _ => self.refused(request, None),
        }
    }

    pub(super) fn refused(&self, request: RequestId, upload: Option<String>) -> Event {
        let seconds = self
            .header(RETRY_AFTER.as_str())
            .and_then(|text| text.trim().parse::<u64>().ok());
        Event::Refused {
            request,
            problem: problem(self.status, &self.text),
            retry_after_ms: seconds.map(|seconds| seconds.min(3_600) * 1_000),
            upload,
        }
    }
}

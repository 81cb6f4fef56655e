//! What came back, read to its end.

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use uploader::protocol::Answer;
use wire::Problem;

use crate::connection::problem;

/// An answer; status 0 where none came.
pub(super) struct HttpAnswer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl HttpAnswer {
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
}

impl Answer for HttpAnswer {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn problem(&self) -> Problem {
        problem(self.status, &self.text)
    }
}

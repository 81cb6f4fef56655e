//! A problem as an HTTP answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use wire::Problem;

/// What is away, percent-encoded: an answer to HEAD has no body to say it in.
const PROBLEM: HeaderName = HeaderName::from_static("stowage-problem");

/// A refusal on its way out.
pub struct Refused(pub Problem);

impl Refused {
    /// The same, where the API calls the field another name than the service does.
    pub(crate) fn renamed(mut self, service: &str, here: &str) -> Self {
        if self.0.details == service {
            here.clone_into(&mut self.0.details);
        }
        self
    }
}

impl From<service::Error> for Refused {
    fn from(error: service::Error) -> Self {
        Self(Problem::from(&error))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let words = utf8_percent_encode(&self.0.message, NON_ALPHANUMERIC).to_string();
        let is_away = self.0.is_temporary();
        let mut response = (status, Json(self.0)).into_response();
        if is_away && let Ok(words) = HeaderValue::try_from(words) {
            response.headers_mut().insert(PROBLEM, words);
        }
        response
    }
}

pub(crate) fn bad_request(field: &str, message: impl Into<String>) -> Refused {
    Refused(Problem::new(400, message).with_details(field))
}

pub(crate) async fn no_such_address() -> Refused {
    Refused(Problem::new(404, "There is no such address in the API."))
}

pub(crate) async fn method_not_allowed() -> Refused {
    Refused(Problem::new(405, "This address does not take that method."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_away_is_said_where_there_is_no_body() {
        let header = |code| {
            let response = Refused(Problem::new(code, "Größe: 5 %")).into_response();
            response.headers().get(PROBLEM).cloned()
        };
        assert_eq!(header(503).unwrap(), "Gr%C3%B6%C3%9Fe%3A%205%20%25");
        assert_eq!(header(404), None);
    }
}

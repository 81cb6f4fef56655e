//! A problem as an HTTP answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::Problem;

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
        (status, Json(self.0)).into_response()
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

//! Who asks.

use authz::Caller;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wire::Problem;

use crate::Refused;

/// Lets only those in who are signed in.
pub(crate) async fn require(request: Request, next: Next) -> Response {
    if request.extensions().get::<Caller>().is_some() {
        next.run(request).await
    } else {
        Refused(Problem::new(401, "Sign in first.")).into_response()
    }
}

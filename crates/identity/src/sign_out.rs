//! Signing out: here first, whatever the provider says, then there.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::{EventKind, Origin};
use http::{HeaderName, HeaderValue, StatusCode};
use tower_sessions::Session;
use wire::Problem;

use crate::Identity;
use crate::log::Who;
use crate::redirect::redirect;
use crate::refused::chain;
use crate::sessions::SignedIn;

/// `POST /auth/sign-out`
pub(crate) async fn sign_out(
    State(identity): State<Identity>,
    Extension(origin): Extension<Origin>,
    session: Session,
) -> Response {
    let signed_in = match identity.signed_in(&session).await {
        Ok(Some(signed_in)) => signed_in,
        Ok(None) => return redirect("/sign-in"),
        Err(error) => return still_signed_in(&error),
    };
    if let Err(error) = identity.end(&signed_in, origin).await {
        return still_signed_in(&error);
    }
    if let Err(error) = session.flush().await {
        return still_signed_in(&error);
    }
    tracing::info!(provider = signed_in.provider_key, person = %signed_in.user_id, "signed out");
    let elsewhere = match identity.provider(&signed_in.provider_key) {
        Some(provider) => provider.end_session_url(&signed_in.id_token).await,
        None => None,
    };
    let mut answer = redirect(elsewhere.as_ref().map_or("/sign-in", |url| url.as_str()));
    // What the pages keep in the browser, handles of files for example, is nothing to who comes next.
    answer.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"storage\""),
    );
    answer
}

impl Identity {
    /// Ends what the session lives on. Where the provider lets refresh tokens outlive its sessions, and somebody has
    /// access keys, the keys go on with it.
    async fn end(&self, signed_in: &SignedIn, origin: Origin) -> Result<(), store::Error> {
        let is_offline = self
            .provider(&signed_in.provider_key)
            .is_some_and(|provider| {
                let scopes = &provider.settings.scopes;
                scopes.iter().any(|scope| scope == "offline_access")
            });
        let mut tx = self.store().begin().await?;
        if !is_offline || tx.access_keys_of(signed_in.user_id).await?.is_empty() {
            tx.end_sign_in(signed_in.sign_in_id).await?;
        }
        let who = Who {
            id: signed_in.user_id,
            name: &signed_in.name,
            provider_key: &signed_in.provider_key,
        };
        tx.record(&self.by_person(EventKind::SignedOut, &who, origin))
            .await?;
        tx.commit().await
    }
}

fn still_signed_in(error: &dyn std::error::Error) -> Response {
    tracing::error!(error = chain(error), "cannot end a session");
    let problem = Problem::new(
        503,
        "You are still signed in: the console cannot reach its database. Try again in a minute, or close the browser.",
    );
    (StatusCode::SERVICE_UNAVAILABLE, Json(problem)).into_response()
}

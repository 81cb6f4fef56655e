//! From a session to a caller, anew at each request: rights that were taken away are gone with the next one.
//!
//! Nobody is turned away here. A request without a caller goes on, and is refused where one is needed.

use authz::{Caller, Grant, Person};
use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use tower_sessions::Session;
use tower_sessions::session::Error as SessionError;
use wire::Problem;

use crate::refused::{Refused, chain};
use crate::sessions::{SIGNED_IN, SignedIn, TOUCH_TIME};
use crate::{Identity, origin};

pub(crate) async fn authenticate(
    State(identity): State<Identity>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let origin = origin::of(&request, identity.trusted_proxies());
    match identity.caller(&session).await {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller.from_origin(origin));
        }
        Ok(None) => {}
        Err(error) => {
            tracing::error!(error = chain(&error), "cannot tell who is asking");
            let problem = Problem::new(
                503,
                "The console cannot reach its database, so it cannot tell who you are. Try again in a minute.",
            );
            return (StatusCode::SERVICE_UNAVAILABLE, Json(problem)).into_response();
        }
    }
    next.run(request).await
}

impl Identity {
    async fn caller(&self, session: &Session) -> Result<Option<Caller>, Refused> {
        let Some(signed_in) = self.signed_in(session).await? else {
            return Ok(None);
        };
        let mut tx = self.store().read().await?;
        let rules = tx
            .access_rules_for(&signed_in.groups, &signed_in.issuer, &signed_in.subject)
            .await?;
        drop(tx);
        let now = self.now();
        if now >= signed_in.seen_at + TOUCH_TIME {
            session
                .insert(
                    SIGNED_IN,
                    SignedIn {
                        seen_at: now,
                        ..signed_in.clone()
                    },
                )
                .await?;
        }
        let SignedIn {
            user_id: id,
            issuer,
            subject,
            name,
            email,
            groups,
            ..
        } = signed_in;
        let person = Person {
            id,
            issuer,
            subject,
            name,
            email,
            groups,
        };
        Ok(Some(Caller::new(
            person,
            rules.into_iter().map(Grant::from).collect(),
        )))
    }

    /// Who the session belongs to. Somebody whose provider was taken out of the configuration is nobody.
    pub(crate) async fn signed_in(
        &self,
        session: &Session,
    ) -> Result<Option<SignedIn>, SessionError> {
        let signed_in = match session.get::<SignedIn>(SIGNED_IN).await {
            Err(SessionError::SerdeJson(error)) => {
                tracing::warn!(%error, "a session of another version counts as ended");
                None
            }
            other => other?,
        };
        Ok(signed_in.filter(|signed_in| {
            let provider = self.provider(&signed_in.provider_key);
            provider.is_some_and(|provider| provider.settings.issuer == signed_in.issuer)
        }))
    }
}

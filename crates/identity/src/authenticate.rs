//! From a session or a token to a caller, anew at each request: rights that were taken away are gone with the next
//! one.
//!
//! Nobody without either is turned away here. A request without a caller goes on, and is refused where one is needed.
//! A token that is worth nothing is refused at once: its program has to get another one, wherever it wants to go.

use std::sync::Arc;

use authz::{Caller, CallerNow, Person, Unknown};
use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use tower_sessions::Session;
use tower_sessions::session::Error as SessionError;
use wire::Problem;

use crate::callers::{Credential, Known};
use crate::groups_again::holds_until;
use crate::refused::{Refused, chain};
use crate::sessions::{SIGNED_IN, SignedIn, TOUCH_TIME};
use crate::{Identity, bearer, origin};

pub(crate) async fn authenticate(
    State(identity): State<Identity>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let origin = origin::of(&request, identity.trusted_proxies());
    // For those who are nobody yet, and for those who are nobody any more afterwards.
    request.extensions_mut().insert(origin.clone());
    let is_program = bearer::is_sent(request.headers());
    let found = if is_program {
        let token = bearer::token(request.headers()).unwrap_or_default();
        identity.caller_of_token(token).await
    } else {
        identity.caller_of_request(&session).await
    };
    match found {
        Ok(Some((caller, caller_now))) => {
            if let Err(too_many) = identity.limits().requests.take(caller.id(), identity.now()) {
                return too_many.answer("You ask for too much in a minute. Go on a little later.");
            }
            request.extensions_mut().insert(caller.from_origin(origin));
            request.extensions_mut().insert(caller_now);
        }
        Ok(None) if is_program => return no_such_token(),
        Ok(None) => {}
        Err(error) => return cannot_tell(&error),
    }
    next.run(request).await
}

fn no_such_token() -> Response {
    let problem = Problem::new(
        401,
        "This token is not valid, or not any more. Get another one at /api/v1/token.",
    );
    let headers = [
        (
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer error=\"invalid_token\""),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::UNAUTHORIZED, headers, Json(problem)).into_response()
}

fn cannot_tell(error: &Refused) -> Response {
    tracing::error!(error = chain(error), "cannot tell who is asking");
    let words = match error {
        Refused::ProviderAway(_) | Refused::ProviderStillAway(_) => {
            "The identity provider does not answer, so the console cannot tell what you may do. Try again in a minute."
        }
        _ => {
            "The console cannot reach its database, so it cannot tell who you are. Try again in a minute."
        }
    };
    let problem = Problem::new(503, words);
    (StatusCode::SERVICE_UNAVAILABLE, Json(problem)).into_response()
}

impl Identity {
    /// The caller of a request with a session, which is kept open by it.
    async fn caller_of_request(
        &self,
        session: &Session,
    ) -> Result<Option<(Caller, CallerNow)>, Refused> {
        let Some(id) = session.id() else {
            return Ok(None);
        };
        let found = self.kept_or_found(Credential::Session(id), async {
            let Some(signed_in) = self.signed_in(session).await? else {
                return Ok(None);
            };
            let now = self.now();
            if now >= touched_at(&signed_in) {
                let seen = SignedIn {
                    seen_at: now,
                    ..signed_in.clone()
                };
                session.insert(SIGNED_IN, seen).await?;
            }
            self.caller_of_session(signed_in).await
        });
        let Some(caller) = found.await? else {
            return Ok(None);
        };
        let identity = self.clone();
        let caller_now = CallerNow::new(move || {
            let identity = identity.clone();
            async move {
                let found = identity.kept_or_found(Credential::Session(id), async {
                    // A session of its own: the request's has read its content already, and keeps it.
                    let sessions = Arc::new(identity.sessions().clone());
                    let session = Session::new(Some(id), sessions, None);
                    match identity.signed_in(&session).await? {
                        Some(signed_in) => identity.caller_of_session(signed_in).await,
                        None => Ok(None),
                    }
                });
                known(found.await)
            }
        });
        Ok(Some((caller, caller_now)))
    }

    /// The caller of a session, with the groups and the access rules as they are now.
    async fn caller_of_session(&self, signed_in: SignedIn) -> Result<Option<Known>, Refused> {
        let Some(sign_in) = self.as_of_now(signed_in.sign_in_id).await? else {
            return Ok(None);
        };
        // Until it is touched again, too: a request that finds a kept caller does not.
        let ends_at = self
            .sessions()
            .ends_at(signed_in.began_at, signed_in.seen_at);
        let holds_until = holds_until(&sign_in)
            .min(ends_at)
            .min(touched_at(&signed_in));
        let person = Person {
            id: signed_in.user_id,
            issuer: signed_in.issuer,
            subject: signed_in.subject,
            name: signed_in.name,
            email: signed_in.email,
            groups: sign_in.groups,
        };
        let caller = self.caller_for(person).await?;
        Ok(Some(Known {
            caller,
            holds_until,
        }))
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

/// When a request is the next to say that somebody is still there.
fn touched_at(signed_in: &SignedIn) -> Timestamp {
    signed_in.seen_at + TOUCH_TIME
}

/// What is told to whoever asks again: that the console cannot tell is logged here.
pub(crate) fn known(found: Result<Option<Caller>, Refused>) -> Result<Option<Caller>, Unknown> {
    found.map_err(|error| {
        tracing::warn!(error = chain(&error), "cannot tell who is still there");
        Unknown
    })
}

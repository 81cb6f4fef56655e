//! Signing in, in two steps: away to the identity provider and back.
//!
//! Between the two there is a session of nobody. It binds the answer to the browser that asked, and it is
//! replaced by one with a new id when somebody is signed in.

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::{EventKind, Origin, SignInId, UserId};
use openidconnect::CsrfToken;
use serde::Deserialize;
use store::SignIn;
use tower_sessions::Session;
use url::form_urlencoded;

use crate::log::Who;
use crate::provider::{Answer, Vouched};
use crate::redirect::redirect;
use crate::refused::{Refused, chain};
use crate::return_to::safe_path;
use crate::sessions::{BEGUN, Begun, SIGN_IN_TIME, SIGNED_IN, SignedIn};
use crate::{Identity, origin};

/// So many tabs of one browser may be signing in at the same time.
const MOST_BEGUN: usize = 5;
const LONGEST_WORDS_CHARACTERS: usize = 200;

#[derive(Deserialize)]
pub(crate) struct SignInQuery {
    return_to: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    state: Option<CsrfToken>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Turns away an address that tries too often, before the identity provider is asked for anything.
pub(crate) async fn limit(
    State(identity): State<Identity>,
    request: Request,
    next: Next,
) -> Response {
    let address = origin::of(&request, identity.trusted_proxies()).address;
    match identity.limits().sign_ins.take(address, identity.now()) {
        Ok(()) => next.run(request).await,
        Err(too_many) => {
            too_many.answer("Too many sign-ins come from your address. Try again in a minute.")
        }
    }
}

/// `GET /auth/sign-in/{key}?return_to=`
pub(crate) async fn begin(
    State(identity): State<Identity>,
    Path(key): Path<String>,
    query: Result<Query<SignInQuery>, QueryRejection>,
    session: Session,
) -> Response {
    let query = query.ok();
    let return_to = safe_path(query.as_ref().and_then(|query| query.return_to.as_deref()));
    match identity.begin_sign_in(&key, return_to, &session).await {
        Ok(url) => redirect(&url),
        Err(refused) => refuse(&key, &refused, return_to),
    }
}

/// `GET /auth/callback/{key}`
pub(crate) async fn callback(
    State(identity): State<Identity>,
    Extension(origin): Extension<Origin>,
    Path(key): Path<String>,
    query: Result<Query<CallbackQuery>, QueryRejection>,
    session: Session,
) -> Response {
    let Ok(Query(query)) = query else {
        return refuse(&key, &Refused::State("the address cannot be read"), "/");
    };
    let begun = match identity
        .take_begun(&key, query.state.as_ref(), &session)
        .await
    {
        Ok(begun) => begun,
        Err(refused) => return refuse(&key, &refused, "/"),
    };
    match identity
        .finish_sign_in(&begun, query, &session, origin)
        .await
    {
        Ok(()) => redirect(&begun.return_to),
        Err(refused) => refuse(&key, &refused, &begun.return_to),
    }
}

impl Identity {
    async fn begin_sign_in(
        &self,
        key: &str,
        return_to: &str,
        session: &Session,
    ) -> Result<String, Refused> {
        let provider = self
            .provider(key)
            .ok_or_else(|| Refused::UnknownProvider(key.to_owned()))?;
        self.sweep_sessions().await?;
        let (url, begun) = provider.begin(return_to).await?;
        let mut all: Vec<Begun> = session.get(BEGUN).await?.unwrap_or_default();
        all.retain(|earlier| !self.is_late(earlier));
        all.drain(..all.len().saturating_sub(MOST_BEGUN - 1));
        all.push(begun);
        session.insert(BEGUN, all).await?;
        Ok(url.into())
    }

    /// The sign-in that a state belongs to. It belongs to this browser, to this provider, and is given out once.
    async fn take_begun(
        &self,
        key: &str,
        state: Option<&CsrfToken>,
        session: &Session,
    ) -> Result<Begun, Refused> {
        let state = state.ok_or(Refused::State("there is none"))?;
        let mut all: Vec<Begun> = session.get(BEGUN).await?.unwrap_or_default();
        let place = all
            .iter()
            .position(|begun| begun.state == *state && begun.provider_key == key);
        let begun =
            all.swap_remove(place.ok_or(Refused::State("this browser has no such sign-in"))?);
        session.insert(BEGUN, all).await?;
        // Two answers at the same moment may both have found it in the session: only one of them is the first.
        let until = self.now() + SIGN_IN_TIME * 2;
        let is_first = self
            .sessions()
            .use_up("state", state.secret(), until)
            .await?;
        if !is_first {
            return Err(Refused::State("it was used before"));
        }
        if self.is_late(&begun) {
            Err(Refused::Expired)
        } else {
            Ok(begun)
        }
    }

    fn is_late(&self, begun: &Begun) -> bool {
        self.now() >= begun.started_at + SIGN_IN_TIME
    }

    async fn finish_sign_in(
        &self,
        begun: &Begun,
        query: CallbackQuery,
        session: &Session,
        origin: Origin,
    ) -> Result<(), Refused> {
        let key = &begun.provider_key;
        let provider = self
            .provider(key)
            .ok_or_else(|| Refused::UnknownProvider(key.clone()))?;
        if let Some(error) = query.error {
            let description = bounded(&query.error_description.unwrap_or_default());
            return Err(match error.as_str() {
                "access_denied" => Refused::Denied(description),
                _ => Refused::Provider {
                    error: bounded(&error),
                    description,
                },
            });
        }
        let code = query.code.ok_or(Refused::State("it came without a code"))?;
        let vouched = provider
            .finish(
                begun,
                Answer {
                    code,
                    issuer: query.iss,
                },
            )
            .await?;
        self.sign_in(key, &provider.settings.issuer, vouched, session, origin)
            .await
    }

    async fn sign_in(
        &self,
        key: &str,
        issuer: &str,
        vouched: Vouched,
        session: &Session,
        origin: Origin,
    ) -> Result<(), Refused> {
        let Vouched {
            subject,
            profile,
            groups,
            id_token,
            provider_session,
            tokens,
        } = vouched;
        let now = self.now();
        let sign_in_id = SignInId(self.fresh_id());
        let name = profile
            .name
            .or_else(|| profile.email.clone())
            .unwrap_or_else(|| subject.clone());
        let email = profile.email;
        let fresh_id = UserId(self.fresh_id());
        let mut tx = self.store().begin().await?;
        let user_id = tx
            .remember_person(fresh_id, issuer, &subject, &name, email.as_deref(), now)
            .await?;
        tx.add_sign_in(&SignIn {
            id: sign_in_id,
            person_id: user_id,
            provider_key: key.to_owned(),
            provider_session,
            groups: groups.clone(),
            groups_read_at: now,
            tokens: self.seal_tokens(sign_in_id, &tokens),
            began_at: now,
            expires_at: now + self.longest_session(),
        })
        .await?;
        let who = Who {
            id: user_id,
            name: &name,
            provider_key: key,
        };
        tx.record(&self.by_person(EventKind::SignedIn, &who, origin))
            .await?;
        tx.commit().await?;
        tracing::info!(provider = key, person = %user_id, groups = groups.len(), "signed in");
        // An id that somebody else may have put into this browser is worth nothing from here on, and neither are
        // sign-ins that were begun under it.
        self.end_earlier(session).await?;
        session.cycle_id().await?;
        session.remove_value(BEGUN).await?;
        let signed_in = SignedIn {
            user_id,
            provider_key: key.to_owned(),
            issuer: issuer.to_owned(),
            subject,
            name,
            email,
            sign_in_id,
            id_token,
            began_at: now,
            seen_at: now,
        };
        session.insert(SIGNED_IN, signed_in).await?;
        Ok(())
    }
}

impl Identity {
    /// Whoever signs in again in the same browser leaves no sign-in behind.
    async fn end_earlier(&self, session: &Session) -> Result<(), Refused> {
        let Some(earlier) = self.signed_in(session).await? else {
            return Ok(());
        };
        let mut tx = self.store().begin().await?;
        tx.end_sign_in(earlier.sign_in_id).await?;
        Ok(tx.commit().await?)
    }
}

/// Back to the sign-in page, which finds the words for the code. Logged here and nowhere else.
fn refuse(key: &str, refused: &Refused, return_to: &str) -> Response {
    let problem = refused.problem().code();
    tracing::warn!(
        provider = bounded(key),
        problem,
        error = chain(refused),
        "refused a sign-in"
    );
    let mut query =
        form_urlencoded::Serializer::for_suffix("/sign-in?".to_owned(), "/sign-in?".len());
    query.append_pair("problem", problem);
    if return_to != "/" {
        query.append_pair("return_to", return_to);
    }
    redirect(&query.finish())
}

/// Foreign words for the log.
fn bounded(words: &str) -> String {
    words.chars().take(LONGEST_WORDS_CHARACTERS).collect()
}

//! Signing out from the provider's side (OpenID Connect Back-Channel Logout 1.0): it tells the console itself, with no
//! browser between them. What lived on that session ends with the next request, running transfers and open event
//! streams within seconds.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::{EventKind, Origin};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use url::form_urlencoded;

use crate::Identity;
use crate::discovery::Metadata;
use crate::log::Who;
use crate::logout_token::{self, Expected, Logout, Wrong};
use crate::provider::Provider;
use crate::refused::{Refused, chain};
use crate::token_endpoint::is_type;

/// `POST /auth/back-channel-logout/{key}`
pub(crate) async fn back_channel_logout(
    State(identity): State<Identity>,
    Extension(origin): Extension<Origin>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let Some(token) = sent_token(&headers, &body) else {
        return refuse("the request is no form with a logout_token");
    };
    match identity.end_from_elsewhere(&key, &token, origin).await {
        Ok(Ok(())) => (StatusCode::OK, no_store).into_response(),
        Ok(Err(why)) => {
            tracing::warn!(why, "refused a logout token");
            refuse(why)
        }
        Err(error) => {
            tracing::error!(
                error = chain(&error),
                "cannot end sessions at their provider's wish"
            );
            (StatusCode::SERVICE_UNAVAILABLE, no_store).into_response()
        }
    }
}

fn refuse(why: &str) -> Response {
    let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let body = Json(json!({ "error": "invalid_request", "error_description": why }));
    (StatusCode::BAD_REQUEST, no_store, body).into_response()
}

fn sent_token(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if !is_type(headers, "application/x-www-form-urlencoded") {
        return None;
    }
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    let (only, None) = (tokens.next()?, tokens.next()) else {
        return None;
    };
    Some(only.1.into_owned())
}

impl Identity {
    /// Ends what the token names; the inner error is what is wrong with the token.
    async fn end_from_elsewhere(
        &self,
        key: &str,
        token: &str,
        origin: Origin,
    ) -> Result<Result<(), &'static str>, Refused> {
        let Some(provider) = self.provider(key) else {
            return Ok(Err("there is no such identity provider"));
        };
        let metadata = provider.metadata().await?;
        let mut verified = self.verify_logout(provider, &metadata, token);
        if verified == Err(Wrong::Key)
            && let Some(with_new_keys) = provider.metadata_with_new_keys().await
        {
            verified = self.verify_logout(provider, &with_new_keys, token);
        }
        let logout = match verified {
            Ok(logout) => logout,
            Err(Wrong::Key) => return Ok(Err("none of the provider's keys signed it")),
            Err(Wrong::Other(why)) => return Ok(Err(why)),
        };
        let id = format!("{key} {}", logout.id);
        let is_first = self
            .sessions()
            .use_up("logout token", &id, logout.expires_at)
            .await?;
        if !is_first {
            return Ok(Err("it was used before"));
        }
        let ended = self.end_sign_ins(provider, &logout, origin).await?;
        tracing::info!(provider = key, ended, "signed out by the identity provider");
        Ok(Ok(()))
    }

    fn verify_logout(
        &self,
        provider: &Provider,
        metadata: &Arc<Metadata>,
        token: &str,
    ) -> Result<Logout, Wrong> {
        let expected = Expected {
            issuer: &provider.settings.issuer,
            client_id: &provider.settings.client_id,
            keys: metadata.jwks(),
            now: self.now(),
        };
        logout_token::verify(token, &expected)
    }

    /// The one session that is named, or all of the person: also where the provider names its sessions here and did
    /// not when the person signed in.
    async fn end_sign_ins(
        &self,
        provider: &Provider,
        logout: &Logout,
        origin: Origin,
    ) -> Result<usize, Refused> {
        let key = &provider.settings.key;
        let mut tx = self.store().begin().await?;
        let mut ended = Vec::new();
        if let Some(session) = &logout.provider_session {
            ended = tx.end_provider_session(key, session).await?;
        }
        if let Some(subject) = &logout.subject
            && ended.is_empty()
        {
            let issuer = &provider.settings.issuer;
            ended = tx.end_sign_ins_of(key, issuer, subject).await?;
        }
        for id in &ended {
            let person = tx.person(*id).await?;
            let who = Who {
                id: *id,
                name: person.as_ref().map_or("", |person| &person.name),
                provider_key: key,
            };
            tx.record(&self.by_provider(EventKind::SignedOut, &who, origin.clone()))
                .await?;
        }
        tx.commit().await?;
        Ok(ended.len())
    }
}

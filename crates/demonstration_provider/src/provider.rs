//! The provider put together: its routes, and what holds for each of them. The `Host` of every request has to be the
//! issuer's own, or a page elsewhere could reach this loopback address under a name of its own (DNS rebinding).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::Clock;
use jiff::Timestamp;
use openidconnect::IssuerUrl;
use openidconnect::core::{CoreJsonWebKeySet, CoreRsaPrivateSigningKey};
use tokio::net::TcpListener;

use crate::config::{Client, Config, Person};
use crate::ledger::Ledger;
use crate::{
    Error, authorize, back_channel, discovery, end_session, page, signing_key, token, userinfo,
};

const LONGEST_BODY_BYTES: usize = 16 * 1024;

/// A running provider. Clones are the same provider.
#[derive(Clone)]
pub struct DemonstrationProvider(Arc<Provider>);

pub(crate) struct Provider {
    pub(crate) config: Config,
    pub(crate) issuer: IssuerUrl,
    pub(crate) key: CoreRsaPrivateSigningKey,
    pub(crate) keys: CoreJsonWebKeySet,
    clock: Arc<dyn Clock>,
    ledger: Mutex<Ledger>,
    pub(crate) messenger: reqwest::Client,
}

impl Provider {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Held for a moment, never across an `.await`.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.config.clients.iter().find(|client| client.id == id)
    }
}

impl DemonstrationProvider {
    /// Checks what it is given and reads its signing key; the first time it makes the key, which takes up to some
    /// seconds of one processor.
    ///
    /// # Errors
    /// When the configuration cannot be right, or the key's file cannot be read or written.
    pub fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        config.check()?;
        let issuer = IssuerUrl::new(config.issuer.clone())
            .map_err(|_| Error::Issuer(config.issuer.clone()))?;
        let key = signing_key::read_or_make(&config.signing_key_path)?;
        let keys = signing_key::key_set(&key);
        let ledger = Mutex::new(Ledger::new(config.people.clone()));
        Ok(Self(Arc::new(Provider {
            config,
            issuer,
            key,
            keys,
            clock,
            ledger,
            messenger: back_channel::messenger()?,
        })))
    }

    /// Every address of the provider, from the root.
    pub fn router(&self) -> Router {
        Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(discovery::configuration),
            )
            .route("/jwks", get(discovery::keys))
            .route(
                "/authorize",
                get(authorize::by_address).post(authorize::by_form),
            )
            .route("/sign-in", post(authorize::sign_in))
            .route("/token", post(token::token))
            .route(
                "/userinfo",
                get(userinfo::userinfo).post(userinfo::userinfo),
            )
            .route(
                "/end-session",
                get(end_session::by_address).post(end_session::by_form),
            )
            .route("/sign-out", post(end_session::sign_out))
            .fallback(no_such_page)
            .layer(DefaultBodyLimit::max(LONGEST_BODY_BYTES))
            .layer(middleware::from_fn_with_state(Arc::clone(&self.0), guard))
            .with_state(Arc::clone(&self.0))
    }

    /// Answers on `listener` until the future is dropped.
    ///
    /// # Errors
    /// [`Error::NotLoopback`] when the listener can be reached from elsewhere; [`Error::Listener`] when it fails.
    pub async fn serve(&self, listener: TcpListener) -> Result<(), Error> {
        on_loopback(&listener)?;
        axum::serve(listener, self.router())
            .await
            .map_err(Error::Listener)
    }

    /// Adds somebody, or changes who they are. Clients learn of it at their next refresh or look at userinfo.
    pub fn put_person(&self, person: Person) {
        self.0.ledger().put_person(person);
    }

    /// Removes somebody with all their sign-ins: the next refresh is answered with `invalid_grant`.
    pub fn remove_person(&self, id: &str) {
        self.0.ledger().remove_person(id);
    }
}

/// The routes of a new provider.
///
/// # Errors
/// As [`DemonstrationProvider::start`].
pub fn router(config: Config, clock: Arc<dyn Clock>) -> Result<Router, Error> {
    Ok(DemonstrationProvider::start(config, clock)?.router())
}

/// Starts a new provider on `listener` and answers until the future is dropped.
///
/// # Errors
/// [`Error::NotLoopback`] before anything else is done; else as [`DemonstrationProvider::start`] and
/// [`DemonstrationProvider::serve`].
pub async fn serve(
    listener: TcpListener,
    config: Config,
    clock: Arc<dyn Clock>,
) -> Result<(), Error> {
    on_loopback(&listener)?;
    let started =
        tokio::task::spawn_blocking(move || DemonstrationProvider::start(config, clock)).await;
    started.map_err(Error::KeyTask)??.serve(listener).await
}

fn on_loopback(listener: &TcpListener) -> Result<(), Error> {
    let address = listener.local_addr().map_err(Error::Listener)?;
    if address.ip().is_loopback() {
        Ok(())
    } else {
        Err(Error::NotLoopback(address))
    }
}

async fn guard(State(provider): State<Arc<Provider>>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.or_else(|| {
        request
            .uri()
            .authority()
            .map(axum::http::uri::Authority::as_str)
    });
    let mut response = if host == Some(provider.config.authority()) {
        next.run(request).await
    } else {
        let text = format!(
            "The demonstration provider answers at {} only.",
            provider.config.issuer
        );
        (StatusCode::MISDIRECTED_REQUEST, text).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    response
}

async fn no_such_page() -> Response {
    page::notice(
        StatusCode::NOT_FOUND,
        "There is nothing here",
        "This address is not one of the provider's.",
    )
}

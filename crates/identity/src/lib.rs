//! From a request to an [`authz::Caller`]: signing in with OpenID Connect, sessions, tokens of programs, and the
//! guard against forged requests.
//!
//! Three parts of one [`Identity`]: [`Identity::sign_in_options`] for the sign-in page, [`Identity::router`] for
//! the addresses under `/auth` and those of tokens, and [`Identity::layer`] around everything, the router included.
//! A handler that needs somebody takes the `Caller` out of the request's extensions, and what lasts for longer than a
//! moment the `CallerNow` beside it; where there is none, nobody is signed in. Nothing here says what a caller may do.

mod authenticate;
mod back_channel;
mod bearer;
mod callers;
mod claims;
mod cookie;
mod device;
mod discovery;
mod groups_again;
mod http_client;
mod id_token;
mod kept;
mod limits;
mod log;
mod logout_token;
mod openid_client;
mod origin;
mod programs;
mod provider;
mod redirect;
mod refused;
mod request_guard;
mod return_to;
mod sessions;
mod settings;
mod sign_in;
mod sign_out;
mod token_endpoint;
mod token_request;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{Route, get, post};
use credentials::ConsoleKey;
use domain::{Clock, Ids, UserId};
use jiff::{SignedDuration, Timestamp};
use store::Store;
use tower::{Layer, Service};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as CookieDuration;
use tower_sessions::{Expiry, SessionManagerLayer};
use uuid::Uuid;
use wire::{SignInOption, SignInOptions};

use crate::callers::KeptCallers;
use crate::groups_again::Readings;
use crate::http_client::ProviderHttp;
use crate::limits::Limit;
use crate::provider::Provider;
use crate::request_guard::RequestGuard;
use crate::sessions::{Limits, Sessions};

pub use origin::Network;
pub use settings::{ProviderSettings, Secret, Settings, SettingsError};

/// Expired sessions are cleared away with a sign-in, at most this often.
const SWEEP_TIME: SignedDuration = SignedDuration::from_mins(1);

/// What is sent here are short forms.
const LONGEST_BODY_BYTES: usize = 64 * 1024;

/// Every address of [`Identity::router`] with its method, for tables of all that can be asked for.
pub const ADDRESSES: [(&str, &str); 7] = [
    ("GET", SIGN_IN),
    ("GET", CALLBACK),
    ("POST", SIGN_OUT),
    ("POST", BACK_CHANNEL_LOGOUT),
    ("POST", TOKEN),
    ("POST", OAUTH_TOKEN),
    ("POST", DEVICE_AUTHORIZATION),
];
const SIGN_IN: &str = "/auth/sign-in/{key}";
const CALLBACK: &str = "/auth/callback/{key}";
const SIGN_OUT: &str = "/auth/sign-out";
const BACK_CHANNEL_LOGOUT: &str = "/auth/back-channel-logout/{key}";
const TOKEN: &str = "/api/v1/token";
const OAUTH_TOKEN: &str = "/api/v2/token";
const DEVICE_AUTHORIZATION: &str = "/api/v2/device-authorization";

/// What is counted.
struct PerMinute {
    /// Of a person or an application.
    requests: Limit<UserId>,
    /// From an address: begun or finished in a browser, or tried with a wrong secret.
    sign_ins: Limit<Option<IpAddr>>,
}

/// Who is who. Clones are the same.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    settings: Settings,
    providers: Vec<Provider>,
    key: ConsoleKey,
    store: Store,
    sessions: Sessions,
    readings: Readings,
    kept_callers: KeptCallers,
    limits: PerMinute,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    swept_at: Mutex<Option<Timestamp>>,
}

impl Identity {
    /// Checks the settings. No provider is asked for anything yet: one that is away stops nobody from starting.
    ///
    /// # Errors
    /// When a setting cannot be right, or this machine's trusted certificates cannot be used.
    pub fn new(
        settings: Settings,
        key: ConsoleKey,
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let http = ProviderHttp::new()?;
        let providers = settings.providers.iter().map(|provider| {
            Provider::new(
                provider.clone(),
                &settings.origin(),
                http.clone(),
                Arc::clone(&clock),
            )
        });
        let providers = providers.collect::<Result<_, _>>()?;
        let limits = Limits {
            idle: SignedDuration::from_mins(settings.session_idle_limit_minutes.into()),
            absolute: SignedDuration::from_mins(settings.session_absolute_limit_minutes.into()),
        };
        let sessions = Sessions::new(store.clone(), Arc::clone(&clock), limits);
        let swept_at = Mutex::default();
        let limits = PerMinute {
            requests: Limit::per_minute(settings.requests_per_minute),
            sign_ins: Limit::per_minute(settings.sign_ins_per_minute),
        };
        Ok(Self(Arc::new(Inner {
            settings,
            providers,
            key,
            store,
            sessions,
            readings: Readings::default(),
            kept_callers: KeptCallers::default(),
            limits,
            clock,
            ids,
            swept_at,
        })))
    }

    /// What the sign-in page offers.
    pub fn sign_in_options(&self) -> SignInOptions {
        let providers = self
            .0
            .settings
            .providers
            .iter()
            .map(|provider| SignInOption {
                key: provider.key.clone(),
                title: provider.title.clone(),
                is_demonstration: provider.is_demonstration,
            });
        SignInOptions {
            providers: providers.collect(),
        }
    }

    /// The origins of the identity providers, for `form-action` in the content security policy: signing out is a
    /// form, and browsers hold the redirect that follows it to that list as well.
    pub fn provider_origins(&self) -> Vec<String> {
        let providers = self.0.providers.iter();
        providers.map(Provider::origin).collect()
    }

    /// Whether browsers reach the console by TLS.
    pub fn is_secure(&self) -> bool {
        self.0.settings.is_secure()
    }

    /// `GET /auth/sign-in/{key}?return_to=`, `GET /auth/callback/{key}` and `POST /auth/sign-out`. Needs
    /// [`Identity::layer`] around it. Each answers with a redirect: a sign-in that fails leads to
    /// `/sign-in?problem=CODE`, with the codes of [`wire::SignInProblem`]. Beside them
    /// `POST /auth/back-channel-logout/{key}` for identity providers, and `POST /api/v1/token`,
    /// `POST /api/v2/token` and `POST /api/v2/device-authorization` for programs.
    pub fn router(&self) -> Router {
        let sign_in = Router::new()
            .route(SIGN_IN, get(sign_in::begin))
            .route(CALLBACK, get(sign_in::callback))
            .layer(from_fn_with_state(self.clone(), sign_in::limit));
        let tokens = Router::new()
            .route(TOKEN, post(token_endpoint::by_json))
            .route(OAUTH_TOKEN, post(token_endpoint::by_form))
            .route(DEVICE_AUTHORIZATION, post(device::begin))
            .layer(from_fn_with_state(
                self.clone(),
                token_endpoint::note_sender,
            ));
        Router::new()
            .merge(sign_in)
            .route(SIGN_OUT, post(sign_out::sign_out))
            .route(BACK_CHANNEL_LOGOUT, post(back_channel::back_channel_logout))
            .merge(tokens)
            .layer(DefaultBodyLimit::max(LONGEST_BODY_BYTES))
            .with_state(self.clone())
    }

    /// Goes around everything that has to know who asks or that changes something. It refuses forged requests with
    /// a 403 before anything else is done, and puts the [`authz::Caller`] of a signed-in person into the request's
    /// extensions. Files that are the same for all are better mounted outside: each request within reads the
    /// session and the access rules from the database if it carries a session cookie.
    pub fn layer(
        &self,
    ) -> impl Layer<
        Route,
        Service: Service<Request, Response = Response, Error = Infallible, Future: Send>
                     + Clone
                     + Send
                     + Sync
                     + 'static,
    > + Clone
    + Send
    + Sync
    + 'static {
        let is_secure = self.0.settings.is_secure();
        let cookie_name = cookie::name(is_secure);
        let guard = RequestGuard {
            origin: self.0.settings.origin(),
            cookie_name,
        };
        // Longer than any session lasts: the limits are kept here, not by the browser.
        let cookie_life =
            CookieDuration::minutes(self.0.settings.session_absolute_limit_minutes.into());
        let sessions = SessionManagerLayer::new(self.0.sessions.clone())
            .with_name(cookie_name)
            .with_secure(is_secure)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(cookie_life));
        (
            from_fn_with_state(guard, request_guard::guard),
            from_fn(cookie::complete_removal),
            sessions,
            from_fn_with_state(self.clone(), authenticate::authenticate),
        )
    }

    pub(crate) fn provider(&self, key: &str) -> Option<&Provider> {
        self.0
            .providers
            .iter()
            .find(|provider| provider.settings.key == key)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn trusted_proxies(&self) -> &[Network] {
        &self.0.settings.trusted_proxies
    }

    /// Where browsers reach the console.
    pub(crate) fn origin(&self) -> String {
        self.0.settings.origin()
    }

    pub(crate) fn key(&self) -> &ConsoleKey {
        &self.0.key
    }

    pub(crate) fn readings(&self) -> &Readings {
        &self.0.readings
    }

    pub(crate) fn kept_callers(&self) -> &KeptCallers {
        &self.0.kept_callers
    }

    pub(crate) fn limits(&self) -> &PerMinute {
        &self.0.limits
    }

    pub(crate) fn longest_session(&self) -> SignedDuration {
        SignedDuration::from_mins(self.0.settings.session_absolute_limit_minutes.into())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn fresh_id(&self) -> Uuid {
        self.0.ids.fresh()
    }

    /// Clears away expired sessions, unless that was done a moment ago.
    pub(crate) async fn sweep_sessions(&self) -> Result<(), store::Error> {
        if self.is_time_to_sweep() {
            self.0.sessions.sweep().await
        } else {
            Ok(())
        }
    }

    fn is_time_to_sweep(&self) -> bool {
        let now = self.now();
        let mut swept_at = self
            .0
            .swept_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_time = swept_at.is_none_or(|before| now >= before + SWEEP_TIME);
        if is_time {
            *swept_at = Some(now);
        }
        is_time
    }
}

//! What a provider says about itself: its discovery document and its keys.
//!
//! Nothing is fetched before somebody signs in, so a provider that is away stops nobody but those who need it.

use std::sync::Arc;

use domain::Clock;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, EndSessionUrl, IssuerUrl, LogoutProviderMetadata, ProviderMetadata,
    TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use crate::http_client::ProviderHttp;
use crate::refused::{Refused, chain};

/// After this time what a provider says about itself is read again.
const DISCOVERY_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// A provider that failed is not asked again within this time.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// Keys are read again for an unknown `kid`, but not more often than this.
const KEYS_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AnswerIssuer {
    /// RFC 9207.
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for AnswerIssuer {}

pub(crate) type Metadata = ProviderMetadata<
    LogoutProviderMetadata<AnswerIssuer>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The way to one provider's documents.
pub(crate) struct Discovery {
    issuer: IssuerUrl,
    http: ProviderHttp,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

/// What was learned from the provider. Locked while it is asked, so that many sign-ins ask once.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Timestamp)>,
    failure: Option<(String, Timestamp)>,
    keys_read_at: Option<Timestamp>,
}

impl Discovery {
    pub(crate) fn new(issuer: IssuerUrl, http: ProviderHttp, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuer,
            http,
            clock,
            known: Mutex::default(),
        }
    }

    /// What the provider says about itself, read when it is needed and kept for a day.
    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, Refused> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((metadata, read_at)) = &known.metadata
            && now < *read_at + DISCOVERY_LIFE
        {
            return Ok(Arc::clone(metadata));
        }
        if let Some((failure, failed_at)) = &known.failure
            && now < *failed_at + RETRY_AFTER
        {
            return Err(Refused::ProviderStillAway(failure.clone()));
        }
        match self.discover().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known {
                    metadata: Some((Arc::clone(&metadata), now)),
                    failure: None,
                    keys_read_at: None,
                };
                Ok(metadata)
            }
            Err(refused) => {
                known.failure = Some((chain(&refused), now));
                Err(refused)
            }
        }
    }

    async fn discover(&self) -> Result<Metadata, Refused> {
        let metadata = Metadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(Refused::away)?;
        if metadata.issuer().as_str() != self.issuer.as_str() {
            return Err(Refused::OtherIssuer(metadata.issuer().to_string()));
        }
        let addresses = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(TokenUrl::url),
            metadata.userinfo_endpoint().map(UserInfoUrl::url),
            metadata
                .additional_metadata()
                .end_session_endpoint
                .as_ref()
                .map(EndSessionUrl::url),
            Some(metadata.jwks_uri().url()),
        ];
        let is_secure = self.issuer.url().scheme() == "https";
        let allows = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && !is_secure);
        if addresses.into_iter().flatten().all(allows) {
            Ok(metadata)
        } else {
            Err(Refused::Claim(
                "one of the provider's addresses is not https",
            ))
        }
    }

    /// For a `kid` that nobody has seen: the provider may have new keys. `None` when they were read just now or
    /// cannot be read.
    pub(crate) async fn read_keys_again(&self) -> Option<Arc<Metadata>> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if known
            .keys_read_at
            .is_some_and(|read_at| now < read_at + KEYS_AGAIN_AFTER)
        {
            return None;
        }
        known.keys_read_at = Some(now);
        let (metadata, read_at) = known.metadata.clone()?;
        let keys = CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.http).await;
        let keys = keys.inspect_err(|error| {
            tracing::warn!(
                issuer = self.issuer.as_str(),
                error = chain(error),
                "cannot read the provider's keys"
            );
        });
        let metadata = Arc::new(Metadata::clone(&metadata).set_jwks(keys.ok()?));
        known.metadata = Some((Arc::clone(&metadata), read_at));
        Some(metadata)
    }
}

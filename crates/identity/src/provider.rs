//! One identity provider: what it says about itself, where to send people, and what its answers are worth.
//!
//! Nothing is fetched before somebody signs in, so a provider that is away stops nobody but those who need it.

use std::sync::Arc;

use domain::Clock;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, Client,
    ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IdTokenFields, IssuerUrl, LogoutProviderMetadata, LogoutRequest, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadata, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use crate::claims::{OtherClaims, Profile};
use crate::http_client::{HttpError, ProviderHttp};
use crate::id_token::{self, Claims, Expected, IdToken};
use crate::refused::{Refused, chain};
use crate::sessions::Begun;
use crate::{ProviderSettings, SettingsError};

/// After this time what a provider says about itself is read again.
const DISCOVERY_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// A provider that failed is not asked again within this time.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// Keys are read again for an unknown `kid`, but not more often than this.
const KEYS_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// A longer token would make an address that servers refuse; signing out works without it.
const LONGEST_HINT_BYTES: usize = 4096;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AnswerIssuer {
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for AnswerIssuer {}

type Metadata = ProviderMetadata<
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

type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type OurClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a provider vouched for.
pub(crate) struct Vouched {
    pub(crate) subject: String,
    pub(crate) profile: Profile,
    pub(crate) groups: Vec<String>,
    pub(crate) id_token: String,
    pub(crate) refresh_token: Option<String>,
}

/// What came back through the browser.
pub(crate) struct Answer {
    pub(crate) code: String,
    pub(crate) issuer: Option<String>,
}

pub(crate) struct Provider {
    pub(crate) settings: ProviderSettings,
    issuer: IssuerUrl,
    client_id: ClientId,
    redirect_url: RedirectUrl,
    signed_out_url: PostLogoutRedirectUrl,
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

impl Provider {
    pub(crate) fn new(
        settings: ProviderSettings,
        origin: &str,
        http: ProviderHttp,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let unusable = |_| SettingsError::Issuer(settings.issuer.clone());
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone()).map_err(unusable)?,
            client_id: ClientId::new(settings.client_id.clone()),
            redirect_url: RedirectUrl::new(format!("{origin}/auth/callback/{}", settings.key))
                .map_err(unusable)?,
            signed_out_url: PostLogoutRedirectUrl::new(format!("{origin}/sign-in"))
                .map_err(unusable)?,
            settings,
            http,
            clock,
            known: Mutex::default(),
        })
    }

    /// Begins a sign-in: the address to send the browser to, and what has to be remembered until it comes back.
    pub(crate) async fn begin(&self, return_to: &str) -> Result<(Url, Begun), Refused> {
        let client = self.client(&*self.metadata().await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .add_scopes(self.scopes())
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            provider_key: self.settings.key.clone(),
            state,
            nonce,
            code_verifier: verifier.into_secret(),
            return_to: return_to.to_owned(),
            begun_at: self.clock.now(),
        };
        Ok((url, begun))
    }

    /// Without `openid`, which the client adds by itself.
    fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.settings
            .scopes
            .iter()
            .filter(|scope| *scope != "openid")
            .cloned()
            .map(Scope::new)
    }

    /// Ends a sign-in: who it is, if everything is in order.
    pub(crate) async fn finish(&self, begun: &Begun, answer: Answer) -> Result<Vouched, Refused> {
        let mut metadata = self.metadata().await?;
        self.check_answer_issuer(&metadata, answer.issuer)?;
        let client = self.client(&metadata);
        let tokens = client
            .exchange_code(AuthorizationCode::new(answer.code))
            .map_err(Refused::answer)?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.code_verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(no_tokens)?;
        let id_token = tokens
            .extra_fields()
            .id_token()
            .ok_or(Refused::Claim("there is none"))?;
        let mut verified = self.verify(id_token, &tokens, begun, &metadata);
        if verified.as_ref().is_err_and(is_unknown_key)
            && let Some(with_new_keys) = self.read_keys_again().await
        {
            metadata = with_new_keys;
            verified = self.verify(id_token, &tokens, begun, &metadata);
        }
        let claims = verified?;
        let (profile, groups) = self.describe(claims, &client, &tokens).await?;
        Ok(Vouched {
            subject: claims.subject().to_string(),
            profile,
            groups,
            id_token: id_token.to_string(),
            refresh_token: tokens.refresh_token().map(|token| token.secret().clone()),
        })
    }

    /// An answer that says from whom it is has to say the right issuer (RFC 9207, against mix-ups).
    fn check_answer_issuer(
        &self,
        metadata: &Metadata,
        issuer: Option<String>,
    ) -> Result<(), Refused> {
        let other = &metadata.additional_metadata().additional_metadata;
        match issuer {
            Some(issuer) if issuer == self.settings.issuer => Ok(()),
            None if !other.authorization_response_iss_parameter_supported => Ok(()),
            issuer => Err(Refused::OtherIssuer(issuer.unwrap_or_default())),
        }
    }

    fn verify<'t>(
        &self,
        id_token: &'t IdToken,
        tokens: &Tokens,
        begun: &Begun,
        metadata: &Metadata,
    ) -> Result<&'t Claims, Refused> {
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce: &begun.nonce,
            keys: metadata.jwks(),
            now: self.clock.now(),
        };
        id_token::verify(id_token, tokens.access_token(), &expected)
    }

    /// Name, e-mail and groups: from the ID token, and from userinfo where that is silent.
    async fn describe(
        &self,
        claims: &Claims,
        client: &OurClient,
        tokens: &Tokens,
    ) -> Result<(Profile, Vec<String>), Refused> {
        let claim = &self.settings.groups_claim;
        let groups = claims.additional_claims().groups(claim)?;
        let profile = Profile::of(&standard_claims(claims));
        let is_whole = groups.is_some() && profile.name.is_some();
        if is_whole || client.user_info_url().is_none() {
            return Ok((profile, groups.unwrap_or_default()));
        }
        let told: UserInfoClaims<OtherClaims, CoreGenderClaim> = client
            .user_info(
                tokens.access_token().clone(),
                Some(claims.subject().clone()),
            )
            .map_err(Refused::answer)?
            .request_async(&self.http)
            .await
            .map_err(no_user_info)?;
        let groups = match groups {
            Some(groups) => groups,
            None => told.additional_claims().groups(claim)?.unwrap_or_default(),
        };
        Ok((profile.or(Profile::of(told.standard_claims())), groups))
    }

    /// Where the browser goes to sign out at the provider too; `None` where the provider has no such place.
    pub(crate) async fn end_session_url(&self, id_token: &str) -> Option<Url> {
        let metadata = self.metadata().await.inspect_err(|error| {
            tracing::warn!(
                provider = self.settings.key,
                error = chain(error),
                "signed out here only"
            );
        });
        let end_session = metadata
            .ok()?
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let request = LogoutRequest::from(end_session)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.signed_out_url.clone());
        let hint = (id_token.len() <= LONGEST_HINT_BYTES)
            .then(|| id_token.parse::<IdToken>().ok())
            .flatten();
        Some(match hint {
            Some(hint) => request.set_id_token_hint(&hint).http_get_url(),
            None => request.http_get_url(),
        })
    }

    fn client(&self, metadata: &Metadata) -> OurClient {
        let methods = metadata.token_endpoint_auth_methods_supported();
        let is_basic = methods.is_none_or(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                || !methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let secret = ClientSecret::new(self.settings.client_secret.reveal().to_owned());
        Client::from_provider_metadata(metadata.clone(), self.client_id.clone(), Some(secret))
            .set_auth_type(if is_basic {
                AuthType::BasicAuth
            } else {
                AuthType::RequestBody
            })
            .set_redirect_uri(self.redirect_url.clone())
    }

    /// What the provider says about itself, read when it is needed and kept for a day.
    async fn metadata(&self) -> Result<Arc<Metadata>, Refused> {
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
        if metadata.issuer().as_str() != self.settings.issuer {
            return Err(Refused::OtherIssuer(metadata.issuer().to_string()));
        }
        let addresses = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(|address| address.url()),
            metadata.userinfo_endpoint().map(|address| address.url()),
            metadata
                .additional_metadata()
                .end_session_endpoint
                .as_ref()
                .map(|address| address.url()),
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
    async fn read_keys_again(&self) -> Option<Arc<Metadata>> {
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
                provider = self.settings.key,
                error = chain(error),
                "cannot read the provider's keys"
            );
        });
        let metadata = Arc::new(Metadata::clone(&metadata).set_jwks(keys.ok()?));
        known.metadata = Some((Arc::clone(&metadata), read_at));
        Some(metadata)
    }
}

fn is_unknown_key(refused: &Refused) -> bool {
    use ClaimsVerificationError::SignatureVerification;
    matches!(
        refused,
        Refused::IdToken(SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

fn no_tokens(
    error: RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> Refused {
    match error {
        RequestTokenError::Request(error) => Refused::away(error),
        error => Refused::answer(error),
    }
}

fn no_user_info(error: UserInfoError<HttpError>) -> Refused {
    match error {
        UserInfoError::Request(error) => Refused::away(error),
        UserInfoError::Response(status, _, _) if status.is_server_error() => Refused::away(error),
        error => Refused::answer(error),
    }
}

/// The crate keeps the standard claims of an ID token to itself and gives them one by one.
fn standard_claims(claims: &Claims) -> openidconnect::StandardClaims<CoreGenderClaim> {
    openidconnect::StandardClaims::new(claims.subject().clone())
        .set_name(claims.name().cloned())
        .set_preferred_username(claims.preferred_username().cloned())
        .set_email(claims.email().cloned())
        .set_email_verified(claims.email_verified())
}

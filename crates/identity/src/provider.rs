//! One identity provider: where to send people, and what its answers are worth.
//!
//! Whatever comes from it is foreign text until [`id_token::verify`] has agreed; a code alone proves nothing.

use std::sync::Arc;

use domain::Clock;
use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreGenderClaim};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl, RefreshToken, Scope,
    SignatureVerificationError, SubjectIdentifier,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::claims::Profile;
use crate::discovery::{Discovery, Metadata};
use crate::http_client::ProviderHttp;
use crate::id_token::{self, Claims, Expected, IdToken};
use crate::openid_client::{OurClient, Tokens, UserInfo, no_tokens, no_user_info};
use crate::refused::{Refused, chain};
use crate::sessions::Begun;
use crate::{ProviderSettings, SettingsError};

/// A longer token would make an address that servers refuse; signing out works without it.
const LONGEST_HINT_BYTES: usize = 4096;

/// What a provider vouched for.
pub(crate) struct Vouched {
    pub(crate) subject: String,
    pub(crate) profile: Profile,
    pub(crate) groups: Vec<String>,
    pub(crate) id_token: String,
    /// What the provider calls its session.
    pub(crate) provider_session: Option<String>,
    pub(crate) tokens: KeptTokens,
}

/// What the provider is asked with again. It never leaves the server, and is sealed where it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptTokens {
    pub(crate) access_token: String,
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
    discovery: Discovery,
}

impl Provider {
    pub(crate) fn new(
        settings: ProviderSettings,
        origin: &str,
        http: ProviderHttp,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let unusable = |_| SettingsError::Issuer(settings.issuer.clone());
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(unusable)?;
        Ok(Self {
            client_id: ClientId::new(settings.client_id.clone()),
            redirect_url: RedirectUrl::new(format!("{origin}/auth/callback/{}", settings.key))
                .map_err(unusable)?,
            signed_out_url: PostLogoutRedirectUrl::new(format!("{origin}/sign-in"))
                .map_err(unusable)?,
            discovery: Discovery::new(issuer.clone(), http.clone(), Arc::clone(&clock)),
            issuer,
            settings,
            http,
            clock,
        })
    }

    pub(crate) fn origin(&self) -> String {
        self.issuer.url().origin().ascii_serialization()
    }

    /// Begins a sign-in: the address to send the browser to, and what has to be remembered until it comes back.
    pub(crate) async fn begin(&self, return_to: &str) -> Result<(Url, Begun), Refused> {
        let client = self.client(&*self.discovery.metadata().await?);
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
            started_at: self.clock.now(),
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
        let mut metadata = self.discovery.metadata().await?;
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
        let mut verified = self.verify(id_token, &tokens, Some(&begun.nonce), &metadata);
        if verified.as_ref().is_err_and(is_unknown_key)
            && let Some(with_new_keys) = self.discovery.read_keys_again().await
        {
            metadata = with_new_keys;
            verified = self.verify(id_token, &tokens, Some(&begun.nonce), &metadata);
        }
        let claims = verified?;
        let (profile, groups) = self.describe(claims, &client, &tokens).await?;
        Ok(Vouched {
            subject: claims.subject().to_string(),
            profile,
            groups,
            id_token: id_token.to_string(),
            provider_session: claims.additional_claims().session(),
            tokens: KeptTokens::of(&tokens, None),
        })
    }

    /// The groups as they are now: by the refresh token, and by userinfo where there is none or the answer does not
    /// say. The new tokens take the place of the old ones, which may be worth nothing any more.
    pub(crate) async fn vouch_again(
        &self,
        kept: &KeptTokens,
        subject: &str,
    ) -> Result<(Vec<String>, KeptTokens), Refused> {
        let mut metadata = self.discovery.metadata().await?;
        let client = self.client(&metadata);
        let Some(refresh_token) = &kept.refresh_token else {
            let access_token = AccessToken::new(kept.access_token.clone());
            let told = self.ask_user_info(&client, &access_token, subject).await?;
            return Ok((self.told_groups(&told)?, kept.clone()));
        };
        let tokens = client
            .exchange_refresh_token(&RefreshToken::new(refresh_token.clone()))
            .map_err(Refused::answer)?
            .request_async(&self.http)
            .await
            .map_err(no_tokens)?;
        let new = KeptTokens::of(&tokens, Some(refresh_token));
        let mut groups = None;
        if let Some(id_token) = tokens.extra_fields().id_token() {
            let mut verified = self.verify(id_token, &tokens, None, &metadata);
            if verified.as_ref().is_err_and(is_unknown_key)
                && let Some(with_new_keys) = self.discovery.read_keys_again().await
            {
                metadata = with_new_keys;
                verified = self.verify(id_token, &tokens, None, &metadata);
            }
            let claims = verified?;
            if claims.subject().as_str() != subject {
                return Err(Refused::Claim("`sub` is somebody else than before"));
            }
            groups = claims
                .additional_claims()
                .groups(&self.settings.groups_claim)?;
        }
        match groups {
            Some(groups) => Ok((groups, new)),
            None if client.user_info_url().is_none() => Ok((Vec::new(), new)),
            None => {
                let told = self.ask_user_info(&client, tokens.access_token(), subject);
                Ok((self.told_groups(&told.await?)?, new))
            }
        }
    }

    /// What userinfo says, of that subject and of no other.
    async fn ask_user_info(
        &self,
        client: &OurClient,
        access_token: &AccessToken,
        subject: &str,
    ) -> Result<UserInfo, Refused> {
        let subject = SubjectIdentifier::new(subject.to_owned());
        client
            .user_info(access_token.clone(), Some(subject))
            .map_err(Refused::answer)?
            .request_async(&self.http)
            .await
            .map_err(no_user_info)
    }

    fn told_groups(&self, told: &UserInfo) -> Result<Vec<String>, Refused> {
        let claim = &self.settings.groups_claim;
        Ok(told.additional_claims().groups(claim)?.unwrap_or_default())
    }

    /// The keys that the provider signs with, for tokens that do not come through the browser.
    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, Refused> {
        self.discovery.metadata().await
    }

    /// The same, read again for a key that nobody has seen.
    pub(crate) async fn metadata_with_new_keys(&self) -> Option<Arc<Metadata>> {
        self.discovery.read_keys_again().await
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
        nonce: Option<&Nonce>,
        metadata: &Metadata,
    ) -> Result<&'t Claims, Refused> {
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce,
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
        let told = self
            .ask_user_info(client, tokens.access_token(), claims.subject())
            .await?;
        let groups = match groups {
            Some(groups) => groups,
            None => self.told_groups(&told)?,
        };
        Ok((profile.or(Profile::of(told.standard_claims())), groups))
    }

    /// Where the browser goes to sign out at the provider too; `None` where the provider has no such place.
    pub(crate) async fn end_session_url(&self, id_token: &str) -> Option<Url> {
        let metadata = self.discovery.metadata().await.inspect_err(|error| {
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
        OurClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), Some(secret))
            .set_auth_type(if is_basic {
                AuthType::BasicAuth
            } else {
                AuthType::RequestBody
            })
            .set_redirect_uri(self.redirect_url.clone())
    }
}

impl KeptTokens {
    /// Those of an answer; it may leave the refresh token as it was.
    fn of(tokens: &Tokens, before: Option<&String>) -> Self {
        let refresh_token = tokens.refresh_token().map(|token| token.secret().clone());
        Self {
            access_token: tokens.access_token().secret().clone(),
            refresh_token: refresh_token.or_else(|| before.cloned()),
        }
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

/// The crate keeps the standard claims of an ID token to itself and gives them one by one.
fn standard_claims(claims: &Claims) -> openidconnect::StandardClaims<CoreGenderClaim> {
    openidconnect::StandardClaims::new(claims.subject().clone())
        .set_name(claims.name().cloned())
        .set_preferred_username(claims.preferred_username().cloned())
        .set_email(claims.email().cloned())
        .set_email_verified(claims.email_verified())
}

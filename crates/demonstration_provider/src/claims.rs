//! What the provider says about a person: the ID token and userinfo give the same claims, by the scopes granted.

use chrono::{DateTime, Utc};
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{
    AccessToken, AdditionalClaims, Audience, ClientId, EndUserEmail, EndUserName, EndUserUsername,
    IdToken, IdTokenClaims, IssuerUrl, JsonWebTokenError, LocalizedClaim, Nonce, StandardClaims,
    SubjectIdentifier, UserInfoClaims,
};
use serde::{Deserialize, Serialize};

use crate::config::Person;
use crate::ledger::Grant;
use crate::scopes::Scopes;

/// How long an ID token is good.
const ID_TOKEN_LIVES: SignedDuration = SignedDuration::from_mins(5);

/// The claims that OpenID Connect Core has no name for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FurtherClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) groups: Option<Vec<String>>,
    /// The session in the browser; absent from userinfo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
}

impl AdditionalClaims for FurtherClaims {}

pub(crate) type SignedIdToken = IdToken<
    FurtherClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// A person as userinfo tells them.
pub(crate) fn userinfo(
    person: &Person,
    scopes: &Scopes,
) -> UserInfoClaims<FurtherClaims, CoreGenderClaim> {
    UserInfoClaims::new(
        standard(person, scopes),
        FurtherClaims {
            groups: groups(person, scopes),
            sid: None,
        },
    )
}

/// Signs who the person is, for the client of `grant`. The nonce is only in the first ID token, not in refreshed ones.
pub(crate) fn id_token(
    key: &CoreRsaPrivateSigningKey,
    issuer: &IssuerUrl,
    grant: &Grant,
    person: &Person,
    nonce: Option<String>,
    access_token: &str,
    now: Timestamp,
) -> Result<SignedIdToken, JsonWebTokenError> {
    let claims = IdTokenClaims::new(
        issuer.clone(),
        vec![Audience::new(grant.client_id.clone())],
        instant(now + ID_TOKEN_LIVES),
        instant(now),
        standard(person, &grant.scopes),
        FurtherClaims {
            groups: groups(person, &grant.scopes),
            sid: Some(grant.sid.clone()),
        },
    )
    .set_auth_time(Some(instant(grant.signed_in_at)))
    .set_nonce(nonce.map(Nonce::new));
    let access_token = AccessToken::new(access_token.to_owned());
    IdToken::new(
        claims,
        key,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        Some(&access_token),
        None,
    )
}

/// Whom an ID token of ours was for: the client and the session. An old one is as good as a new one, because people
/// sign out long after they signed in (RP-Initiated Logout 1.0, section 2).
pub(crate) fn read_hint(
    hint: &str,
    issuer: &IssuerUrl,
    keys: CoreJsonWebKeySet,
) -> Option<(String, String)> {
    let hint: SignedIdToken = hint.parse().ok()?;
    let verifier =
        CoreIdTokenVerifier::new_public_client(ClientId::new(String::new()), issuer.clone(), keys)
            .require_audience_match(false)
            .set_time_fn(|| DateTime::UNIX_EPOCH);
    let any_nonce = |_: Option<&Nonce>| Ok(());
    let claims = hint.claims(&verifier, any_nonce).ok()?;
    let client = claims.audiences().first()?.to_string();
    Some((client, claims.additional_claims().sid.clone()?))
}

fn standard(person: &Person, scopes: &Scopes) -> StandardClaims<CoreGenderClaim> {
    let mut claims = StandardClaims::new(SubjectIdentifier::new(person.id.clone()));
    if scopes.has("profile") {
        claims = claims
            .set_name(Some(LocalizedClaim::from(EndUserName::new(
                person.name.clone(),
            ))))
            .set_preferred_username(Some(EndUserUsername::new(person.id.clone())));
    }
    if scopes.has("email") {
        claims = claims
            .set_email(Some(EndUserEmail::new(person.email.clone())))
            .set_email_verified(Some(true));
    }
    claims
}

fn groups(person: &Person, scopes: &Scopes) -> Option<Vec<String>> {
    scopes.has("groups").then(|| person.groups.clone())
}

fn instant(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at.as_second(), 0).unwrap_or_default()
}

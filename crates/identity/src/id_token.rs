//! Whether an ID token is what it says: OpenID Connect Core 3.1.3.7, with nothing left to the provider's taste.
//!
//! The crate `openidconnect` checks signature, `iss`, `aud`, `exp` and `nonce`; it leaves `azp`, `nbf`, `iat` and
//! `at_hash` to its caller, which is here. Algorithms come from a fixed list and never from discovery, which may
//! advertise `none` or a shared secret.

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClientId, IdTokenClaims, IdTokenVerifier, IssuerUrl, Nonce,
};

use crate::claims::OtherClaims;
use crate::refused::Refused;

pub(crate) type IdToken = openidconnect::IdToken<
    OtherClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub(crate) type Claims = IdTokenClaims<OtherClaims, CoreGenderClaim>;

pub(crate) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// How far the clocks of the console and the provider may differ.
pub(crate) const SKEW_SECONDS: i64 = 60;
/// OpenID Connect Core, 2: “It MUST NOT exceed 255 ASCII characters”.
const LONGEST_SUBJECT_BYTES: usize = 255;

/// What a token has to agree with.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a IssuerUrl,
    pub(crate) client_id: &'a ClientId,
    /// `None` for a token that came with a refresh: those have none, or an old one.
    pub(crate) nonce: Option<&'a Nonce>,
    pub(crate) keys: &'a CoreJsonWebKeySet,
    pub(crate) now: Timestamp,
}

/// The claims of a token that is acceptable in every point.
pub(crate) fn verify<'t>(
    token: &'t IdToken,
    access_token: &AccessToken,
    expected: &Expected<'_>,
) -> Result<&'t Claims, Refused> {
    let now = expected.now.as_second();
    // Not even a confidential client's verifier: without the secret there is nothing to verify HS256 with.
    let verifier = IdTokenVerifier::<CoreJsonWebKey>::new_public_client(
        expected.client_id.clone(),
        expected.issuer.clone(),
        expected.keys.clone(),
    )
    .set_allowed_algs(ALGORITHMS)
    .set_time_fn(move || moment(now - SKEW_SECONDS))
    .set_issue_time_verifier_fn(move |issued_at| {
        let is_past = issued_at <= moment(now + SKEW_SECONDS);
        is_past
            .then_some(())
            .ok_or_else(|| format!("it is issued at {issued_at}, which is in the future"))
    });
    let is_expected = |sent: Option<&Nonce>| match expected.nonce {
        Some(nonce) if sent != Some(nonce) => Err("it is another nonce".to_owned()),
        _ => Ok(()),
    };
    let claims = token.claims(&verifier, is_expected)?;

    if claims.issuer().as_str() != expected.issuer.as_str() {
        return Err(Refused::Claim("`iss` is not the issuer byte for byte"));
    }
    if claims
        .authorized_party()
        .is_some_and(|party| party != expected.client_id)
    {
        return Err(Refused::Claim("`azp` is another client"));
    }
    if !(1..=LONGEST_SUBJECT_BYTES).contains(&claims.subject().len()) {
        return Err(Refused::Claim("`sub` is empty or longer than 255 bytes"));
    }
    let other = claims.additional_claims();
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this era are exact in an f64"
    )]
    if other
        .seconds("nbf")
        .is_some_and(|not_before| not_before > (now + SKEW_SECONDS) as f64)
    {
        return Err(Refused::Time("`nbf` is in the future"));
    }
    if let Some(hash) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(Refused::answer)?;
        let key = token.signing_key(&verifier).map_err(Refused::answer)?;
        let of_this_one =
            AccessTokenHash::from_token(access_token, algorithm, key).map_err(Refused::answer)?;
        if *hash != of_this_one {
            return Err(Refused::Claim("`at_hash` is of another access token"));
        }
    }
    Ok(claims)
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

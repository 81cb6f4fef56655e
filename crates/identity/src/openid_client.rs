//! The client of the library `openidconnect`, with the claims that are read here.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    RequestTokenError, StandardErrorResponse, StandardTokenResponse, UserInfoClaims, UserInfoError,
};

use crate::claims::OtherClaims;
use crate::http_client::HttpError;
use crate::refused::Refused;

/// What a token endpoint answers.
pub(crate) type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// What a provider tells of somebody beside the ID token.
pub(crate) type UserInfo = UserInfoClaims<OtherClaims, CoreGenderClaim>;

/// What asks a provider.
pub(crate) type OurClient = Client<
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

/// Why there are no tokens.
pub(crate) fn no_tokens(
    error: RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> Refused {
    match error {
        RequestTokenError::Request(error) => Refused::away(error),
        error => Refused::answer(error),
    }
}

/// Why nothing was told of somebody.
pub(crate) fn no_user_info(error: UserInfoError<HttpError>) -> Refused {
    match error {
        UserInfoError::Request(error) => Refused::away(error),
        UserInfoError::Response(status, _, _) if status.is_server_error() => Refused::away(error),
        error => Refused::answer(error),
    }
}

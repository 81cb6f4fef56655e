//! Where programs get their tokens, described.
//!
//! The crate `identity` serves these two addresses; they stand here so that one document has all of the API.

use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use wire::Problem;

pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Described::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(ask_for_token, ask_for_oauth_token, begin_device_sign_in),
    components(schemas(
        TokenRequest,
        Tokens,
        OauthTokenRequest,
        OauthTokens,
        OauthProblem,
        DeviceRequest,
        DeviceCodes
    ))
)]
struct Described;

/// Who asks, and the proof of it. The spellings `AppId` and `AppSecret` are taken too.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenRequest {
    /// `client_credentials`, `app_token` or `refresh_token`.
    grant_type: String,
    /// With `client_credentials`.
    #[serde(rename = "clientID")]
    client_id: Option<String>,
    /// With `client_credentials`.
    client_secret: Option<String>,
    /// With `app_token`.
    #[serde(rename = "appID")]
    app_id: Option<String>,
    /// With `app_token`.
    app_secret: Option<String>,
    /// With `refresh_token`: good once.
    refresh_token: Option<String>,
}

/// Tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    /// For the header `Authorization: Bearer`.
    access_token: String,
    /// For the next tokens; good once.
    refresh_token: String,
    /// How long the access token is good, in seconds.
    expires_in: u64,
}

/// Who asks, and the proof of it (RFC 6749, sections 4.4 and 6). The client may name itself by HTTP Basic instead.
#[derive(Serialize, ToSchema)]
struct OauthTokenRequest {
    /// `client_credentials`, `refresh_token` or `urn:ietf:params:oauth:grant-type:device_code`.
    grant_type: String,
    /// With `client_credentials`.
    client_id: Option<String>,
    /// With `client_credentials`.
    client_secret: Option<String>,
    /// With `refresh_token`: good once.
    refresh_token: Option<String>,
    /// With `…:device_code`: as it was answered by `/api/v2/device-authorization`.
    device_code: Option<String>,
}

/// Tokens (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
struct OauthTokens {
    /// For the header `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// How long the access token is good, in seconds.
    expires_in: u64,
    /// For the next tokens; good once.
    refresh_token: String,
    /// After a device code: the access key that the tokens come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// After a device code: its secret, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

/// A program without a browser (RFC 8628, section 3.1).
#[derive(Serialize, ToSchema)]
struct DeviceRequest {
    /// What to call it, for the person who lets it in: at most 64 characters.
    device_name: Option<String>,
}

/// What to show to the person, and what to ask with (RFC 8628, section 3.2).
#[derive(Serialize, ToSchema)]
struct DeviceCodes {
    /// To ask for the token with. Nobody else may see it.
    device_code: String,
    /// What the person types.
    user_code: String,
    /// Where.
    verification_uri: String,
    /// The same with the code in it.
    verification_uri_complete: String,
    /// How long both are good, in seconds.
    expires_in: u64,
    /// How long to wait between two requests for the token, in seconds.
    interval: u64,
}

/// Why there is no token (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
struct OauthProblem {
    /// The word of the specification.
    error: String,
    /// A sentence for people.
    error_description: String,
}

/// Gives tokens for a client id and its secret, or for a refresh token.
#[utoipa::path(
    post, path = "/api/v1/token", operation_id = "ask_for_token", tag = "Programs",
    request_body = TokenRequest,
    responses(
        (status = 200, description = "Tokens.", body = Tokens),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 401, description = "There is no such client with this secret, or the refresh token is not good any more.", body = Problem),
        (status = 415, description = "The body is no JSON.", body = Problem),
        (status = 429, description = "Too many wrong secrets.", body = Problem),
        (status = 503, description = "Who asks cannot be told at the moment.", body = Problem),
    ),
)]
#[expect(dead_code, reason = "it is served by the crate identity")]
fn ask_for_token() {}

/// The same, as OAuth 2.0 has it.
#[utoipa::path(
    post, path = "/api/v2/token", operation_id = "ask_for_oauth_token", tag = "Programs",
    request_body(content = OauthTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Tokens.", body = OauthTokens),
        (status = 400, description = "A field is wrong, or the refresh token is not good any more.", body = OauthProblem),
        (status = 401, description = "There is no such client with this secret.", body = OauthProblem),
        (status = 429, description = "Too many wrong secrets.", body = Problem),
        (status = 503, description = "Who asks cannot be told at the moment.", body = OauthProblem),
    ),
)]
#[expect(dead_code, reason = "it is served by the crate identity")]
fn ask_for_oauth_token() {}

/// Begins the sign-in of a program without a browser: a person who is signed in to the console lets it in.
#[utoipa::path(
    post, path = "/api/v2/device-authorization", operation_id = "begin_device_sign_in", tag = "Programs",
    request_body(content = DeviceRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Codes.", body = DeviceCodes),
        (status = 400, description = "A field is wrong.", body = OauthProblem),
        (status = 429, description = "Too many sign-ins.", body = Problem),
        (status = 503, description = "Not at the moment.", body = OauthProblem),
    ),
)]
#[expect(dead_code, reason = "it is served by the crate identity")]
fn begin_device_sign_in() {}

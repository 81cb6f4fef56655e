//! How the console talks to an identity provider: one request, one bounded answer.
//!
//! Redirects are not followed: an answer from elsewhere is not the provider's answer (RFC 9700, and the advice of
//! the crate `openidconnect`).

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls_platform_verifier::BuilderVerifierExt as _;
use thiserror::Error;

use crate::SettingsError;

/// Discovery documents, key sets, tokens and userinfo are a few kilobytes.
const LONGEST_ANSWER_BYTES: usize = 1024 * 1024;
const CONNECT_TIME: Duration = Duration::from_secs(5);
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("the identity provider did not answer")]
    Transport(#[from] reqwest::Error),
    #[error("the identity provider's answer is longer than {LONGEST_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the identity provider cannot answer now: {0}")]
    Busy(StatusCode),
    #[error("the request cannot be made")]
    Request(#[from] http::Error),
}

/// Clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct ProviderHttp(reqwest::Client);

impl ProviderHttp {
    pub(crate) fn new() -> Result<Self, SettingsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()?
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(ANSWER_TIME)
            .user_agent("Stowage")
            .build()?;
        Ok(Self(client))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let status = answer.status();
        // Not this request is wrong but the moment, whatever the body says.
        let is_moment = matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        );
        if status.is_server_error() || is_moment {
            return Err(HttpError::Busy(status));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LONGEST_ANSWER_BYTES {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = http::Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.extend(answer.headers().clone());
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

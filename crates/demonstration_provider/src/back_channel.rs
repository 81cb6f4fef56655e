//! Telling clients that somebody signed out here (OpenID Connect Back-Channel Logout 1.0).
//!
//! The token names the session and not the person: whoever signs out in one browser stays signed in in the others.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{JsonWebKey, PrivateSigningKey};
use serde_json::json;

use crate::Error;
use crate::ledger::secret;
use crate::provider::Provider;

/// The specification recommends two minutes at most.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_mins(2);
/// A client that does not answer keeps nobody from signing out.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Something that tells clients, over plain HTTP: they are on this machine too.
pub(crate) fn messenger() -> Result<reqwest::Client, Error> {
    let cryptography = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let nobody_is_trusted = rustls::ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Messenger(error.into()))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(nobody_is_trusted)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(LONGEST_WAIT)
        .build()
        .map_err(|error| Error::Messenger(error.into()))
}

impl Provider {
    /// Ends a session here and at the clients that got something from it. Those that cannot be told go on until they
    /// ask for something.
    pub(crate) async fn end_session(&self, sid: &str) {
        let client_ids = self.ledger().end_session(sid);
        for client_id in client_ids {
            let client = self.client(&client_id);
            if let Some(address) = client.and_then(|client| client.back_channel_logout_uri.as_ref())
                && let Err(error) = self.tell(&client_id, address, sid).await
            {
                tracing::warn!(
                    client_id,
                    error,
                    "cannot tell a client that somebody signed out"
                );
            }
        }
    }

    async fn tell(&self, client_id: &str, address: &str, sid: &str) -> Result<(), String> {
        let token = self.logout_token(client_id, sid)?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("logout_token", &token)
            .finish();
        let sent = self
            .messenger
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send();
        let status = sent.await.map_err(|error| error.to_string())?.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(format!("it answered {status}"))
        }
    }

    fn logout_token(&self, client_id: &str, sid: &str) -> Result<String, String> {
        let now = self.now();
        let key = self.keys.keys().first();
        let header =
            json!({"alg": "RS256", "typ": "logout+jwt", "kid": key.and_then(|key| key.key_id())});
        let claims = json!({
            "iss": self.config.issuer,
            "aud": client_id,
            "iat": now.as_second(),
            "exp": (now + TOKEN_LIVES).as_second(),
            "jti": secret(),
            "sid": sid,
            "events": {EVENT: {}},
        });
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self
            .key
            .sign(
                &CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                signed.as_bytes(),
            )
            .map_err(|error| error.to_string())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

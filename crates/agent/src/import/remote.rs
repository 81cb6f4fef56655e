//! Requests to sources: to permitted addresses only, and with the credential for its own origins only.
//!
//! Redirects are followed here, one by one, because each step is checked like the first. No proxy of the
//! environment is used: it would resolve names in our place.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use reqwest::redirect::Policy;
use rustls::RootCertStore;
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::{Host, Origin, Url};

use super::address::{CheckedNames, Forbidden, Lookup, Networks};
use super::failure::Failure;
use crate::credential::{Credential, SourceCredential};
use crate::error::{Error, Result};

/// How many redirects are followed.
pub(super) const MOST_HOPS: usize = 5;
/// The largest page of a listing.
pub(super) const MOST_PAGE_BYTES: usize = 16 << 20;
/// As much as is read of an answer that only says what is wrong.
const MOST_REFUSAL_BYTES: usize = 16 << 10;
const CONNECT_TIME: Duration = Duration::from_secs(15);
/// How long a source may be silent, before it answers and in between.
const SILENCE: Duration = Duration::from_mins(1);

/// The way to one import's source.
pub(super) struct Remote {
    client: reqwest::Client,
    networks: Networks,
    authorization: Option<HeaderValue>,
    origins: Vec<Origin>,
}

/// An answer that is no redirect. Its body is still to be read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl Remote {
    pub(super) fn new(
        networks: Networks,
        lookup: Arc<dyn Lookup>,
        credential: Option<&SourceCredential>,
    ) -> Result<Self> {
        let names = CheckedNames {
            networks: networks.clone(),
            lookup,
        };
        let client = client(names).map_err(std::io::Error::other)?;
        Ok(Self {
            client,
            networks,
            authorization: credential
                .map(|shown| authorization(&shown.credential))
                .transpose()?
                .flatten(),
            origins: credential.map(origins).transpose()?.unwrap_or_default(),
        })
    }

    /// Asks for what is at an address, and follows at most `hops` redirects to it.
    pub(super) async fn get(
        &self,
        url: &Url,
        headers: &HeaderMap,
        hops: usize,
    ) -> Result<Answer, Failure> {
        let mut url = url.clone();
        for _ in 0..=hops {
            let answer = self.get_once(&url, headers).await?;
            let location = match answer.status.as_u16() {
                301 | 302 | 303 | 307 | 308 if hops > 0 => answer.headers.get(LOCATION),
                _ => None,
            };
            let Some(location) = location else {
                return Ok(answer);
            };
            url = next(&url, location)?;
        }
        Err(Failure::lasting("The source redirects too often."))
    }

    async fn get_once(&self, url: &Url, headers: &HeaderMap) -> Result<Answer, Failure> {
        self.refuse_address(url)?;
        let mut request = self.client.get(url.clone()).headers(headers.clone());
        if let Some(authorization) = &self.authorization
            && self.origins.contains(&url.origin())
        {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let answer = request
            .send()
            .await
            .map_err(|error| unreached(url, error))?;
        let (parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: Body::new(body),
        })
    }

    /// A host that is an address is never asked for by name, so it is judged here.
    fn refuse_address(&self, url: &Url) -> Result<(), Failure> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Failure::lasting("The address names no host.")),
        };
        if self.networks.permit(address) {
            return Ok(());
        }
        Err(Failure::Lasting(Forbidden(address.to_string()).to_string()))
    }
}

impl Answer {
    /// The whole body, if it is not longer than that.
    pub(super) async fn page(mut self, most: usize) -> Result<Vec<u8>, Failure> {
        let mut page = Vec::new();
        while let Some(frame) = self.body.frame().await {
            let frame =
                frame.map_err(|_| Failure::passing("The source's answer ended too early."))?;
            if let Ok(bytes) = frame.into_data() {
                if page.len() + bytes.len() > most {
                    return Err(Failure::lasting("The source's answer is too long."));
                }
                page.extend_from_slice(&bytes);
            }
        }
        Ok(page)
    }

    /// What the answer means that is no success.
    pub(super) async fn refusal(self, words: impl Fn(&str) -> String) -> Failure {
        let (status, headers) = (self.status, self.headers.clone());
        let page = self.page(MOST_REFUSAL_BYTES).await.unwrap_or_default();
        Failure::of_status(status, &headers, &words(&String::from_utf8_lossy(&page)))
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// A header as text.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Reads an address that imports may ask: HTTP or HTTPS, and without a password in it.
pub(super) fn readable_address(text: &str, field: &'static str) -> Result<Url> {
    let wrong = |message: String| Error::invalid(field, message);
    if text.len() > 8 << 10 {
        return Err(wrong("An address has at most 8,192 bytes.".to_owned()));
    }
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    let url = Url::parse(text)
        .map_err(|error| wrong(format!("“{shown}” is not an address: {error}.")))?;
    refuse_odd(&url).map_err(wrong)?;
    Ok(url)
}

fn refuse_odd(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "Imports know http and https only, not “{}”.",
            url.scheme()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("An address has no name or password in it: use a credential.".to_owned());
    }
    Ok(())
}

/// Where a redirect leads.
fn next(from: &Url, location: &HeaderValue) -> Result<Url, Failure> {
    let to = location
        .to_str()
        .ok()
        .and_then(|text| from.join(text).ok())
        .ok_or_else(|| Failure::lasting("The source redirects to what is not an address."))?;
    refuse_odd(&to).map_err(Failure::Lasting)?;
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(Failure::lasting(
            "The source redirects from https to http, which is not followed.",
        ));
    }
    Ok(to)
}

fn client(
    names: CheckedNames,
) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?;
    let tls = match tls.clone().with_platform_verifier() {
        Ok(tls) => tls,
        // An image may have none; what comes without TLS comes all the same.
        Err(error) => {
            tracing::warn!(%error, "no certificate is trusted here: nothing is imported over https");
            tls.with_root_certificates(RootCertStore::empty())
        }
    }
    .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(names)
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIME)
        .read_timeout(SILENCE)
        .user_agent("Stowage");
    Ok(client.build()?)
}

fn authorization(credential: &Credential) -> Result<Option<HeaderValue>> {
    let text = match credential {
        Credential::S3 { .. } => return Ok(None),
        Credential::Bearer { token } => format!("Bearer {token}"),
        Credential::Basic { user, password } => {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        }
    };
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        Error::invalid(
            "credential",
            "The credential has characters that cannot be sent.",
        )
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// The origins that a credential may be shown.
pub(super) fn origins(shown: &SourceCredential) -> Result<Vec<Origin>> {
    let read = |text: &String| Ok(readable_address(text, "credential")?.origin());
    shown.origins.iter().map(read).collect()
}

/// Why there is no answer, without the address: there may be a signature in it.
fn unreached(url: &Url, error: reqwest::Error) -> Failure {
    let host = url.host_str().unwrap_or_default();
    let is_silence = error.is_timeout();
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
        if let Some(forbidden) = cause.downcast_ref::<Forbidden>() {
            return Failure::Lasting(forbidden.to_string());
        }
        if let Some(why) = untrusted(cause) {
            return Failure::Lasting(format!(
                "The certificate of “{host}” is not trusted here ({why}). Whoever runs Stowage can have it trust the \
                 authority that signed it."
            ));
        }
    }
    if is_silence {
        return Failure::Passing {
            message: format!("“{host}” did not answer in time."),
            retry_after: None,
        };
    }
    Failure::Passing {
        message: format!("“{host}” cannot be reached: {cause}."),
        retry_after: None,
    }
}

/// What is wrong with a certificate, where that is what went wrong.
fn untrusted<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e rustls::CertificateError> {
    match error.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why),
        Some(_) => None,
        // What an I/O error was made of is not its source.
        None => untrusted(error.downcast_ref::<std::io::Error>()?.get_ref()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_up_to_https_and_never_down() {
        let leads = |from: &str, to: &'static str| {
            let to = HeaderValue::from_static(to);
            next(&Url::parse(from).unwrap(), &to).is_ok()
        };
        assert!(leads("https://a.example/x", "/y"));
        assert!(leads("http://a.example/x", "https://b.example/y"));
        assert!(leads("https://a.example/x", "//b.example/y"));
        for to in [
            "http://a.example/x",
            "ftp://a.example/x",
            "file:///etc/passwd",
            "https://user:hush@a.example/x",
            "https://user@a.example/x",
        ] {
            assert!(!leads("https://a.example/x", to), "{to}");
        }
    }

    #[test]
    fn an_address_is_of_the_web_and_holds_no_password() {
        for text in [
            "ftp://a.example/x",
            "file:///etc/passwd",
            "gopher://a.example",
            "a.example/x",
            "http://user:hush@a.example/x",
            "https://user@a.example/x",
            "http://",
            "",
        ] {
            assert!(readable_address(text, "url").is_err(), "{text}");
        }
    }
}

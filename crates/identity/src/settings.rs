//! Who may vouch for people, and how long a sign-in lasts: plain values from the configuration.
//!
//! `public_url` is the only source of the console's own address. Nothing here or elsewhere in this crate reads
//! the header `Host`.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use thiserror::Error;
use url::{Host, Url};

use crate::origin::Network;

/// A value that never appears in a log or a panic.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself, where it is really needed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Everything about signing in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The origin at which browsers reach the console, e.g. `https://stowage.example`. Redirect addresses are made
    /// from it: `{public_url}/auth/callback/{key}` has to be registered at the provider, and
    /// `{public_url}/sign-in` for after signing out.
    pub public_url: Url,
    /// The identity providers, in the order of the sign-in page.
    #[serde(default)]
    pub providers: Vec<ProviderSettings>,
    /// A session ends after this time without a request. Kept to the minute.
    #[serde(default = "eight_hours")]
    pub session_idle_limit_minutes: u32,
    /// So many requests a person or an application may send in a minute; 0 is no limit.
    #[serde(default = "sixty_thousand")]
    pub requests_per_minute: u32,
    /// So often may somebody at one address begin or finish signing in, or try a wrong secret, in a minute; 0 is no
    /// limit. Many people may share an address.
    #[serde(default = "three_hundred")]
    pub sign_ins_per_minute: u32,
    /// A session ends this long after the sign-in, whatever happens.
    #[serde(default = "seven_days")]
    pub session_absolute_limit_minutes: u32,
    /// The proxies whose `X-Forwarded-For` is believed; without them, nobody's is.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
}

/// One OpenID Connect provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// Its word in addresses: small letters, digits and hyphens.
    pub key: String,
    /// What its button says.
    pub title: String,
    /// Its issuer, byte for byte as its discovery document and its tokens say it.
    pub issuer: String,
    /// What the provider calls this console.
    pub client_id: String,
    /// What the console proves itself with.
    pub client_secret: Secret,
    /// What is asked for.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// The claim that holds the groups.
    #[serde(default = "usual_groups_claim")]
    pub groups_claim: String,
    /// Whether it is the demonstration provider, which is only for trying out.
    #[serde(default)]
    pub is_demonstration: bool,
}

fn eight_hours() -> u32 {
    8 * 60
}

fn sixty_thousand() -> u32 {
    60_000
}

fn three_hundred() -> u32 {
    300
}

fn seven_days() -> u32 {
    7 * 24 * 60
}

fn usual_scopes() -> Vec<String> {
    ["openid", "profile", "email", "groups"]
        .map(str::to_owned)
        .to_vec()
}

fn usual_groups_claim() -> String {
    "groups".to_owned()
}

/// A setting that cannot be right.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The console's address is more or less than an origin.
    #[error("public_url has to be an http or https address without a path, not “{0}”")]
    PublicUrl(Url),
    /// A key that would not survive in an address.
    #[error(
        "“{0}” cannot be the key of an identity provider: use 1 to 32 small letters, digits and hyphens"
    )]
    Key(String),
    /// Two providers with one key.
    #[error("two identity providers have the key “{0}”")]
    SameKey(String),
    /// Two providers with one issuer: a person is (issuer, subject), and their clients may disagree about subjects.
    #[error("two identity providers have the issuer “{0}”")]
    SameIssuer(String),
    /// Tokens would cross the network in the clear.
    #[error(
        "the issuer “{0}” has to be an https address; plain http is for loopback addresses only"
    )]
    Issuer(String),
    /// A session has to last some time.
    #[error("session_idle_limit_minutes and session_absolute_limit_minutes have to be at least 1")]
    Limit,
    /// The trusted certificates of this machine cannot be read.
    #[error("the certificates that this machine trusts cannot be used")]
    Certificates(#[from] rustls::Error),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    HttpClient(#[from] reqwest::Error),
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let url = &self.public_url;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_origin {
            return Err(SettingsError::PublicUrl(url.clone()));
        }
        if self.session_idle_limit_minutes == 0 || self.session_absolute_limit_minutes == 0 {
            return Err(SettingsError::Limit);
        }
        let (mut keys, mut issuers) = (HashSet::new(), HashSet::new());
        for provider in &self.providers {
            provider.check()?;
            if !keys.insert(&provider.key) {
                return Err(SettingsError::SameKey(provider.key.clone()));
            }
            if !issuers.insert(&provider.issuer) {
                return Err(SettingsError::SameIssuer(provider.issuer.clone()));
            }
        }
        Ok(())
    }

    /// `https://stowage.example`, the way browsers write it into `Origin`.
    pub(crate) fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

impl ProviderSettings {
    fn check(&self) -> Result<(), SettingsError> {
        let is_key_letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&self.key.len()) || !self.key.bytes().all(is_key_letter) {
            return Err(SettingsError::Key(self.key.clone()));
        }
        let is_safe = Url::parse(&self.issuer).is_ok_and(|url| match url.scheme() {
            "https" => true,
            "http" => match url.host() {
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                Some(Host::Domain(name)) => name == "localhost",
                None => false,
            },
            _ => false,
        });
        if is_safe {
            Ok(())
        } else {
            Err(SettingsError::Issuer(self.issuer.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(public_url: &str, providers: &[(&str, &str)]) -> Settings {
        let providers: Vec<_> = providers
            .iter()
            .map(|(key, issuer)| {
                serde_json::json!({
                    "key": key, "title": "Company", "issuer": issuer, "client_id": "stowage", "client_secret": "hush",
                })
            })
            .collect();
        serde_json::from_value(
            serde_json::json!({ "public_url": public_url, "providers": providers }),
        )
        .unwrap()
    }

    #[test]
    fn what_is_not_said_has_its_usual_value() {
        let settings = settings(
            "http://127.0.0.1:8080",
            &[("company", "https://id.example")],
        );
        assert!(settings.check().is_ok());
        assert_eq!(settings.origin(), "http://127.0.0.1:8080");
        assert_eq!(settings.session_idle_limit_minutes, 480);
        assert_eq!(settings.session_absolute_limit_minutes, 10_080);
        assert_eq!(
            settings.providers[0].scopes,
            ["openid", "profile", "email", "groups"]
        );
        assert_eq!(settings.providers[0].groups_claim, "groups");
        assert!(!settings.providers[0].is_demonstration);
    }

    #[test]
    fn a_secret_is_not_in_the_log() {
        let settings = settings(
            "http://127.0.0.1:8080",
            &[("company", "https://id.example")],
        );
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn an_unknown_setting_is_an_error() {
        let text = r#"{ "public_url": "http://127.0.0.1:8080", "sessions": 3 }"#;
        assert!(serde_json::from_str::<Settings>(text).is_err());
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        let company = ("company", "https://id.example");
        for (public_url, providers) in [
            ("https://stowage.example/console", vec![company]),
            ("https://stowage.example/?a=b", vec![company]),
            ("ftp://stowage.example", vec![company]),
            (
                "https://stowage.example",
                vec![company, ("company", "https://other.example")],
            ),
            (
                "https://stowage.example",
                vec![company, ("second", "https://id.example")],
            ),
            ("https://stowage.example", vec![("", "https://id.example")]),
            (
                "https://stowage.example",
                vec![("../x", "https://id.example")],
            ),
            (
                "https://stowage.example",
                vec![("company", "http://id.example")],
            ),
            (
                "https://stowage.example",
                vec![("company", "http://127.0.0.1.example")],
            ),
            ("https://stowage.example", vec![("company", "id.example")]),
        ] {
            assert!(
                settings(public_url, &providers).check().is_err(),
                "{public_url} {providers:?}"
            );
        }
    }
}
